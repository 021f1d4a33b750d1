/**
 * Writing and reading secrets. Sealing waits for the platform's cryptography and a commit must not wait, so values are sealed
 * first, for the version numbers they will have, and the commit is done over when somebody else was faster.
 */
import { fail, ok } from '../../domain/errors.ts'
import { checkReason } from '../../domain/change-set.ts'
import { configsNaming } from '../../domain/config-references.ts'
import { Issues } from '../../domain/issues.ts'
import { environmentLayer, itemsOver, WorkingItems } from '../../domain/items.ts'
import { MAX_SECRET_WRITES, MAX_SECRETS } from '../../domain/limits.ts'
import { isEnvironmentName, isItemName, ITEM_NAME_RULE } from '../../domain/names.ts'
import { applySecretWrite, checkSecretWrite, isSealed, keptVersions } from '../../domain/secret.ts'
import { receiveWrites, type SentSecret } from '../../domain/share.ts'
import { checkSecretReferences, secretsNaming } from '../../domain/secret-references.ts'
import { faultOfSealed } from '../../crypto/sealed-value.ts'
import { openSecret, sealSecret, unwrapDataKey, wrapDataKey } from '../../crypto/envelope.ts'
import { KEY_BYTES } from '../../crypto/aead.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { commit } from './commit.ts'
import { inTransaction } from './transaction.ts'
import { isShared, markShares } from './share-rows.ts'
import { cannotShare } from './shares.ts'
import { liveRecipients } from './keys.ts'
import {
  authorsJwe,
  authorSealed,
  countSecrets,
  dropValues,
  FINGERPRINT,
  insertValue,
  isLiveKey,
  latestVersion,
  readValue,
  setGrace,
} from './secret-rows.ts'
import { canonicalize } from '#core'
import type { ItemRef, SecretItem } from '#core'
import type { ValueSize } from '../../domain/sealed-size.ts'
import type { DomainError, Result } from '../../domain/errors.ts'
import type { ItemSource } from '../../domain/items.ts'
import type { SecretWrite } from '../../domain/secret.ts'
import type { SealedSecret } from '../../crypto/envelope.ts'
import type { CommitPorts, RevisionNote } from './commit.ts'
import type {
  Caller,
  Committed,
  RevealedSecret,
  RevealRequest,
  SecretsRequest,
  WriteOptions,
} from './interface.ts'
import type { ProjectKeys } from './project-keys.ts'
import type { ProjectRow } from './project-row.ts'

export interface SecretPorts extends CommitPorts {
  readonly keys: ProjectKeys
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>
  readonly randomText: (length: number, alphabet: string) => string
  /** The project as it is now. */
  readonly project: () => Result<ProjectRow>
}

/** A write with its new value sealed. */
interface Prepared {
  readonly write: SecretWrite
  /** What the new version's number is. */
  readonly version: number
  readonly value?: SealedSecret
}

/** Somebody else takes the same numbers all the time: so often that something is wrong. */
const MAX_TRIES = 50

export async function writeSecrets(
  ports: SecretPorts,
  request: SecretsRequest,
  options: WriteOptions,
): Promise<Result<Committed>> {
  const issues = new Issues()
  checkReason(request.reason, issues)
  checkWrites(request.writes, issues)
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const isDryRun = options.dryRun === true
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const project = ports.project()
    if (!project.ok) return project
    const unsealed = numbered(ports.storage.sql, request.writes)
    const { name } = project.value
    const prepared = isDryRun ? unsealed : await seal(ports, name, unsealed)
    const idempotency = isDryRun ? undefined : await fingerprinted(ports, name, options.idempotency)
    // Secrets have permissions of their own, which editors have not: a protected environment asks for no further one.
    const { idempotency: _, access: __, ...rest } = options
    const done = commitPrepared(ports, request, prepared, {
      ...rest,
      ...(idempotency && { idempotency }),
    })
    if (done !== 'overtaken') return done
  }
  throw new Error('secrets: overtaken too often')
}

