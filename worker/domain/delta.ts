/** Deltas (SNAPSHOT.md §3.4) as a writer makes them: from two bodies, and from several deltas that follow one another. Pure. */
import { BODY_PARTS, canonicalize, type SnapshotBody, type SnapshotDelta } from '#core'

/** Of one delta; longer ones are not kept. */
export const MAX_DELTA_BYTES = 65_536
/** Deltas of an audience that are kept, and their bytes together. */
export const MAX_DELTAS = 50
export const MAX_DELTAS_BYTES = 262_144

type Parts = { [Part in (typeof BODY_PARTS)[number]]?: Record<string, unknown> }

/** The way from `before` to `after`, bodies of one audience as they were parsed from their canonical texts. */
export function diffBodies(before: SnapshotBody, after: SnapshotBody): SnapshotDelta {
  const put: Parts = {}
  const gone: Record<string, string[]> = {}
  for (const part of BODY_PARTS) {
    const old: Readonly<Record<string, unknown>> = before[part] ?? {}
    const now: Readonly<Record<string, unknown>> = after[part] ?? {}
    // Parsed from canonical texts, equal items have equal texts.
    const changed = Object.entries(now).filter(
      ([name, item]) =>
        !Object.hasOwn(old, name) || JSON.stringify(old[name]) !== JSON.stringify(item),
    )
    if (changed.length > 0) put[part] = Object.fromEntries(changed)
    const deleted = Object.keys(old).filter((name) => !Object.hasOwn(now, name))
    if (deleted.length > 0) gone[part] = deleted.toSorted()
  }
  return deltaOf(before.revision, after.revision, put, gone)
}

/** One delta that does what `deltas` do one after the other, each beginning where the one before ends; at least one. */
export function composeDeltas(deltas: readonly SnapshotDelta[]): SnapshotDelta {
  const put: Parts = {}
  const gone: Record<string, string[]> = {}
  for (const part of BODY_PARTS) {
    // Undefined: deleted by the last delta that names it.
    const items = new Map<string, unknown>()
    for (const delta of deltas) {
      for (const [name, item] of Object.entries(delta.put[part] ?? {})) items.set(name, item)
      for (const name of delta.delete[part] ?? []) items.set(name, undefined)
    }
    const [kept, deleted] = [[...items].filter(isKept), [...items.keys()].filter(isDeleted)]
    if (kept.length > 0) put[part] = Object.fromEntries(kept)
    if (deleted.length > 0) gone[part] = deleted.toSorted()

    function isDeleted(name: string): boolean {
      return items.get(name) === undefined
    }
  }
  return deltaOf(deltas[0]?.from ?? 0, deltas.at(-1)?.to ?? 0, put, gone)
}

/**
 * The deltas of `newestFirst` that lead from `from` to where the newest ends, oldest first; undefined when they do not. A
 * revision that comes twice, as after a rollback, is taken where it comes last.
 */
export function deltasSince(
  newestFirst: readonly SnapshotDelta[],
  from: number,
): readonly SnapshotDelta[] | undefined {
  const way: SnapshotDelta[] = []
  for (const delta of newestFirst) {
    if (way[0] !== undefined && way[0].from !== delta.to) return undefined
    way.unshift(delta)
    if (delta.from === from) return way
  }
  return undefined
}

/** Canonical. */
export function deltaText(delta: SnapshotDelta): string {
  return canonicalize(delta)
}

/** That changes nothing: for whoever is there already. */
export function emptyDelta(revision: number): SnapshotDelta {
  return { from: revision, to: revision, put: {}, delete: {} }
}

function isKept([, item]: readonly [string, unknown]): boolean {
  return item !== undefined
}

function deltaOf(
  from: number,
  to: number,
  put: Parts,
  gone: Readonly<Record<string, readonly string[]>>,
): SnapshotDelta {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the items are those of bodies and deltas, by part
  return { from, to, put, delete: gone } as SnapshotDelta
}
