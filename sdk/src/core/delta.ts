/** What a delta (SNAPSHOT.md §3.4) makes of a body. Whether it may be applied, and to what, its reader has found out before. */
import { BODY_PARTS, type SnapshotBody, type SnapshotDelta } from './snapshot.ts'

/** The body after `delta`. Nothing is copied or looked at but the lists of names that it changes. */
export function applyDelta(body: SnapshotBody, delta: SnapshotDelta): SnapshotBody {
  const next: { -readonly [Member in keyof SnapshotBody]: SnapshotBody[Member] } = {
    ...body,
    revision: delta.to,
  }
  for (const kind of BODY_PARTS) {
    const { [kind]: put } = delta.put
    const { [kind]: gone = [] } = delta.delete
    if (!put && gone.length === 0) continue
    const items: Record<string, unknown> = { ...body[kind], ...put }
    for (const name of gone) delete items[name]
    // The members that are absent when they are empty.
    if ((kind === 'references' || kind === 'schemas') && Object.keys(items).length === 0) {
      delete next[kind]
      continue
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- items of one kind, some of them replaced by such
    Object.assign(next, { [kind]: items } as Partial<SnapshotBody>)
  }
  return next
}
