/**
 * The one writer of a project: rows → domain → rows. What is allowed is decided in worker/domain, what is stored in the
 * files beside this one. An object that was never written to has no tables and answers `not_found`.
 */
import { DurableObject } from 'cloudflare:workers'
import { parseMasterKeys } from '../../crypto/master-key.ts'
import { randomBytes, randomSecret, randomText } from '../../crypto/random.ts'
import { recipientOf } from '../../crypto/recipient.ts'
import { createSigner } from '../../crypto/signing.ts'
import { applyChangeSet, checkReason } from '../../domain/change-set.ts'
import { Denials, withLeftOut } from '../../domain/denials.ts'
import { fail, ok } from '../../domain/errors.ts'
import { Issues } from '../../domain/issues.ts'
import { itemsOver } from '../../domain/items.ts'
import { boundedList, differencesBetween, type ItemDifference } from '../../domain/difference.ts'
import { applyPromotion, type PromotionRequest } from '../../domain/promotion.ts'
import { isEnvironmentName } from '../../domain/names.ts'
import { applyRollback } from '../../domain/rollback.ts'
import { inferConfigSchema, validateConfig } from '../../domain/validate-config.ts'
import { appendAudit, by, readAudit } from '../audit-chain.ts'
import { Checkpoints } from '../checkpoints.ts'
import { migrate } from '../migrate.ts'
import { reportFault } from '../report.ts'
import { digest } from '../sha256.ts'
import { directoryStub, hubStub } from '../stubs.ts'
import { getBlob } from './blobs.ts'
import { commit, inTransaction } from './commit.ts'
import { createFailpoint } from './failpoint.ts'
import {
  itemsAt,
  itemsOf,
  listDifferences,
  listItems,
  listRefs,
  listRevisions,
  listVersions,
  oneItem,
  oneRevision,
  resolvedConfig,
  revisionBack,
} from './history.ts'
import { Deployments } from './deployment-acts.ts'
import { createKey, revokeKey } from './key-acts.ts'
import { findLiveKey, listKeys } from './keys.ts'
import { createProject, removeProject, updateProject } from './lifecycle.ts'
import { PROJECT_MIGRATIONS } from './migrations.ts'
import { forgetSigning, readHead, servedHead } from './outbox.ts'
import { hasTables, liveProject, readProject } from './project-row.ts'
import { Publisher } from './publish.ts'
import { ProjectKeys } from './project-keys.ts'
import { revealSecret, writeSecrets } from './secrets.ts'
import { ItemStore } from './store.ts'
import { readUsage, recordUsage } from './usage.ts'
import { formatKey } from '#core'
import type { Audience, ChangeSet, ItemKind, ItemRef, JsonValue } from '#core'
import type { Deployment } from '../../domain/deployment.ts'
import type { Result } from '../../domain/errors.ts'
import type { ValidateRequest, Validation } from '../../domain/validate-config.ts'
import type { CommitPorts, Plan, RevisionNote } from './commit.ts'
import type {
  AuditBounds,
  AuditEntry,
  AuditRequest,
  AuditStretch,
  Caller,
  Committed,
  Denial,
  DifferenceRequest,
  DeploymentAct,
  DeploymentRequest,
  DirectOptions,
  EvaluationCounts,
  Head,
  ItemVersion,
  KeyRotation,
  KeyScope,
  Page,
  PageRequest,
  ProjectInfo,
  ProjectRpc,
  ProjectSettings,
  ProjectUsage,
  Promoted,
  ResolvedConfig,
  RevealedSecret,
  RevealRequest,
  RevisionEntry,
  RollbackRequest,
  SdkKeyInfo,
  SecretsRequest,
  StoredItem,
  StoredRef,
  WriteOptions,
} from './interface.ts'
import type { KeyRequest } from './key-acts.ts'
import type { Recipient } from '../../crypto/recipient.ts'
import type { SecretPorts } from './secrets.ts'
import type { CreateRequest } from './lifecycle.ts'
import type { Target } from './outbox.ts'
import type { ProjectRow } from './project-row.ts'
import type { Signer } from '../../crypto/signing.ts'
import type { StoredItems } from './store.ts'

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** How late an outbox row may be before any request, not only the alarm, starts the drain again. */
const OVERDUE_MS = 60_000

