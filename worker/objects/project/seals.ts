/**
 * Secrets as a server snapshot carries them: each version that is served, sealed for the SDK keys of its environment. What was
 * sealed is kept, so that a secret that did not change leaves the body, and its hash, alone.
 */
import { canonicalize, sealedAad } from '#core'
import { referencesOf, sealedForOf, servedVersions } from '../../domain/secret.ts'
import { openSecret } from '../../crypto/envelope.ts'
import { sealFor } from '../../crypto/seal.ts'
import { UnwrapError } from '../../crypto/wrap.ts'
import { reportFault } from '../report.ts'
import { digest } from '../sha256.ts'
import { liveRecipients } from './keys.ts'
import { authorsJwe, insertSeal, readSeal, readValue } from './secret-rows.ts'
import type { Items } from '../../domain/items.ts'
import type { Recipient, SealedJwe } from '#core'
import type { Target } from './outbox.ts'
import type { ProjectKeys } from './project-keys.ts'
import type { VersionRef } from './secret-rows.ts'

export interface SealPorts {
  readonly storage: DurableObjectStorage
  readonly keys: ProjectKeys
  readonly nowMs: () => number
}

/** The member `secrets` of a body as canonical JSON, and what it was made for. */
export interface SealedSecrets {
  readonly text: string
  /** Hash of the recipients: when it is another, the body is to be built anew. */
  readonly recipients: string
}

/** How many values are open at the same time. */
const AT_ONCE = 50

/** A client gets none, and neither does an environment without a key that could open them. */
const NO_SECRETS = '{}'

/** Which SDK keys may read the target's secrets, as a hash. */
export function recipientsHash(sql: SqlStorage, target: Target): string {
  return hashOf(target.audience === 'client' ? [] : liveRecipients(sql, target.environment))
}

/** Versions whose ciphertext is damaged, as `name/version`: they are left out, so that they keep nothing else from readers. */
export type Damaged = Set<string>

/**
 * Seals what is served now and not sealed yet. Waits; the items may be others afterwards. What is damaged goes to `damaged`;
 * a master key that is missing throws: once it is back, all follows by itself.
 */
export async function ensureSeals(
  ports: SealPorts,
  project: string,
  items: Items,
  target: Target,
  damaged: Damaged,
): Promise<void> {
  const { sql } = ports.storage
  const { environment, audience } = target
  if (audience === 'client') return
  const recipients = liveRecipients(sql, environment)
  if (recipients.length === 0) return
  const hash = hashOf(recipients)
  const missing = served(items, environment, ports.nowMs())
    .flatMap(({ versions }) => versions)
    .filter(
      (ref) =>
        ref.sealedFor === undefined &&
        !damaged.has(idOf(ref)) &&
        readSeal(sql, ref, hash) === undefined,
    )
  if (missing.length === 0) return
  const ring = await ports.keys.ring(project)
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    await Promise.all(
      missing.slice(at, at + AT_ONCE).map(async (ref) => {
        const stored = readValue(sql, ref)
        // Revoked meanwhile, or lost: the build that follows does without.
        if (stored === undefined) {
          damaged.add(idOf(ref))
          return
        }
        const value = await openSecret(stored, { project, ...ref }, ring).catch((error) => {
          if (!(error instanceof UnwrapError) || error.code === 'unknown_master_key') throw error
          damaged.add(idOf(ref))
          reportFault(`secret ${idOf(ref)} of ${environment} is damaged`, error)
        })
        if (value === undefined) return
        const aad = sealedAad(project, environment, ref.name, ref.version)
        const jwe = await sealFor(value, aad, recipients)
        if (readValue(sql, ref) !== undefined) insertSeal(sql, ref, hash, canonicalize({ ...jwe }))
      }),
    )
  }
}

