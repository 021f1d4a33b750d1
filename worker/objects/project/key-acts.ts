/** Making and revoking SDK keys, each with its audit row in one transaction. Telling KV and the hub comes after. */
import { formatKey } from '#core'
import { fail, ok } from '../../domain/errors.ts'
import { checkReason } from '../../domain/change-set.ts'
import { Issues } from '../../domain/issues.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { digest } from '../sha256.ts'
import { inTransaction } from './transaction.ts'
import { insertKey, revokeKeyRow } from './keys.ts'
import { requestBuild } from './outbox.ts'
import { readProject } from './project-row.ts'
import { findSealedExcess } from './sealed-excess.ts'
import { countSecrets, dropSeals } from './secret-rows.ts'
import type { Audience } from '#core'
import type { Recipient } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { Items } from '../../domain/items.ts'
import type { CommitPorts } from './commit.ts'
import type { Caller, SdkKeyInfo } from './interface.ts'
import type { Target } from './outbox.ts'
import type { ProjectRow } from './project-row.ts'

/** Characters after the last `_` that people may see, to tell keys apart. */
const SHOWN_CHARACTERS = 6
const MAX_NAME_CHARACTERS = 128

export interface KeyRequest {
  readonly name: string
  readonly environment: string
  readonly audience: Audience
  readonly reason: string
}

export interface KeyRandom {
  readonly id: string
  /** 30 base-62 characters from a cryptographic source. */
  readonly secret: string
  /** What follows from the key that these make; for a server's key only. */
  readonly recipient?: Recipient
}

/** Makes a key. It is in the answer and nowhere else; only its hash is stored. */
export function createKey(
  ports: CommitPorts,
  project: ProjectRow,
  items: Items,
  request: KeyRequest,
  random: KeyRandom,
  caller: Caller,
): Result<SdkKeyInfo & { key: string }> {
  const { name, environment, audience, reason } = request
  const issues = new Issues()
  checkReason(reason, issues)
  if (typeof name !== 'string' || name.length < 1 || name.length > MAX_NAME_CHARACTERS) {
    issues.add('/name', `must be 1 to ${MAX_NAME_CHARACTERS} characters`)
  }
  if (audience !== 'server' && audience !== 'client') {
    issues.add('/audience', 'must be "server" or "client"')
  }
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  if (items.environment(environment) === undefined) {
    return fail({ reason: 'not_found', noun: 'environment', name: environment })
  }
  const excess = findSealedExcess(ports, project.name, items, {
    environments: [environment],
    moreRecipients: random.recipient === undefined ? 0 : 1,
  })
  if (excess !== undefined) return fail(excess)
  const key = formatKey(audience, project.name, environment, random.secret)
  const info: SdkKeyInfo = {
    id: random.id,
    name,
    environment,
    audience,
    prefix: key.slice(0, key.lastIndexOf('_') + 1 + SHOWN_CHARACTERS),
    createdAtMs: ports.nowMs(),
    revokedAtMs: null,
  }
  return inTransaction(
    ports.storage,
    () => {
      const { sql } = ports.storage
      insertKey(sql, info, digest(key).sha256, random.recipient)
      requestReseal(sql, info, info.createdAtMs)
      appendAudit(sql, {
        atMs: info.createdAtMs,
        ...by(caller),
        action: 'key.create',
        target: `key/${info.id}`,
        reason,
      })
      ports.arm()
    },
    () => ({ ...info, key }),
  )
}

/** Revokes a key: from here on `findKey` does not know it, whatever KV says. */
export function revokeKey(
  ports: CommitPorts,
  id: string,
  reason: string,
  caller: Caller,
): Result<{ sha256: string }> {
  const issues = new Issues()
  checkReason(reason, issues)
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const done = inTransaction(
    ports.storage,
    () => {
      const { sql } = ports.storage
      const atMs = ports.nowMs()
      const revoked = revokeKeyRow(sql, id, atMs)
      if (!revoked.ok) return revoked
      requestReseal(sql, revoked.value, atMs)
      appendAudit(sql, {
        atMs,
        ...by(caller),
        action: 'key.revoke',
        target: `key/${id}`,
        reason,
      })
      ports.arm()
      return ok({ sha256: revoked.value.sha256 })
    },
    (result) => result,
  )
  return done.ok ? done.value : done
}

/** Who may read has changed: what is sealed has to be sealed anew. */
function requestReseal(sql: SqlStorage, { environment, audience }: Target, nowMs: number): void {
  const revision = readProject(sql)?.revision
  if (audience === 'client' || revision === undefined) return
  if (countSecrets(sql, environment) === 0) return
  dropSeals(sql, environment)
  requestBuild(sql, { environment, audience }, revision, nowMs)
}