export class ProjectObject extends DurableObject<Env> implements ProjectRpc {
  readonly #sql: SqlStorage
  readonly #store: ItemStore
  readonly #publisher: Publisher
  readonly #keys: ProjectKeys
  readonly #deployments: Deployments
  readonly #signer: ForgettingSigner
  readonly #checkpoints: Checkpoints
  readonly #ports: CommitPorts
  readonly #failpoint: ReturnType<typeof createFailpoint>
  /** Whether the tables are there and up to date; asked of the storage until they are. */
  #ready = false
  #alarmCheckedAtMs = 0
  readonly #denials = new Denials()

  /** A field so that a test can put a clock here. Not reachable over RPC. */
  nowMs = (): number => Date.now()

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const { storage } = state
    const nowMs = (): number => this.nowMs()
    this.#sql = storage.sql
    this.#store = new ItemStore(storage.sql)
    this.#failpoint = createFailpoint(env.FAILPOINT)
    const arm = (): void => this.#publisher.arm()
    this.#keys = new ProjectKeys({
      storage,
      masterKeys: () => parseMasterKeys(env.MASTER_KEY),
      randomBytes,
      newId: () => `pk_${randomText(12, LETTERS)}`,
      nowMs,
      arm,
    })
    const signer = lazySigner(env, nowMs)
    this.#signer = signer
    this.#checkpoints = new Checkpoints({
      sql: storage.sql,
      sign: (claims) => signer.signCheckpoint(claims),
      issuer: env.ISSUER,
      audience: () => `audit/${this.#name()}`,
      nowMs,
      report: (error) => reportFault('audit not signed', error),
    })
    this.#publisher = new Publisher({
      storage,
      store: this.#store,
      keys: this.#keys,
      signer,
      otherDueMs: () => this.#checkpoints.dueMs(),
      issuer: env.ISSUER,
      nowMs,
      failpoint: this.#failpoint,
      kv: () => env.SNAPSHOTS,
      hub: (name) => hubStub(env, name),
      report: (error) => reportFault('publish failed', error),
    })
    this.#ports = { storage, store: this.#store, nowMs, arm, randomSeed }
    this.#deployments = new Deployments({
      ...this.#ports,
      failpoint: this.#failpoint,
      fleet: (environment, audience) =>
        hubStub(env, { project: this.#name(), environment, audience }).fleet(),
    })
  }

  async create(request: CreateRequest, caller: Caller): Promise<Result<Committed>> {
    const result = createProject(this.#ports, request, caller)
    return this.#published(result)
  }

  async remove(reason: string, caller: Caller): Promise<Result<{ revision: number }>> {
    // Erasing needs every table there is by now.
    this.#open()
    const result = removeProject(this.#ports, this.#name(), reason, caller)
    return this.#published(result)
  }

  async info(): Promise<Result<ProjectInfo>> {
    return this.#read((row) => ok(infoOf(row)))
  }

  async update(
    settings: ProjectSettings,
    reason: string,
    caller: Caller,
  ): Promise<Result<ProjectInfo>> {
    const result = this.#read((row) => {
      const updated = updateProject(this.#ports, row, settings, reason, caller)
      return updated.ok ? ok(infoOf(updated.value)) : updated
    })
    return this.#published(result)
  }

  async commit(
    changeSet: ChangeSet,
    options: WriteOptions,
    kind: 'change' | 'import' = 'change',
  ): Promise<Result<Committed>> {
    const operations = changeSet.operations.map(summary)
    const note = { kind, reason: changeSet.reason, action: kind, operations }
    return this.#commit(
      note,
      options,
      () => (source) => applyChangeSet(source, changeSet, { digest, randomSeed }),
    )
  }

  async rollback(request: RollbackRequest, options: WriteOptions): Promise<Result<Committed>> {
    const { environment, item, reason, back = 1 } = request
    const target = this.#read((project) =>
      request.to === undefined
        ? revisionBack(this.#sql, project, back, item, environment)
        : ok(request.to),
    )
    if (!target.ok) return target
    const to = target.value
    const operation = {
      op: 'rollback',
      to,
      ...(environment !== undefined && { environment }),
      ...(item !== undefined && { kind: item.kind, key: item.key }),
    }
    const note = {
      kind: 'rollback',
      reason,
      action: 'rollback',
      operations: [operation],
      restores: to,
    } as const
    return this.#commit(note, options, (project) => (source) => {
      const issues = new Issues()
      checkReason(reason, issues)
      if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
      const then = itemsAt(this.#store, project, to)
      return then.ok ? applyRollback(source, then.value, { environment, item }, digest) : then
    })
  }

  async promote(request: PromotionRequest, options: WriteOptions): Promise<Result<Promoted>> {
    const { from, to, reason, items = [] } = request
    const note = {
      kind: 'promotion',
      reason,
      action: 'promotion',
      operations: [
        { op: 'promote', from, to, items: items.map(({ kind, key }) => `${kind}/${key}`) },
      ],
    } as const
    let differences: readonly ItemDifference[] = []
    const committed = await this.#commit(note, options, () => (source) => {
      const working = applyPromotion(source, request, { digest, randomSeed })
      if (!working.ok) return working
      const before = { items: itemsOver(source), environment: to, label: `${to}, before` }
      const after = { items: working.value.items, environment: to, label: `${to}, after` }
      differences = boundedList(differencesBetween(before, after, 'resolved'))
      return working
    })
    return committed.ok ? ok({ ...committed.value, differences }) : committed
  }

  async differences(request: DifferenceRequest): Promise<Result<readonly ItemDifference[]>> {
    return this.#read((project) => listDifferences(this.#store, project, request))
  }

  async items(kind: ItemKind, revision?: number): Promise<Result<readonly StoredItem[]>> {
    return this.#readItems(revision, (items) => ok(listItems(items, kind)))
  }

  async refs(kind: ItemKind, revision?: number): Promise<Result<readonly StoredRef[]>> {
    return this.#readItems(revision, (items) => ok(listRefs(items, kind)))
  }

  async contents(
    refs: readonly ItemRef[],
    revision?: number,
  ): Promise<Result<readonly StoredItem[]>> {
    return this.#readItems(revision, (items) => ok(itemsOf(items, refs)))
  }

  async item(ref: ItemRef, revision?: number): Promise<Result<StoredItem>> {
    return this.#readItems(revision, (items) => oneItem(items, ref))
  }

  async versions(ref: ItemRef, page: PageRequest): Promise<Result<Page<ItemVersion>>> {
    return this.#read(() => listVersions(this.#sql, ref, page))
  }

  async resolved(
    config: string,
    environment: string,
    revision?: number,
  ): Promise<Result<ResolvedConfig>> {
    return this.#readItems(revision, (items, project) =>
      resolvedConfig(items, config, environment, revision ?? project.revision),
    )
  }

  async validateConfig(
    config: string,
    request: ValidateRequest,
  ): Promise<Result<Validation & { revision: number }>> {
    return this.#readItems(undefined, (items, { revision }) => {
      const found = validateConfig(items, config, request)
      return found.ok ? ok({ revision, ...found.value }) : found
    })
  }

  async inferSchema(config: string): Promise<Result<{ revision: number; schema: JsonValue }>> {
    return this.#readItems(undefined, (items, { revision }) => {
      const schema = inferConfigSchema(itemsOver(items), config)
      return schema.ok ? ok({ revision, schema: schema.value }) : schema
    })
  }

  async revisions(page: PageRequest): Promise<Result<Page<RevisionEntry>>> {
    return this.#read(() => listRevisions(this.#sql, page))
  }

  async revision(revision: number): Promise<Result<RevisionEntry>> {
    return this.#read(() => oneRevision(this.#sql, revision))
  }

  async resign(): Promise<void> {
    if (!this.#open()) return
    this.#signer.forget()
    forgetSigning(this.#sql)
    this.#publisher.arm()
    this.#drain()
  }

  // The audit outlives the project: that it was deleted is in it.
  async audit(request: AuditRequest): Promise<Result<Page<AuditEntry>>> {
    if (!this.#open()) return noProject(this.#name())
    return readAudit(this.#sql, request, revisionsOf(request.item))
  }

  async auditBounds(): Promise<Result<AuditBounds>> {
    if (!this.#open()) return noProject(this.#name())
    return ok(await this.#checkpoints.bounds())
  }

  async auditRows(seq: number, limit: number): Promise<Result<AuditStretch>> {
    if (!this.#open()) return noProject(this.#name())
    return ok(this.#checkpoints.stretch(seq, limit))
  }

  async recordDenial({ reason, ...denial }: Denial, caller: Caller): Promise<boolean> {
    const written = this.#read(() => {
      const atMs = this.nowMs()
      const admitted = this.#denials.admit(`${caller.tokenId} ${denial.action}`, atMs)
      if (admitted !== null) {
        const act = { ...denial, atMs, ...by(caller), outcome: 'denied' } as const
        appendAudit(this.#sql, { ...act, reason: withLeftOut(reason, admitted.leftOut) })
      }
      return ok(true)
    })
    return written.ok
  }

  async writeSecrets(request: SecretsRequest, options: WriteOptions): Promise<Result<Committed>> {
    await this.#failpoint('before-commit')
    return this.#published(await writeSecrets(this.#secretPorts(), request, options))
  }

  async revealSecret(request: RevealRequest, caller: Caller): Promise<Result<RevealedSecret>> {
    return revealSecret(this.#secretPorts(), request, caller)
  }

  async keyRotation(): Promise<Result<KeyRotation>> {
    return this.#read(() => ok(this.#keys.status()))
  }

  async rotateProjectKey(reason: string, caller: Caller): Promise<Result<KeyRotation>> {
    const issues = new Issues()
    checkReason(reason, issues)
    if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
    const project = this.#read(ok)
    if (!project.ok) return project
    await this.#keys.add(project.value.name, { ...by(caller), reason })
    return this.keyRotation()
  }

  async createKey(
    request: KeyRequest,
    caller: Caller,
  ): Promise<Result<SdkKeyInfo & { key: string }>> {
    const secret = randomSecret()
    const recipient = await this.#recipient(request, secret)
    const result = this.#readItems(undefined, (items, project) => {
      const random = { id: crypto.randomUUID(), secret, ...(recipient && { recipient }) }
      return createKey(this.#ports, project, itemsOver(items), request, random, caller)
    })
    // Waited for, so that the key works everywhere at once when all is well.
    if (result.ok) await this.#publisher.tellKey(result.value.id)
    return this.#published(result)
  }

  async keys(): Promise<Result<readonly SdkKeyInfo[]>> {
    return this.#read(() => ok(listKeys(this.#sql)))
  }

  async revokeKey(id: string, reason: string, caller: Caller): Promise<Result<{ sha256: string }>> {
    const result = this.#read(() => revokeKey(this.#ports, id, reason, caller))
    if (result.ok) await this.#publisher.tellKey(id)
    return this.#published(result)
  }

  async findKey(sha256: string): Promise<KeyScope | null> {
    const found = this.#read((project) => {
      const key = findLiveKey(this.#sql, sha256)
      return ok(key === undefined ? null : { ...key, project: project.name })
    })
    return found.ok ? found.value : null
  }

  async recordEvaluations(
    environment: string,
    audience: Audience,
    counts: EvaluationCounts,
  ): Promise<void> {
    this.#readItems(undefined, (items) =>
      // When the disk is full the counts are lost, which is what they are worth.
      inTransaction(
        this.ctx.storage,
        () => {
          const report = { environment, audience, counts }
          recordUsage(this.#sql, itemsOver(items), report, this.nowMs())
        },
        () => undefined,
      ),
    )
  }

  async usage(flagKey?: string): Promise<Result<ProjectUsage>> {
    return this.#read(() => ok(readUsage(this.#sql, flagKey)))
  }

  async deployments(
    environment: string | undefined,
    page: PageRequest,
  ): Promise<Result<Page<Deployment>>> {
    return this.#read(() => this.#deployments.list(environment, page))
  }

  async deployment(id: string): Promise<Result<Deployment>> {
    return this.#read(() => this.#deployments.one(id))
  }

  async deploy(request: DeploymentRequest, options: DirectOptions): Promise<Result<Deployment>> {
    const result = this.#read((project) => this.#deployments.request(project, request, options))
    return this.#published(result)
  }

  async actOnDeployment(
    id: string,
    act: DeploymentAct,
    reason: string,
    options: DirectOptions,
  ): Promise<Result<Deployment>> {
    const result = this.#read(() => this.#deployments.act(id, act, reason, options))
    return this.#published(result)
  }

  async judgeDeployment(environment: string): Promise<void> {
    if (!this.#read(ok).ok) return
    if (await this.#deployments.judge(environment)) this.#drain()
  }

  async head(environment: string, audience: Audience): Promise<Head | null> {
    if (!this.#read(ok).ok) return null
    const target = { environment, audience }
    await this.#ensureHead(target)
    return servedHead(readHead(this.#sql, target))
  }

  async body(environment: string, audience: Audience, sha256: string): Promise<ArrayBuffer | null> {
    if (!this.#read(ok).ok) return null
    const target = { environment, audience }
    // What the head names now first: building would replace it under a reader who was just told of it.
    const bytes = this.#bytesOf(target, sha256)
    if (bytes !== null) return bytes
    await this.#ensureHead(target)
    return this.#bytesOf(target, sha256)
  }

  override async alarm(): Promise<void> {
    if (!this.#open()) return
    await this.#keepAudit()
    try {
      await this.#drainAll()
      const project = this.#read(ok)
      if (project.ok) await this.#keys.rewrap(project.value.name)
    } catch (error) {
      reportFault('publish failed', error)
      // A throw would make the runtime try a few times and then drop the alarm for good.
      void this.ctx.storage.setAlarm(this.nowMs() + OVERDUE_MS)
    }
  }

  async #commit(
    note: RevisionNote,
    options: WriteOptions,
    plan: (project: ProjectRow) => Plan,
  ): Promise<Result<Committed>> {
    await this.#failpoint('before-commit')
    const result = this.#read((project) =>
      commit(this.#ports, project, note, plan(project), options),
    )
    return this.#published(result)
  }

  /** Starts the drain of what was committed, and does not wait for it. */
  async #published<T extends Result<unknown>>(result: T): Promise<T> {
    if (!result.ok || !this.#open()) return result
    await this.#failpoint('after-commit')
    this.#drain()
    return result
  }

  #secretPorts(): SecretPorts {
    const project = (): Result<ProjectRow> => this.#read(ok)
    return { ...this.#ports, keys: this.#keys, randomBytes, randomText, project }
  }

  /** Whom secrets are sealed for, if a key of this request will read any. */
  async #recipient(
    { audience, environment }: KeyRequest,
    secret: string,
  ): Promise<Recipient | undefined> {
    if (audience !== 'server' || !isEnvironmentName(environment)) return undefined
    const project = this.#read(ok)
    if (!project.ok) return undefined
    return recipientOf(formatKey(audience, project.value.name, environment, secret))
  }

  #drain(): void {
    // What fails inside is in the outbox and has its alarm.
    this.ctx.waitUntil(this.#drainAll().catch(() => undefined))
    this.ctx.waitUntil(this.#checkpoints.signDue())
  }

  /** Steps that are due come first: they ask for heads. */
  async #drainAll(): Promise<void> {
    if (this.#read(ok).ok) await this.#deployments.tick()
    await this.#publisher.drain()
  }

  async #keepAudit(): Promise<void> {
    await this.#checkpoints.signDue()
    const days = readProject(this.#sql)?.auditRetentionDays ?? null
    if (days !== null) this.#checkpoints.prune(days)
  }

  async #ensureHead(target: Target): Promise<void> {
    try {
      await this.#publisher.ensureHead(target)
    } catch {
      // Not signed now: what was signed before is still good, and the alarm tries again.
    }
    if (this.#publisher.isOverdue()) this.#drain()
  }

  #bytesOf(target: Target, sha256: string): ArrayBuffer | null {
    const head = readHead(this.#sql, target)
    if (head === undefined || head.manifest === null) return null
    if (head.sha256 !== sha256 && !head.externals.includes(sha256)) return null
    return getBlob(this.#sql, sha256)?.buffer ?? null
  }

  #read<T>(work: (project: ProjectRow) => Result<T>): Result<T> {
    const row = this.#open() ? readProject(this.#sql) : undefined
    const project = liveProject(row, this.#name())
    return project.ok ? work(project.value) : project
  }

  #readItems<T>(
    revision: number | undefined,
    work: (items: StoredItems, project: ProjectRow) => Result<T>,
  ): Result<T> {
    return this.#read((project) => {
      const items = itemsAt(this.#store, project, revision)
      return items.ok ? work(items.value, project) : items
    })
  }

  /** Whether there is anything stored; brings old tables up to date, and the alarm back should it have got lost. */
  #open(): boolean {
    if (!this.#ready) {
      if (!hasTables(this.#sql)) return false
      migrate(this.ctx.storage, PROJECT_MIGRATIONS)
      this.#ready = true
    }
    this.#watch()
    return true
  }

  /** Alarms have been seen to get lost. Once a minute is often enough to look. */
  #watch(): void {
    const nowMs = this.nowMs()
    if (Math.abs(nowMs - this.#alarmCheckedAtMs) < OVERDUE_MS) return
    this.#alarmCheckedAtMs = nowMs
    if (this.#publisher.isOverdue(OVERDUE_MS)) this.#drain()
    this.ctx.waitUntil(this.#restoreAlarm())
  }

  async #restoreAlarm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) this.#publisher.arm()
  }

  #name(): string {
    return this.ctx.id.name ?? 'of this id'
  }
}

interface ForgettingSigner extends Signer {
  /** Asks the directory again which key signs. */
  forget(): void
}

/** Opens the master key when something is to be signed: without it a project still takes changes and answers reads. */
function lazySigner(env: Env, nowMs: () => number): ForgettingSigner {
  let signer: Signer | undefined
  const opened = (): Signer => {
    signer ??= createSigner({
      masterKeys: parseMasterKeys(env.MASTER_KEY),
      currentKey: () => directoryStub(env).signingKey(),
      nowMs,
    })
    return signer
  }
  return {
    async sign(claims) {
      for (;;) {
        const used = opened()
        const manifest = await used.sign(claims)
        // Its key may have been revoked meanwhile.
        if (used === signer) return manifest
      }
    },
    signCheckpoint: async (claims) => opened().signCheckpoint(claims),
    forget() {
      signer = undefined
    },
  }
}

function infoOf(row: ProjectRow): ProjectInfo {
  const { deletedAtMs: _, ...info } = row
  return info
}

function noProject(name: string): Result<never> {
  return fail({ reason: 'not_found', noun: 'project', name })
}

/** Rows of revisions that wrote this item among others. */
function revisionsOf(item: string | undefined) {
  const [kind, key, layer] = (item ?? '').split('/')
  if (kind === undefined || key === undefined) return undefined
  const bindings = layer === undefined ? [kind, key] : [kind, key, layer]
  return {
    sql: `revision IN (SELECT revision FROM item_version WHERE kind = ? AND key = ?${layer === undefined ? '' : ' AND layer = ?'})`,
    bindings,
  }
}

function randomSeed(): string {
  return crypto.randomUUID()
}

/** What an operation does to what, without its content. */
function summary(operation: ChangeSet['operations'][number]): Record<string, string> {
  const { op } = operation
  return {
    op,
    ...('environment' in operation && { environment: operation.environment }),
    ...('name' in operation && { name: operation.name }),
    ...('key' in operation && { key: operation.key }),
  }
}