/** Takes over what another project shares, as a secret of this one that it alone changes. */
export async function receiveSecret(
  ports: SecretPorts,
  sent: SentSecret,
): Promise<Result<Committed | null>> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const project = ports.project()
    if (!project.ok) return project
    const { name, epoch, revision } = project.value
    if (epoch !== sent.epoch) return fail({ reason: 'not_found', noun: 'project', name })
    const items = itemsOver(ports.store.current(revision))
    if (items.environment(sent.environment) === undefined) {
      return fail({ reason: 'not_found', noun: 'environment', name: sent.environment })
    }
    const writes = receiveWrites(items.secret(sent.name, sent.environment), sent)
    if (!writes.ok) return writes
    if (writes.value.length === 0) return ok(null)
    const { from } = sent
    const where = `${from.project}/${from.environment}/${from.name}`
    const reason = sent.ended ? `no longer shared by ${where}` : `shared by ${where}`
    const request = { action: 'secret.receive', writes: writes.value, reason } as const
    const caller = { tokenId: `project/${from.project}`, name: `project ${from.project}` }
    const done = await writeSecrets(ports, request, { caller, base: revision })
    // Something else was written while the value was sealed.
    if (done.ok || done.error.reason !== 'revision_conflict') return done
  }
  throw new Error('secrets: overtaken too often')
}

/** Opens a version's value. That it was read is written down before it is answered, or it is not answered. */
export async function revealSecret(
  ports: SecretPorts,
  request: RevealRequest,
  caller: Caller,
): Promise<Result<RevealedSecret>> {
  const issues = new Issues()
  checkReason(request.reason, issues)
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const { name, environment } = request
  const { sql } = ports.storage
  const project = ports.project()
  if (!project.ok) return project
  const item = itemsOver(ports.store.current(project.value.revision)).secret(name, environment)
  if (item === undefined) {
    return fail({ reason: 'not_found', noun: 'secret', name, environment })
  }
  const version = request.version ?? item.active
  const ref = { environment, name, version: version ?? 0 }
  const gone = {
    reason: 'not_found',
    noun: 'version',
    name: describeVersion(ref, version),
  } as const
  const stored = readValue(sql, ref)
  if (version === undefined || stored === undefined) return fail(gone)
  if (authorsJwe(stored) !== undefined) {
    return fail({ reason: 'sealed', name: `${name} in ${environment}`, version })
  }
  const label = { project: project.value.name, environment, name, version }
  const value = await openSecret(stored, label, await ports.keys.ring(label.project))
  const done = inTransaction(
    ports.storage,
    () => {
      // It may have been revoked while it was opened.
      if (readValue(sql, ref) === undefined) return false
      appendAudit(sql, {
        atMs: ports.nowMs(),
        ...by(caller),
        action: 'secret.read',
        target: `secret/${name}/${environmentLayer(environment)}/${version}`,
        reason: request.reason,
      })
      return true
    },
    (isThere) => isThere,
  )
  if (!done.ok) return done
  return done.value ? ok({ name, environment, version, value }) : fail(gone)
}

function checkWrites(writes: readonly SecretWrite[], issues: Issues): void {
  if (writes.length < 1 || writes.length > MAX_SECRET_WRITES) {
    issues.add('', `must write 1 to ${MAX_SECRET_WRITES} secrets, has ${writes.length}`)
    return
  }
  for (const write of writes) {
    // With several, the path names the secret as the import's source does.
    const path = writes.length === 1 ? '' : `/${write.name}`
    if (!isItemName(write.name)) issues.add(path, `a secret's name ${ITEM_NAME_RULE}`)
    if (!isEnvironmentName(write.environment)) issues.add('/environment', 'is not a name')
    checkSecretWrite(write, path, issues)
  }
}

