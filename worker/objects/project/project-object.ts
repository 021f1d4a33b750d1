/**
 * The one writer of a project: rows → domain → rows. What is allowed is decided in worker/domain, what is stored in the
 * files beside this one. An object that was never written to has no tables and answers `not_found`.
 */
import { DurableObject } from 'cloudflare:workers'
import { randomSecret } from '../../crypto/random.ts'
import { recipientOf } from '../../crypto/recipient.ts'
import { checkReason } from '../../domain/change-set.ts'
import { fail, ok } from '../../domain/errors.ts'
import { Issues } from '../../domain/issues.ts'
import { itemsOver } from '../../domain/items.ts'
import { isEnvironmentName } from '../../domain/names.ts'
import { inferConfigSchema, validateConfig } from '../../domain/validate-config.ts'
import { by, readAudit } from '../audit-chain.ts'
import { asRefusal } from '../refusal.ts'
import { inTransaction } from './transaction.ts'
import {
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
import { createKey, revokeKey } from './key-acts.ts'
import { describedRecipients, findLiveKey, listKeys } from './keys.ts'
import { latestVersion } from './secret-rows.ts'
import { createProject, removeProject, updateProject } from './lifecycle.ts'
import { ProjectCore } from './project-core.ts'
import { changeAct, promotionAct, rollbackAct } from './revision-acts.ts'
import { receiveSecret, revealSecret, writeSecrets } from './secrets.ts'
import { storeSamples } from './context-samples.ts'
import { readUsage, recordUsage } from './usage.ts'
import { formatKey } from '#core'
import type { Audience, ChangeSet, ContextSample, ItemKind, ItemRef, JsonValue } from '#core'
import type { Deployment } from '../../domain/deployment.ts'
import type { ItemDifference } from '../../domain/difference.ts'
import type { Result } from '../../domain/errors.ts'
import type { PromotionRequest } from '../../domain/promotion.ts'
import type { ValidateRequest, Validation } from '../../domain/validate-config.ts'
import type { SentSecret } from '../../domain/share.ts'
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
  RecipientInfo,
  RevealedSecret,
  RevealRequest,
  RevisionEntry,
  RollbackRequest,
  SdkKeyInfo,
  SecretShare,
  SecretsRequest,
  ShareRequest,
  StoredItem,
  StoredRef,
  WriteOptions,
} from './interface.ts'
import type { KeyRequest } from './key-acts.ts'
import type { Recipient } from '#core'
import type { CreateRequest } from './lifecycle.ts'
import type { ProjectRow } from './project-row.ts'

export class ProjectObject extends DurableObject<Env> implements ProjectRpc {
  readonly #core: ProjectCore

