/**
 * What a write does to a secret: its item, without any value. Adding a version and making it the one that applications get are
 * two acts. Pure; sealing is done elsewhere, before.
 */
import { fail, ok } from './errors.ts'
import { at } from './issues.ts'
import { DEFAULT_GRACE_MS, MAX_GRACE_MS, MAX_SECRET_BYTES, MAX_SECRET_VERSIONS } from './limits.ts'
import type { SealedJwe, SecretItem, SecretOrigin, SecretType, SecretVersionItem } from '#core'
import type { Result } from './errors.ts'
import type { Issues } from './issues.ts'

export interface SecretSettings {
  readonly type?: SecretType
  /** `null` removes. */
  readonly description?: string | null
  readonly owner?: string | null
  readonly tags?: readonly string[] | null
  readonly maxAgeMs?: number | null
}

/** To be made of so many characters. */
export interface GeneratedValue {
  readonly length: number
  readonly alphabet: string
}

/** A value as its author sealed it (SNAPSHOT.md §9.4). */
export interface SealedValue {
  /** The number it was sealed for. */
  readonly version: number
  readonly jwe: SealedJwe
}

/** One write to one secret in one environment. */
export interface SecretWrite {
  readonly name: string
  readonly environment: string
  /** Members that are absent stay as they are. */
  readonly settings?: SecretSettings
  /** A new version, of this value or a generated one. */
  readonly add?: {
    readonly value: string | GeneratedValue | SealedValue
    readonly expiresAtMs?: number
    /** Secrets of the environment that the value refers to; absent: it is the value itself. */
    readonly references?: readonly string[]
  }
  /** What applications get from now on: a version, or the one that is added. A first version is it in any case. */
  readonly activate?: number | 'new'
  /** For how long the version that was active is served beside it. Default a day. */
  readonly graceMs?: number
  /** Destroys the value of a version. */
  readonly revoke?: number
  readonly remove?: true
  /** Written for the project that shares it; null: it is shared no longer, and ours from now on. Absent: by ourselves. */
  readonly from?: SecretOrigin | null
  /** Refused when there is none yet. */
  readonly mustExist?: true
}

export interface WriteContext {
  /** Number of the version that is added. */
  readonly version: number
  readonly nowMs: number
  readonly author: string
}

/** The item after `write`; null when it is removed. */
export function applySecretWrite(
  stored: SecretItem | undefined,
  write: SecretWrite,
  context: WriteContext,
): Result<SecretItem | null> {
  const { name, environment } = write
  if (stored === undefined && (write.add === undefined || write.mustExist === true)) {
    return fail({ reason: 'not_found', noun: 'secret', name, environment })
  }
  if (stored?.from !== undefined && write.from === undefined) {
    const message = `${name} is shared by the project ${stored.from.project}: it is changed there, or shared no longer`
    return fail({ reason: 'invalid', issues: [{ path: '', message }] })
  }
  if (write.remove === true) return ok(null)
  let item = withSettings(stored ?? { type: 'generic', versions: [] }, write.settings)
  if (write.from !== undefined) {
    const { from: _, ...own } = item
    item = write.from === null ? own : { ...own, from: write.from }
  }
  if (write.add !== undefined) {
    const { expiresAtMs, references } = write.add
    const added: SecretVersionItem = {
      version: context.version,
      createdAtMs: context.nowMs,
      author: context.author,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      ...(references !== undefined && references.length > 0 && { references }),
      ...(isSealed(write.add.value) && {
        sealedFor: write.add.value.jwe.recipients.map(({ header }) => header.kid).toSorted(),
      }),
    }
    item = { ...item, versions: [...item.versions, added] }
  }
  const isFirst = stored === undefined
  const target = write.activate ?? (isFirst ? 'new' : undefined)
  if (target !== undefined) {
    const version = target === 'new' ? context.version : target
    if (!isUsable(item, version)) return noVersion(write, version)
    item = activated(item, version, context.nowMs + (write.graceMs ?? DEFAULT_GRACE_MS))
  }
  if (write.revoke !== undefined) {
    if (!isUsable(item, write.revoke)) return noVersion(write, write.revoke)
    item = revoked(item, write.revoke, context.nowMs)
  }
  return ok(trimmed(item))
}

/** Versions whose values must be kept: those that `item` has and that are not revoked. */
export function keptVersions(item: SecretItem | null): readonly number[] {
  const versions = item?.versions ?? []
  return versions.flatMap(({ version, revokedAtMs }) => (revokedAtMs === undefined ? version : []))
}

