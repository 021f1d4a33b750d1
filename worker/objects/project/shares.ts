/**
 * Gives secrets to other projects: what was shared, changed or is shared no longer is told to the other, at least once and in
 * order, and tried again by the alarm. Both audits tell of it: the value that leaves is written down before it leaves.
 */
import { openSecret } from '../../crypto/envelope.ts'
import { checkReason } from '../../domain/change-set.ts'
import { fail, ok } from '../../domain/errors.ts'
import { Issues } from '../../domain/issues.ts'
import { environmentLayer, itemsOver } from '../../domain/items.ts'
import { referencesOf, sealedForOf, servedVersions } from '../../domain/secret.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { inTransaction } from './transaction.ts'
import { Lanes } from './lanes.ts'
import { readValue } from './secret-rows.ts'
import {
  dueShares,
  endShareRow,
  insertShare,
  liveShares,
  nextShareMs,
  postponeShare,
  readShare,
  setSentVersion,
  setShareTold,
  type ShareRow,
} from './share-rows.ts'
import type { SecretItem } from '#core'
import type { DomainError, Result } from '../../domain/errors.ts'
import type { SentSecret } from '../../domain/share.ts'
import type { Caller, ProjectRpc, SecretShare, ShareRequest } from './interface.ts'
import type { SecretPorts } from './secrets.ts'

export interface SharePorts extends SecretPorts {
  readonly other: (project: string) => Pick<ProjectRpc, 'receiveSecret'>
  /** What failed and will be tried again. */
  readonly report: (error: unknown) => void
}

const MAX_SHARES = 1_000
const MAX_BACKOFF_MS = 300_000

export class Shares {
  readonly #ports: () => SharePorts
  readonly #sql: SqlStorage
  readonly #lanes = new Lanes()

  constructor(sql: SqlStorage, ports: () => SharePorts) {
    this.#sql = sql
    this.#ports = ports
  }