  /** Fields so that a test can put a clock and a network here. Not reachable over RPC. */
  nowMs = (): number => Date.now()
  fetchHook = (url: string, init: RequestInit): Promise<Response> => fetch(url, init)
  waitHook = (ms: number, signal: AbortSignal): Promise<unknown> => scheduler.wait(ms, { signal })

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#core = new ProjectCore(state, env, {
      nowMs: () => this.nowMs(),
      fetch: (url, init) => this.fetchHook(url, init),
      wait: (ms, signal) => this.waitHook(ms, signal),
    })
  }

  async create(request: CreateRequest, caller: Caller): Promise<Result<Committed>> {
    const result = createProject(this.#core.ports, request, caller)
    return this.#core.published(result)
  }

  async remove(reason: string, caller: Caller): Promise<Result<{ revision: number }>> {
    // Erasing needs every table there is by now.
    this.#core.open()
    const result = removeProject(this.#core.ports, this.#core.name, reason, caller)
    return this.#core.published(result)
  }

  async info(): Promise<Result<ProjectInfo>> {
    return this.#core.read((row) => ok(infoOf(row)))
  }

  async update(
    settings: ProjectSettings,
    reason: string,
    caller: Caller,
  ): Promise<Result<ProjectInfo>> {
    const result = this.#core.read((row) => {
      const updated = updateProject(this.#core.ports, row, settings, reason, caller)
      return updated.ok ? ok(infoOf(updated.value)) : updated
    })
    return this.#core.published(result)
  }

  async commit(
    changeSet: ChangeSet,
    options: WriteOptions,
    kind: 'change' | 'import' = 'change',
  ): Promise<Result<Committed>> {
    return this.#core.commit(changeAct(this.#core.ports, changeSet, kind), options)
  }

  async rollback(request: RollbackRequest, options: WriteOptions): Promise<Result<Committed>> {
    const { environment, item, back = 1 } = request
    const to = this.#core.read((project) =>
      request.to === undefined
        ? revisionBack(this.#core.sql, project, back, item, environment)
        : ok(request.to),
    )
    if (!to.ok) return to
    return this.#core.commit(rollbackAct(this.#core.ports, request, to.value), options)
  }

  async promote(request: PromotionRequest, options: WriteOptions): Promise<Result<Promoted>> {
    let differences: readonly ItemDifference[] = []
    const act = promotionAct(request, (found) => (differences = found))
    const committed = await this.#core.commit(act, options)
    return committed.ok ? ok({ ...committed.value, differences }) : committed
  }

  async differences(request: DifferenceRequest): Promise<Result<readonly ItemDifference[]>> {
    return this.#core.read((project) => listDifferences(this.#core.store, project, request))
  }

  async items(kind: ItemKind, revision?: number): Promise<Result<readonly StoredItem[]>> {
    return this.#core.readItems(revision, (items) => ok(listItems(items, kind)))
  }

  async refs(kind: ItemKind, revision?: number): Promise<Result<readonly StoredRef[]>> {
    return this.#core.readItems(revision, (items) => ok(listRefs(items, kind)))
  }

  async contents(
    refs: readonly ItemRef[],
    revision?: number,
  ): Promise<Result<readonly StoredItem[]>> {
    return this.#core.readItems(revision, (items) => ok(itemsOf(items, refs)))
  }

  async item(ref: ItemRef, revision?: number): Promise<Result<StoredItem>> {
    return this.#core.readItems(revision, (items) => oneItem(items, ref))
  }

  async versions(ref: ItemRef, page: PageRequest): Promise<Result<Page<ItemVersion>>> {
    return this.#core.read(() => listVersions(this.#core.sql, ref, page))
  }

  async resolved(
    config: string,
    environment: string,
    revision?: number,
  ): Promise<Result<ResolvedConfig>> {
    return this.#core.readItems(revision, (items, project) =>
      resolvedConfig(items, config, environment, revision ?? project.revision),
    )
  }

  async validateConfig(
    config: string,
    request: ValidateRequest,
  ): Promise<Result<Validation & { revision: number }>> {
    return this.#core.readItems(undefined, (items, { revision }) => {
      const found = validateConfig(items, config, request)
      return found.ok ? ok({ revision, ...found.value }) : found
    })
  }

  async inferSchema(config: string): Promise<Result<{ revision: number; schema: JsonValue }>> {
    return this.#core.readItems(undefined, (items, { revision }) => {
      const schema = inferConfigSchema(itemsOver(items), config)
      return schema.ok ? ok({ revision, schema: schema.value }) : schema
    })
  }

  async revisions(page: PageRequest): Promise<Result<Page<RevisionEntry>>> {
    return this.#core.read(() => listRevisions(this.#core.sql, page))
  }

  async revision(revision: number): Promise<Result<RevisionEntry>> {
    return this.#core.read(() => oneRevision(this.#core.sql, revision))
  }

  async resign(): Promise<void> {
    this.#core.resign()
  }

  // The audit outlives the project: that it was deleted is in it.
  async audit(request: AuditRequest): Promise<Result<Page<AuditEntry>>> {
    if (!this.#core.open()) return noProject(this.#core.name)
    return readAudit(this.#core.sql, request, revisionsOf(request.item))
  }

  async auditBounds(): Promise<Result<AuditBounds>> {
    if (!this.#core.open()) return noProject(this.#core.name)
    return ok(await this.#core.checkpoints.bounds())
  }

  async auditRows(seq: number, limit: number): Promise<Result<AuditStretch>> {
    if (!this.#core.open()) return noProject(this.#core.name)
    return ok(this.#core.checkpoints.stretch(seq, limit))
  }

  async recordDenial(denial: Denial, caller: Caller): Promise<boolean> {
    const written = this.#core.recordDenial(denial, caller)
    return written.ok
  }

  async writeSecrets(request: SecretsRequest, options: WriteOptions): Promise<Result<Committed>> {
    await this.#core.beforeCommit()
    const write = () => writeSecrets(this.#core.secretPorts, request, options)
    return this.#core.published(await asRefusal(write))
  }

  async shares(): Promise<Result<readonly SecretShare[]>> {
    return this.#core.read(() => ok(this.#core.shares.list()))
  }

  async share(request: ShareRequest, caller: Caller): Promise<Result<SecretShare>> {
    return this.#core.published(this.#core.read(() => this.#core.shares.create(request, caller)))
  }

  async endShare(id: string, reason: string, caller: Caller): Promise<Result<{ id: string }>> {
    return this.#core.published(this.#core.read(() => this.#core.shares.end(id, reason, caller)))
  }

  async receiveSecret(sent: SentSecret): Promise<Result<Committed | null>> {
    const receive = () => receiveSecret(this.#core.secretPorts, sent)
    return this.#core.published(await asRefusal(receive))
  }

  async recipients(environment: string): Promise<Result<readonly RecipientInfo[]>> {
    return this.#core.readItems(undefined, (items) =>
      itemsOver(items).environment(environment) === undefined
        ? fail({ reason: 'not_found', noun: 'environment', name: environment })
        : ok(describedRecipients(this.#core.sql, environment)),
    )
  }

  async nextSecretVersion(environment: string, name: string): Promise<Result<number>> {
    return this.#core.read(() => ok(latestVersion(this.#core.sql, environment, name) + 1))
  }

  async revealSecret(request: RevealRequest, caller: Caller): Promise<Result<RevealedSecret>> {
    return asRefusal(() => revealSecret(this.#core.secretPorts, request, caller))
  }

  async keyRotation(): Promise<Result<KeyRotation>> {
    return this.#core.read(() => ok(this.#core.keys.status()))
  }

  async rotateProjectKey(reason: string, caller: Caller): Promise<Result<KeyRotation>> {
    const issues = new Issues()
    checkReason(reason, issues)
    if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
    const project = this.#core.project()
    if (!project.ok) return project
    return asRefusal(async () => {
      await this.#core.keys.add(project.value.name, { ...by(caller), reason })
      return this.keyRotation()
    })
  }

  async createKey(
    request: KeyRequest,
    caller: Caller,
  ): Promise<Result<SdkKeyInfo & { key: string }>> {
    const secret = randomSecret()
    const recipient = await this.#recipient(request, secret)
    const result = this.#core.readItems(undefined, (items, project) => {
      const random = { id: crypto.randomUUID(), secret, ...(recipient && { recipient }) }
      return createKey(this.#core.ports, project, itemsOver(items), request, random, caller)
    })
    // Waited for, so that the key works everywhere at once when all is well.
    if (result.ok) await this.#core.publisher.tellKey(result.value.id)
    return this.#core.published(result)
  }

  async keys(): Promise<Result<readonly SdkKeyInfo[]>> {
    return this.#core.read(() => ok(listKeys(this.#core.sql)))
  }

  async revokeKey(id: string, reason: string, caller: Caller): Promise<Result<{ sha256: string }>> {
    const result = this.#core.read(() => revokeKey(this.#core.ports, id, reason, caller))
    if (result.ok) await this.#core.publisher.tellKey(id)
    return this.#core.published(result)
  }

  async findKey(sha256: string): Promise<KeyScope | null> {
    const found = this.#core.read((project) => {
      const key = findLiveKey(this.#core.sql, sha256)
      return ok(key === undefined ? null : { ...key, project: project.name })
    })
    return found.ok ? found.value : null
  }

  async recordSamples(
    environment: string,
    audience: Audience,
    samples: readonly ContextSample[],
  ): Promise<void> {
    this.#core.readItems(undefined, (items) =>
      inTransaction(
        this.ctx.storage,
        () => {
          const report = { environment, audience, samples }
          storeSamples(this.#core.sql, itemsOver(items), report, this.nowMs())
        },
        () => undefined,
      ),
    )
  }

  async recordEvaluations(
    environment: string,
    audience: Audience,
    counts: EvaluationCounts,
  ): Promise<void> {
    this.#core.readItems(undefined, (items) =>
      // When the disk is full the counts are lost, which is what they are worth.
      inTransaction(
        this.ctx.storage,
        () => {
          const report = { environment, audience, counts }
          recordUsage(this.#core.sql, itemsOver(items), report, this.nowMs())
        },
        () => undefined,
      ),
    )
  }

  async usage(flagKey?: string): Promise<Result<ProjectUsage>> {
    return this.#core.read(() => ok(readUsage(this.#core.sql, flagKey)))
  }

  async deployments(
    environment: string | undefined,
    page: PageRequest,
  ): Promise<Result<Page<Deployment>>> {
    return this.#core.read(() => this.#core.deployments.list(environment, page))
  }

  async deployment(id: string): Promise<Result<Deployment>> {
    return this.#core.read(() => this.#core.deployments.one(id))
  }

  async deploy(request: DeploymentRequest, options: DirectOptions): Promise<Result<Deployment>> {
    return this.#core.deploy(request, options)
  }

  async actOnDeployment(
    id: string,
    act: DeploymentAct,
    reason: string,
    options: DirectOptions,
  ): Promise<Result<Deployment>> {
    const result = this.#core.read(() => this.#core.deployments.act(id, act, reason, options))
    return this.#core.published(result)
  }

  async judgeDeployment(environment: string): Promise<boolean> {
    if (!this.#core.project().ok) return false
    const { isChanged, isMeasuring } = await this.#core.deployments.judge(environment)
    if (isChanged) this.#core.drain()
    return isMeasuring
  }

  async head(environment: string, audience: Audience): Promise<Head | null> {
    return this.#core.head({ environment, audience })
  }

  async body(environment: string, audience: Audience, sha256: string): Promise<ArrayBuffer | null> {
    return this.#core.body({ environment, audience }, sha256)
  }

  override async alarm(): Promise<void> {
    await this.#core.alarm()
  }

  /** Whom secrets are sealed for, if a key of this request will read any. */
  async #recipient(
    { audience, environment }: KeyRequest,
    secret: string,
  ): Promise<Recipient | undefined> {
    if (audience !== 'server' || !isEnvironmentName(environment)) return undefined
    const project = this.#core.project()
    if (!project.ok) return undefined
    return recipientOf(formatKey(audience, project.value.name, environment, secret))
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
    condition: `revision IN (SELECT revision FROM item_version WHERE kind = ? AND key = ?${layer === undefined ? '' : ' AND layer = ?'})`,
    bindings,
  }
}
