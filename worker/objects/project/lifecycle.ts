/** A project's beginning and end. The audit outlives both, and so does the order of heads: readers never go back. */
import { applyChangeSet, checkReason, settle } from '../../domain/change-set.ts'
import { fail } from '../../domain/errors.ts'
import { Issues } from '../../domain/issues.ts'
import { WorkingItems } from '../../domain/items.ts'
import { ENVIRONMENT_NAME_RULE, isEnvironmentName } from '../../domain/names.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { migrate } from '../migrate.ts'
import { digest } from '../sha256.ts'
import { commitFirst } from './commit.ts'
import { inTransaction } from './transaction.ts'
import { dropToldKeys, revokeKeysOf } from './keys.ts'
import { PROJECT_MIGRATIONS } from './migrations.ts'
import { AUDIENCES, requestRetraction, retractHead } from './outbox.ts'
import {
  hasTables,
  insertProject,
  liveProject,
  NO_SETTINGS,
  readProject,
  setDeleted,
  setSettings,
} from './project-row.ts'
import { MIN_KEPT_REVISIONS } from './retention.ts'
import { all } from './sql.ts'
import { NO_ITEMS } from './store.ts'
import { canonicalize } from '#core'
import { allShares } from './share-rows.ts'
import type { EnvironmentItem, Operation } from '#core'
import type { Result } from '../../domain/errors.ts'
import type { Ports } from '../../domain/operation-step.ts'
import type { CommitPorts } from './commit.ts'
import type { Caller, Committed, ProjectSettings } from './interface.ts'
import type { ProjectRow } from './project-row.ts'

export interface CreateRequest {
  readonly name: string
  readonly epoch: number
  readonly environments: Readonly<Record<string, EnvironmentItem>>
  readonly reason: string
}

/** Creates the project at revision 1. Tables are made in the same transaction: refused or failed, nothing is stored. */
export function createProject(
  ports: CommitPorts,
  request: CreateRequest,
  caller: Caller,
): Result<Committed> {
  const { storage, store } = ports
  const { name, reason } = request
  const known = hasTables(storage.sql) ? readProject(storage.sql) : undefined
  if (known !== undefined && known.deletedAtMs === null) {
    return fail({ reason: 'already_exists', noun: 'project', name })
  }
  const issues = new Issues()
  if (!isEnvironmentName(name)) issues.add('/name', ENVIRONMENT_NAME_RULE)
  if (!Number.isInteger(request.epoch) || request.epoch < 1) {
    issues.add('/epoch', 'must be an integer from 1')
  }
  checkReason(reason, issues)
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const working = firstItems(request, ports)
  if (!working.ok) return working
  return inTransaction(
    storage,
    () => {
      migrate(storage, PROJECT_MIGRATIONS)
      // Not lower than what was signed before, whoever asks.
      const epoch = Math.max(request.epoch, (known?.epoch ?? 0) + 1)
      const createdAtMs = ports.nowMs()
      insertProject(storage.sql, {
        name,
        createdAtMs,
        epoch,
        revision: 0,
        deletedAtMs: null,
        oldestRevision: 1,
        ...NO_SETTINGS,
      })
      const operations = Object.keys(request.environments).map((environment) => ({
        op: 'createEnvironment',
        environment,
      }))
      const target = `project/${name}`
      const note = { kind: 'change', reason, action: 'project.create', target, operations } as const
      return commitFirst(ports, note, working.value, NO_ITEMS, caller)
    },
    (answer) => {
      store.forget()
      return answer
    },
  )
}

function firstItems(
  { environments, reason }: CreateRequest,
  ports: Pick<Ports, 'randomSeed'>,
): Result<WorkingItems> {
  const operations = Object.entries(environments).map(([environment, item]): Operation => ({
    op: 'createEnvironment',
    environment,
    ...item,
  }))
  if (operations.length === 0) return settle(new WorkingItems(NO_ITEMS), NO_ITEMS, digest)
  return applyChangeSet(NO_ITEMS, { reason, operations }, { ...ports, digest })
}

const ERASED = [
  'item_version',
  'blob',
  'revision',
  'idempotency',
  'flag_usage',
  'context_sample',
  'project_key',
  'secret_value',
  'secret_number',
  'secret_seal',
  'secret_share',
  'deployment',
  'release',
  'applied_content',
] as const

/** Changes what is in no revision. */
export function updateProject(
  ports: CommitPorts,
  project: ProjectRow,
  settings: ProjectSettings,
  reason: string,
  caller: Caller,
): Result<ProjectRow> {
  const issues = new Issues()
  checkReason(reason, issues)
  const days = settings.auditRetentionDays
  if (typeof days === 'number' && days < MIN_AUDIT_DAYS) {
    issues.add('/auditRetentionDays', `must be at least ${MIN_AUDIT_DAYS}`)
  }
  const kept = settings.historyRetentionRevisions
  if (typeof kept === 'number' && kept < MIN_KEPT_REVISIONS) {
    issues.add('/historyRetentionRevisions', `must be at least ${MIN_KEPT_REVISIONS}`)
  }
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const { sql } = ports.storage
  const merged = { ...project, ...settings }
  const hashOf = ({
    displayName,
    description,
    auditRetentionDays,
    historyRetentionRevisions,
  }: typeof merged): string =>
    digest(
      canonicalize({ displayName, description, auditRetentionDays, historyRetentionRevisions }),
    ).sha256
  return inTransaction(
    ports.storage,
    () => {
      setSettings(sql, merged)
      appendAudit(sql, {
        atMs: ports.nowMs(),
        ...by(caller),
        action: 'project.update',
        target: `project/${project.name}`,
        reason,
        beforeSha256: hashOf(project),
        afterSha256: hashOf(merged),
      })
    },
    () => merged,
  )
}

/** A year, and the month in which it is looked at. */
const MIN_AUDIT_DAYS = 400

/** Erases everything but the audit and the order of heads. KV, sockets and keys follow through the outbox. */
export function removeProject(
  ports: CommitPorts,
  name: string,
  reason: string,
  caller: Caller,
): Result<{ revision: number }> {
  const { storage, store } = ports
  const { sql } = storage
  const project = liveProject(hasTables(sql) ? readProject(sql) : undefined, name)
  if (!project.ok) return project
  const issues = new Issues()
  checkReason(reason, issues)
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const shares = allShares(sql).map(
    ({ name: secret, environment, toProject }) =>
      `secret ${secret} in ${environment}, shared with ${toProject}`,
  )
  // What others got would stay with them, and nobody could take it back.
  if (shares.length > 0) return fail({ reason: 'in_use', noun: 'project', name, by: shares })
  const { revision } = project.value
  return inTransaction(
    storage,
    () => {
      const atMs = ports.nowMs()
      const environments = all<{ key: string }>(
        sql,
        `SELECT DISTINCT key FROM item_version WHERE kind = 'environment' AND until IS NULL AND sha256 IS NOT NULL`,
      )
      for (const { key: environment } of environments) {
        for (const audience of AUDIENCES) {
          retractHead(sql, { environment, audience })
          requestRetraction(sql, { environment, audience }, revision, atMs)
        }
      }
      revokeKeysOf(sql, null, atMs)
      dropToldKeys(sql)
      for (const table of ERASED) sql.exec(`DELETE FROM ${table}`)
      setDeleted(sql, atMs)
      appendAudit(sql, {
        atMs,
        ...by(caller),
        action: 'project.remove',
        target: `project/${name}`,
        reason,
        revision,
      })
      ports.arm()
    },
    () => {
      store.forget()
      return { revision }
    },
  )
}