/** What applications get at `nowMs`, the active version first. */
export function servedVersions(
  item: SecretItem,
  nowMs: number,
): { readonly active: number; readonly previous?: NonNullable<SecretItem['previous']> } | null {
  const { active, previous } = item
  if (active === undefined) return null
  return previous !== undefined && nowMs < previous.untilMs ? { active, previous } : { active }
}

/** What the value of a version refers to; undefined: nothing. */
export function referencesOf(item: SecretItem, version: number): readonly string[] | undefined {
  return item.versions.find((one) => one.version === version)?.references
}

/** Whether a value comes sealed by its author. */
export function isSealed(value: string | GeneratedValue | SealedValue): value is SealedValue {
  return typeof value !== 'string' && 'jwe' in value
}

/** Whom a version was sealed for by its author; undefined: the platform seals it. */
export function sealedForOf(item: SecretItem, version: number): readonly string[] | undefined {
  return item.versions.find((one) => one.version === version)?.sealedFor
}

export type Reminder = 'expired' | 'expires-soon' | 'too-old' | 'nothing-active' | 'needs-sealing'

const SOON_MS = 14 * 24 * 60 * 60 * 1000

/** What somebody should see to. `recipients`: ids of the SDK keys that may read the environment's secrets. */
export function remindersOf(
  item: SecretItem,
  nowMs: number,
  recipients: readonly string[],
): readonly Reminder[] {
  const active = item.versions.find(({ version }) => version === item.active)
  if (active === undefined) return ['nothing-active']
  const reminders: Reminder[] = []
  const { expiresAtMs, createdAtMs } = active
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) reminders.push('expired')
  else if (expiresAtMs !== undefined && expiresAtMs - SOON_MS <= nowMs) {
    reminders.push('expires-soon')
  }
  if (item.maxAgeMs !== undefined && createdAtMs + item.maxAgeMs <= nowMs) reminders.push('too-old')
  // A key that came later: only the author can seal for it.
  const { sealedFor } = active
  if (sealedFor !== undefined && recipients.some((id) => !sealedFor.includes(id))) {
    reminders.push('needs-sealing')
  }
  return reminders
}

/** What of a write the schema of a request cannot say. `path` leads to the write. */
export function checkSecretWrite(write: SecretWrite, path: string, issues: Issues): void {
  const { add, graceMs } = write
  if (
    graceMs !== undefined &&
    !(Number.isInteger(graceMs) && graceMs >= 0 && graceMs <= MAX_GRACE_MS)
  )
    issues.add(at(path, 'graceMs'), `must be an integer from 0 to ${MAX_GRACE_MS}`)
  if (typeof add?.value === 'string') {
    const size = new TextEncoder().encode(add.value).length
    if (size === 0 || size > MAX_SECRET_BYTES) {
      issues.add(at(path, 'value'), `must have 1 to ${MAX_SECRET_BYTES} bytes, has ${size}`)
    }
  }
}

function withSettings(item: SecretItem, settings: SecretSettings = {}): SecretItem {
  // A member that is null goes.
  const merged = Object.entries({ ...item, ...settings }).filter(([, member]) => member !== null)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- settings have the members of an item, or null for those that may be absent
  return Object.fromEntries(merged) as unknown as SecretItem
}

function isUsable(item: SecretItem, version: number): boolean {
  return item.versions.some((one) => one.version === version && one.revokedAtMs === undefined)
}

function activated(item: SecretItem, version: number, untilMs: number): SecretItem {
  if (item.active === version) return item
  const { previous: _, ...rest } = item
  const before = item.active
  return {
    ...rest,
    active: version,
    ...(before !== undefined && { previous: { version: before, untilMs } }),
  }
}

function revoked(item: SecretItem, version: number, nowMs: number): SecretItem {
  const { active, previous, ...rest } = item
  return {
    ...rest,
    ...(active !== undefined && active !== version && { active }),
    ...(previous !== undefined && previous.version !== version && { previous }),
    versions: item.versions.map((one) =>
      one.version === version ? { ...one, revokedAtMs: nowMs } : one,
    ),
  }
}

/** The newest versions, and those that are served however old. */
function trimmed(item: SecretItem): SecretItem {
  const { versions, active, previous } = item
  const excess = versions.length - MAX_SECRET_VERSIONS
  if (excess <= 0) return item
  const idle = versions.filter(({ version }) => version !== active && version !== previous?.version)
  const gone = new Set(idle.slice(0, excess).map(({ version }) => version))
  return { ...item, versions: versions.filter(({ version }) => !gone.has(version)) }
}

function noVersion({ name, environment }: SecretWrite, version: number): Result<never> {
  const what = `${version} of ${name} in ${environment}`
  return fail({ reason: 'not_found', noun: 'version', name: what })
}