function numbered(sql: SqlStorage, writes: readonly SecretWrite[]): readonly Prepared[] {
  return writes.map((write) => ({
    write,
    version: latestVersion(sql, write.environment, write.name) + 1,
  }))
}

async function seal(
  ports: SecretPorts,
  project: string,
  unsealed: readonly Prepared[],
): Promise<readonly Prepared[]> {
  const isOurs = ({ write: { add } }: Prepared): boolean =>
    add !== undefined && !isSealed(add.value)
  // What is sealed already needs no key of ours.
  const ring = unsealed.some(isOurs) ? await ports.keys.ring(project) : undefined
  return Promise.all(
    unsealed.map(async ({ write, version }) => {
      if (write.add === undefined) return { write, version }
      const { environment, name, add } = write
      if (isSealed(add.value)) {
        return { write, version, value: authorSealed(canonicalize({ ...add.value.jwe })) }
      }
      if (ring === undefined) throw new Error('secrets: a value without a key to seal it')
      const text =
        typeof add.value === 'string'
          ? add.value
          : ports.randomText(add.value.length, add.value.alphabet)
      const label = { project, environment, name, version }
      return { write, version, value: await sealSecret(text, label, ring, ports.randomBytes) }
    }),
  )
}

function commitPrepared(
  ports: SecretPorts,
  { action, reason, writes }: SecretsRequest,
  prepared: readonly Prepared[],
  options: WriteOptions,
): Result<Committed> | 'overtaken' {
  const { sql } = ports.storage
  const project = ports.project()
  if (!project.ok) return project
  const isOvertaken = prepared.some(
    ({ write, version, value }) =>
      (write.add !== undefined &&
        latestVersion(sql, write.environment, write.name) + 1 !== version) ||
      (value !== undefined && authorsJwe(value) === undefined && !isLiveKey(sql, value.keyId)),
  )
  if (isOvertaken) return 'overtaken'
  const after = new Map<SecretWrite, SecretItem | null>()
  const note: RevisionNote = {
    kind: action === 'secret.import' ? 'import' : 'change',
    reason,
    action,
    operations: writes.map(({ name, environment }) => ({ op: action, name, environment })),
    values: new Map(prepared.flatMap(sizeOf)),
    also: () => {
      for (const { write, version, value } of prepared) {
        const { environment, name } = write
        if (value !== undefined) insertValue(sql, { environment, name, version }, value)
        const item = after.get(write) ?? null
        dropValues(sql, environment, name, keptVersions(item))
        setGrace(sql, environment, name, item?.previous)
        markShares(sql, environment, name, ports.nowMs())
      }
    },
  }
  return commit(
    ports,
    project.value,
    note,
    (source) => plan(ports, project.value.name, source, prepared, options.caller, after),
    options,
  )
}

/** What a write adds: known of a dry run, too, which seals nothing. */
function sizeOf({ write, version }: Prepared): readonly (readonly [id: string, size: ValueSize])[] {
  const { environment, name, add } = write
  if (add === undefined) return []
  const id = `${environment}/${name}/${version}`
  const { value } = add
  if (isSealed(value)) return [[id, { jwe: canonicalize({ ...value.jwe }).length }]]
  const text = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return [[id, { value: text.length }]]
}

