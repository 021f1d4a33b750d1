/**
 * A secret of one project that another one gets: what the one sends, and what the other makes of it. The receiver keeps a copy of
 * its own under its own keys; only the sender changes it. Pure.
 */
import { fail, ok } from './errors.ts'
import type { SecretItem, SecretOrigin } from '#core'
import type { Result } from './errors.ts'
import type { SecretWrite } from './secret.ts'

/** The state of a shared secret, as its project tells the other. */
export interface SentSecret {
  /** Of the receiving project: a later one of its name is another. */
  readonly epoch: number
  readonly environment: string
  readonly name: string
  readonly from: Omit<SecretOrigin, 'version'>
  /** Absent: nothing is active, or it is shared no longer. */
  readonly active?: {
    readonly version: number
    readonly value: string
    readonly type: SecretItem['type']
    readonly expiresAtMs?: number
  }
  /** For how long the version before is served on; 0: not at all. */
  readonly graceMs: number
  /** It is shared no longer. */
  readonly ended: boolean
}

/** What the receiver writes, in one revision; none: it has all of it. */
export function receiveWrites(
  item: SecretItem | undefined,
  { environment, name, from, active, graceMs, ended }: SentSecret,
): Result<readonly SecretWrite[]> {
  const origin = item?.from
  const isOther =
    item !== undefined &&
    (origin?.project !== from.project ||
      origin.environment !== from.environment ||
      origin.name !== from.name)
  if (isOther) {
    // Whoever ends what is not there any more has what he wants.
    if (ended) return ok([])
    return fail({ reason: 'already_exists', noun: 'secret', name, environment })
  }
  // Sent again, later than what followed it.
  if (origin !== undefined && origin.revision > from.revision) return ok([])
  const about = { name, environment }
  const revoke = (version: number): SecretWrite => ({ ...about, revoke: version })
  if (active === undefined || ended) {
    const usable = (item?.versions ?? []).filter(({ revokedAtMs }) => revokedAtMs === undefined)
    const writes = usable.map(({ version }) => revoke(version))
    if (item === undefined || (writes.length === 0 && !ended)) return ok([])
    const last: SecretWrite = {
      ...about,
      settings: {},
      from: ended ? null : { ...from, version: 0 },
    }
    return ok([...writes.map((write) => ({ ...write, from: { ...from, version: 0 } })), last])
  }
  const { version, value, type, expiresAtMs } = active
  if (item?.active !== undefined && origin?.version === version) {
    const { previous } = item
    if (graceMs > 0 || previous === undefined) return ok([])
    return ok([{ ...revoke(previous.version), from: { ...from, version } }])
  }
  const added: SecretWrite = {
    ...about,
    settings: { type },
    add: { value, ...(expiresAtMs !== undefined && { expiresAtMs }) },
    activate: 'new',
    graceMs,
    from: { ...from, version },
  }
  const before = item?.active
  const gone = before !== undefined && graceMs === 0 ? [revoke(before)] : []
  return ok([added, ...gone.map((write) => ({ ...write, from: { ...from, version } }))])
}