  list(): readonly SecretShare[] {
    return liveShares(this.#sql).map(shown)
  }

  one(id: string): Result<SecretShare> {
    const row = this.#row(id)
    return row === undefined ? noShare(id) : ok(shown(row))
  }

  create(request: ShareRequest, caller: Caller): Result<SecretShare> {
    const ports = this.#ports()
    const { environment, name, to, reason } = request
    const project = ports.project()
    if (!project.ok) return project
    const issues = new Issues()
    checkReason(reason, issues)
    const item = itemsOver(ports.store.current(project.value.revision)).secret(name, environment)
    if (item === undefined) {
      return fail({ reason: 'not_found', noun: 'secret', name, environment })
    }
    const why = cannotShare(item)
    if (why !== undefined) issues.add('', why)
    if (to.project === project.value.name) issues.add('/to/project', 'must be another project')
    const live = liveShares(this.#sql)
    if (live.length >= MAX_SHARES) {
      return fail({
        reason: 'too_large',
        what: 'shares',
        limit: MAX_SHARES,
        actual: live.length + 1,
      })
    }
    const isThere = live.some(
      (one) =>
        one.toProject === to.project &&
        one.toEnvironment === to.environment &&
        one.toName === to.name,
    )
    if (isThere) {
      const what = `${to.name} in ${to.environment} of ${to.project}`
      return fail({ reason: 'already_exists', noun: 'share', name: what })
    }
    if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
    return inTransaction(
      ports.storage,
      () => {
        const atMs = ports.nowMs()
        const id = insertShare(this.#sql, {
          environment,
          name,
          toProject: to.project,
          toEpoch: to.epoch,
          toEnvironment: to.environment,
          toName: to.name,
          createdAtMs: atMs,
        })
        const target = `secret/${name}/${environmentLayer(environment)}`
        const where = `to ${to.project}/${to.environment}/${to.name}`
        const act = { atMs, ...by(caller), action: 'secret.share', target }
        appendAudit(this.#sql, { ...act, reason: `${where}: ${reason}` })
        ports.arm()
        return id
      },
      (id) => ({
        id: String(id),
        environment,
        name,
        to,
        createdAtMs: ports.nowMs(),
        isTold: false,
      }),
    )
  }

  end(id: string, reason: string, caller: Caller): Result<{ id: string }> {
    const issues = new Issues()
    checkReason(reason, issues)
    if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
    const row = this.#row(id)
    if (row === undefined) return noShare(id)
    const ports = this.#ports()
    return inTransaction(
      ports.storage,
      () => {
        const atMs = ports.nowMs()
        endShareRow(this.#sql, row.id, atMs)
        const target = `secret/${row.name}/${environmentLayer(row.environment)}`
        const where = `to ${row.toProject}/${row.toEnvironment}/${row.toName}`
        const act = { atMs, ...by(caller), action: 'secret.unshare', target }
        appendAudit(this.#sql, { ...act, reason: `${where}: ${reason}` })
        ports.arm()
      },
      () => ({ id }),
    )
  }

  dueMs(): number | undefined {
    return nextShareMs(this.#sql)
  }

  /** Tells all that is due. Never rejects. */
  async push(): Promise<void> {
    const { nowMs, arm } = this.#ports()
    const due = dueShares(this.#sql, nowMs())
    await Promise.all(due.map((id) => this.#lanes.run(String(id), () => this.#tell(id))))
    if (due.length > 0) arm()
  }

  async #tell(id: number): Promise<void> {
    const ports = this.#ports()
    const row = readShare(this.#sql, id)
    if (row === undefined || row.told === 1) return
    try {
      const sent = await this.#state(row)
      if (sent === undefined) return
      const answer = await ports.other(row.toProject).receiveSecret(sent)
      if (answer.ok) setShareTold(this.#sql, row, null)
      else if (isFinal(answer.error)) setShareTold(this.#sql, row, whyNot(answer.error.reason))
      else this.#postpone(row, answer.error.reason)
    } catch (error) {
      ports.report(error)
      this.#postpone(row, 'no answer')
    }
  }

  #postpone({ id, attempts }: ShareRow, fault: string): void {
    const waitMs = Math.min(MAX_BACKOFF_MS, 1_000 * 2 ** Math.min(attempts, 9))
    postponeShare(this.#sql, id, this.#ports().nowMs() + waitMs, fault)
  }

  /** What the other is to have. Undefined: it changed while it was opened, and is told again. */
  async #state(row: ShareRow): Promise<SentSecret | undefined> {
    const ports = this.#ports()
    const project = ports.project()
    if (!project.ok) return undefined
    const { name: own, revision } = project.value
    const { environment, name } = row
    const from = { project: own, environment, name, revision }
    const about = { epoch: row.toEpoch, environment: row.toEnvironment, name: row.toName, from }
    const nothing = { ...about, graceMs: 0, ended: row.endedAtMs !== null }
    const item = itemsOver(ports.store.current(revision)).secret(name, environment)
    const nowMs = ports.nowMs()
    const served = item && servedVersions(item, nowMs)
    if (nothing.ended || !item || !served || cannotShare(item) !== undefined) return nothing
    const ref = { environment, name, version: served.active }
    const stored = readValue(this.#sql, ref)
    if (stored === undefined) return nothing
    const ring = await ports.keys.ring(own)
    const value = await openSecret(stored, { project: own, ...ref }, ring)
    const now = readShare(this.#sql, row.id)
    if (now === undefined || now.mark !== row.mark) return undefined
    if (row.sentVersion !== served.active) {
      ports.storage.transactionSync(() => {
        setSentVersion(this.#sql, row.id, served.active)
        appendAudit(this.#sql, {
          atMs: nowMs,
          actor: 'system',
          action: 'secret.send',
          target: `secret/${name}/${environmentLayer(environment)}/${served.active}`,
          reason: `shared with ${row.toProject}/${row.toEnvironment}/${row.toName}`,
        })
      })
    }
    const version = item.versions.find((one) => one.version === served.active)
    const { expiresAtMs } = version ?? {}
    const end = expiresAtMs === undefined ? {} : { expiresAtMs }
    const active = { version: served.active, value, type: item.type, ...end }
    const graceMs = Math.max(0, (served.previous?.untilMs ?? nowMs) - nowMs)
    return { ...about, active, graceMs, ended: false }
  }

  #row(id: string): ShareRow | undefined {
    const row = /^[1-9][0-9]{0,14}$/.test(id) ? readShare(this.#sql, Number(id)) : undefined
    return row?.endedAtMs === null ? row : undefined
  }
}

/** Why a secret cannot be given to another project; undefined: it can. */
export function cannotShare(item: SecretItem): string | undefined {
  const { active, from } = item
  if (from !== undefined) return `is shared by the project ${from.project}, which alone shares it`
  if (active === undefined) return undefined
  if (sealedForOf(item, active) !== undefined) {
    return 'was sealed by its author: the platform has no value to share'
  }
  if (referencesOf(item, active) !== undefined) {
    return 'refers to secrets of its project, which the other does not have'
  }
  return undefined
}

/** Whether trying again leads nowhere before something else changes; a full disk or a missing key will not last. */
function isFinal({ reason }: DomainError): boolean {
  return reason === 'not_found' || reason === 'already_exists'
}

function whyNot(reason: string): string {
  return reason === 'already_exists' ? 'another secret has that name there' : reason
}

function noShare(id: string): Result<never> {
  return fail({ reason: 'not_found', noun: 'share', name: id })
}

function shown(row: ShareRow): SecretShare {
  const { environment, name, createdAtMs, told, fault } = row
  const to = {
    project: row.toProject,
    epoch: row.toEpoch,
    environment: row.toEnvironment,
    name: row.toName,
  }
  const about = { id: String(row.id), environment, name, to, createdAtMs, isTold: told === 1 }
  return fault === null ? about : { ...about, fault }
}