function plan(
  ports: SecretPorts,
  project: string,
  source: ItemSource,
  prepared: readonly Prepared[],
  caller: Caller,
  after: Map<SecretWrite, SecretItem | null>,
): Result<WorkingItems> {
  const working = new WorkingItems(source)
  for (const { write, version } of prepared) {
    const { name, environment } = write
    if (working.items.environment(environment) === undefined) {
      return fail({ reason: 'not_found', noun: 'environment', name: environment })
    }
    const sealed = write.add?.value
    if (sealed !== undefined && isSealed(sealed)) {
      const ids = liveRecipients(ports.storage.sql, environment).map(({ id }) => id)
      const issue = faultOfSealed(sealed, { project, environment, name, version }, ids)
      if (issue !== undefined) return fail({ reason: 'invalid', issues: [issue] })
    }
    const ref: ItemRef = { kind: 'secret', key: name, layer: environmentLayer(environment) }
    const stored = working.items.secret(name, environment)
    const context = { version, nowMs: ports.nowMs(), author: caller.name }
    const item = applySecretWrite(stored, write, context)
    if (!item.ok) return item
    if (item.value !== null && isShared(ports.storage.sql, environment, name)) {
      const why = cannotShare(item.value)
      if (why !== undefined) {
        const message = `${name} is shared with another project, and the version ${why}`
        return fail({ reason: 'invalid', issues: [{ path: '', message }] })
      }
    }
    if (item.value === null) {
      const users = configsNaming(working.items, name, environment)
      const others = secretsNaming(working.items, name, environment)
      const namedBy = [
        ...users.map((config) => `config ${config} in ${environment}`),
        ...others.map((other) => `secret ${other} in ${environment}`),
      ]
      const what = `${name} in ${environment}`
      if (namedBy.length > 0) {
        return fail({ reason: 'in_use', noun: 'secret', name: what, by: namedBy })
      }
    }
    working.write({ ref, content: item.value, path: '', exact: false })
    after.set(write, item.value)
  }
  const issues = new Issues()
  for (const { write } of prepared) {
    if (write.add?.references === undefined) continue
    checkSecretReferences(working.items, write.environment, write.name, '/value', issues)
  }
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const excess = findExcess(ports.storage.sql, prepared)
  return excess === undefined ? ok(working) : fail(excess)
}

function findExcess(sql: SqlStorage, prepared: readonly Prepared[]): DomainError | undefined {
  const added = new Map<string, number>()
  for (const { write } of prepared) {
    if (write.add === undefined) continue
    const isNew = latestVersion(sql, write.environment, write.name) === 0
    added.set(write.environment, (added.get(write.environment) ?? 0) + Number(isNew))
  }
  for (const [environment, count] of added) {
    const secrets = countSecrets(sql, environment) + count
    if (secrets > MAX_SECRETS) {
      const what = `secrets in ${environment}`
      return { reason: 'too_large', what, limit: MAX_SECRETS, actual: secrets }
    }
  }
  return undefined
}

/**
 * An idempotency record keeps a hash of the request, and requests hold values that may be guessed: here the hash is keyed, with
 * a key that is stored like a data key.
 */
async function fingerprinted(
  ports: SecretPorts,
  project: string,
  idempotency: WriteOptions['idempotency'],
): Promise<WriteOptions['idempotency']> {
  if (idempotency === undefined) return undefined
  const bytes = await fingerprintKey(ports, project)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign'])
  const text = new TextEncoder().encode(idempotency.requestSha256)
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, text))
  const requestSha256 = Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { key: idempotency.key, requestSha256 }
}

async function fingerprintKey(
  ports: SecretPorts,
  project: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { sql } = ports.storage
  const use = `fingerprint/${project}` as const
  if (readValue(sql, FINGERPRINT) === undefined) {
    const ring = await ports.keys.ring(project)
    const wrapped = await wrapDataKey(ports.randomBytes(KEY_BYTES), use, ring, ports.randomBytes)
    ports.storage.transactionSync(() => {
      if (readValue(sql, FINGERPRINT) !== undefined || !isLiveKey(sql, wrapped.keyId)) return
      insertValue(sql, FINGERPRINT, { ...wrapped, sealed: new Uint8Array() })
    })
  }
  const ring = await ports.keys.ring(project)
  const stored = readValue(sql, FINGERPRINT)
  if (stored === undefined) throw new Error('secrets: the key of fingerprints went')
  return unwrapDataKey(stored, use, ring)
}

function describeVersion(
  { name, environment }: { readonly name: string; readonly environment: string },
  version: number | undefined,
): string {
  const which = version === undefined ? 'the active one' : String(version)
  return `${which} of ${name} in ${environment}`
}