/** The member `secrets`, when all that it needs is sealed; else undefined: seal and try again. */
export function sealedSecrets(
  sql: SqlStorage,
  items: Items,
  target: Target,
  nowMs: number,
  damaged: Damaged,
): SealedSecrets | undefined {
  const recipients = recipientsHash(sql, target)
  const isReadable =
    target.audience === 'server' && liveRecipients(sql, target.environment).length > 0
  if (!isReadable) return { text: NO_SECRETS, recipients }
  const ids = new Set(liveRecipients(sql, target.environment).map(({ id }) => id))
  const readers = { ids, hash: recipients }
  const members: string[] = []
  for (const { name, versions, untilMs } of served(items, target.environment, nowMs)) {
    const [active, old] = versions
    if (active === undefined || damaged.has(idOf(active)) || !isForSome(active, ids)) continue
    const isThere = old !== undefined && !damaged.has(idOf(old)) && isForSome(old, ids)
    const previous = isThere ? old : undefined
    const jwe = jweOf(sql, active, readers)
    if (jwe === undefined) {
      if (active.sealedFor !== undefined) continue
      return undefined
    }
    let before = ''
    if (previous !== undefined) {
      const sealed = jweOf(sql, previous, readers)
      if (sealed === undefined && previous.sealedFor === undefined) return undefined
      before =
        sealed === undefined
          ? ''
          : `"previous":{"jwe":${sealed},${refersTo(previous)}"untilMs":${untilMs},"version":${previous.version}},`
    }
    // Members in the order of canonical JSON.
    members.push(
      `${canonicalize(name)}:{"jwe":${jwe},${before}${refersTo(active)}"version":${active.version}}`,
    )
  }
  return { text: `{${members.join(',')}}`, recipients }
}

interface Readers {
  readonly ids: ReadonlySet<string>
  /** Of all of them. */
  readonly hash: string
}

/** Whether anybody can open it: what its author sealed may be for keys alone that are revoked by now. */
function isForSome({ sealedFor }: ServedVersion, ids: ReadonlySet<string>): boolean {
  return sealedFor === undefined || sealedFor.some((id) => ids.has(id))
}

/** The sealed form of a version as canonical JSON; undefined: it has to be sealed first, or its author has to do it again. */
function jweOf(sql: SqlStorage, ref: ServedVersion, { ids, hash }: Readers): string | undefined {
  if (ref.sealedFor === undefined) return readSeal(sql, ref, hash)
  const stored = readValue(sql, ref)
  const text = stored && authorsJwe(stored)
  if (text === undefined) return undefined
  if (ref.sealedFor.every((id) => ids.has(id))) return text
  // A revoked key gets nothing, although the author sealed it for that one too.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked when it was written (crypto/sealed-value.ts)
  const jwe = JSON.parse(text) as SealedJwe
  const recipients = jwe.recipients.filter(({ header }) => ids.has(header.kid))
  return canonicalize({ ...jwe, recipients: recipients.map((one) => ({ ...one })) })
}

/** The member `references` of a version with its comma, if it has any. */
function refersTo({ references }: ServedVersion): string {
  return references === undefined ? '' : `"references":${canonicalize(references)},`
}

interface ServedVersion extends VersionRef {
  /** Ids of the keys its author sealed it for. */
  readonly sealedFor: readonly string[] | undefined
  readonly references: readonly string[] | undefined
}

interface Served {
  readonly name: string
  /** The active one, then the one before while it is served. */
  readonly versions: readonly ServedVersion[]
  readonly untilMs: number
}

/** Sorted by name as canonical JSON wants it. */
function served(items: Items, environment: string, nowMs: number): readonly Served[] {
  const found: Served[] = []
  for (const { key: name, layer } of items.refs('secret')) {
    const item = layer === `env:${environment}` ? items.secret(name, environment) : undefined
    const versions = item && servedVersions(item, nowMs)
    if (!versions) continue
    const { active, previous } = versions
    const numbers = previous === undefined ? [active] : [active, previous.version]
    found.push({
      name,
      versions: numbers.map((version) => ({
        environment,
        name,
        version,
        references: referencesOf(item, version),
        sealedFor: sealedForOf(item, version),
      })),
      untilMs: previous?.untilMs ?? 0,
    })
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function idOf({ name, version }: VersionRef): string {
  return `${name}/${version}`
}

function hashOf(recipients: readonly Recipient[]): string {
  return digest(recipients.map(({ id, publicKey }) => `${id} ${publicKey}\n`).join('')).sha256
}
