/**
 * What every act of a project stands on: its parts put together, its tables opened and brought up to date, what was
 * committed drained to readers, its alarms kept. What can be asked of a project is in project-object.ts.
 */
import { parseMasterKeys } from '../../crypto/master-key.ts'
import { randomBytes, randomText } from '../../crypto/random.ts'
import { Denials, withLeftOut } from '../../domain/denials.ts'
import { ok } from '../../domain/errors.ts'
import { describeVetoes } from '../../domain/validation.ts'
import { appendAudit, by } from '../audit-chain.ts'
import { Checkpoints } from '../checkpoints.ts'
import { migrate } from '../migrate.ts'
import { reportFault } from '../report.ts'
import { hubStub, projectStub } from '../stubs.ts'
import { getBlob } from './blobs.ts'
import { dropExpiredSamples } from './context-samples.ts'
import { Deployments } from './deployment-acts.ts'
import { createFailpoint } from './failpoint.ts'
import { itemsAt } from './history.ts'
import { lazySigner } from './lazy-signer.ts'
import { PROJECT_MIGRATIONS } from './migrations.ts'
import { forgetSigning, readHead, servedHead } from './outbox.ts'
import { hasTables, liveProject, readProject } from './project-row.ts'
import { Publisher } from './publish.ts'
import { ProjectKeys } from './project-keys.ts'
import { isPruneDue, pruneHistory } from './retention.ts'
import { Shares } from './shares.ts'
import { ItemStore } from './store.ts'
import { commitValidated, type ValidatedPorts, validateDeployment } from './validated.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { Result } from '../../domain/errors.ts'
import type { CommitPorts } from './commit.ts'
import type { Failpoint } from './failpoint.ts'
import type { HookPorts } from './hooks.ts'
import type {
  Caller,
  Committed,
  Denial,
  DeploymentRequest,
  DirectOptions,
  Head,
  WriteOptions,
} from './interface.ts'
import type { ForgettingSigner } from './lazy-signer.ts'
import type { Target } from './outbox.ts'
import type { ProjectRow } from './project-row.ts'
import type { RevisionAct } from './revision-acts.ts'
import type { SecretPorts } from './secrets.ts'
import type { StoredItems } from './store.ts'

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** How late an outbox row may be before any request, not only the alarm, starts the drain again. */
const OVERDUE_MS = 60_000

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}

const randomId = (): string => crypto.randomUUID()

/** What a test puts something else in the place of. */
export type Outside = Pick<HookPorts, 'nowMs' | 'fetch' | 'wait'>

export class ProjectCore {
  readonly sql: SqlStorage
  readonly store: ItemStore
  readonly publisher: Publisher
  readonly deployments: Deployments
  readonly checkpoints: Checkpoints
  readonly keys: ProjectKeys
  readonly shares: Shares
  readonly ports: CommitPorts
  readonly nowMs: () => number
  readonly #state: DurableObjectState
  readonly #signer: ForgettingSigner
  readonly #failpoint: Failpoint
  /** Whether the tables are there and up to date; asked of the storage until they are. */
  #ready = false
  #alarmCheckedAtMs = 0

  readonly #denials = new Denials()
  readonly #hooks: HookPorts

  constructor(state: DurableObjectState, env: Env, outside: Outside) {
    const { storage } = state
    const { nowMs } = outside
    const { sql } = storage
    const arm = (): void => this.publisher.arm()
    const failpoint = createFailpoint(env.FAILPOINT)
    const signer = lazySigner(env, nowMs)
    this.#state = state
    this.#signer = signer
    this.#failpoint = failpoint
    this.nowMs = nowMs
    this.sql = sql
    this.store = new ItemStore(sql)
    this.keys = new ProjectKeys({
      storage,
      masterKeys: () => parseMasterKeys(env.MASTER_KEY),
      randomBytes,
      newId: () => `pk_${randomText(12, LETTERS)}`,
      nowMs,
      arm,
    })
    this.checkpoints = new Checkpoints({
      sql,
      sign: (claims) => signer.signCheckpoint(claims),
      issuer: env.ISSUER,
      audience: () => `audit/${this.name}`,
      nowMs,
      report: (error) => reportFault('audit not signed', error),
    })
    this.shares = new Shares(sql, () => ({
      ...this.secretPorts,
      other: (name) => projectStub(env, name),
      report: (error) => reportFault('secret not shared', error),
    }))
    this.publisher = new Publisher({
      storage,
      store: this.store,
      keys: this.keys,
      signer,
      otherDueMs: () =>
        isPruneDue(sql) ? nowMs() : earliest(this.checkpoints.dueMs(), this.shares.dueMs()),
      issuer: env.ISSUER,
      nowMs,
      failpoint,
      kv: () => env.SNAPSHOTS,
      hub: (name) => hubStub(env, name),
      report: (error) => reportFault('publish failed', error),
    })
    const localHooks = env.LOCAL_HOOKS === 'allowed'
    this.#hooks = {
      ...outside,
      sign: (claims) => signer.signValidation(claims),
      issuer: env.ISSUER,
      randomId,
      localHooks,
    }
    const { store } = this
    this.ports = { storage, store, nowMs, arm, randomSeed: randomId, localHooks }
    this.deployments = new Deployments({
      ...this.ports,
      failpoint,
      hub: (environment, audience) => hubStub(env, { project: this.name, environment, audience }),
    })
  }

  get name(): string {
    return this.#state.id.name ?? 'of this id'
  }

  get secretPorts(): SecretPorts {
    return {
      ...this.ports,
      keys: this.keys,
      randomBytes,
      randomText,
      project: () => this.project(),
    }
  }

  /** Whether there is anything stored; brings old tables up to date, and the alarm back should it have got lost. */
  open(): boolean {
    if (!this.#ready) {
      if (!hasTables(this.sql)) return false
      migrate(this.#state.storage, PROJECT_MIGRATIONS)
      this.#ready = true
    }
    this.#watch()
    return true
  }

  /** The project, if it is there and not deleted. */
  project(): Result<ProjectRow> {
    return liveProject(this.open() ? readProject(this.sql) : undefined, this.name)
  }

  read<T>(work: (project: ProjectRow) => Result<T>): Result<T> {
    const project = this.project()
    return project.ok ? work(project.value) : project
  }

  /** `revision` undefined: the newest. */
  readItems<T>(
    revision: number | undefined,
    work: (items: StoredItems, project: ProjectRow) => Result<T>,
  ): Result<T> {
    return this.read((project) => {
      const items = itemsAt(this.store, project, revision)
      return items.ok ? work(items.value, project) : items
    })
  }

  async commit({ note, plan }: RevisionAct, options: WriteOptions): Promise<Result<Committed>> {
    await this.beforeCommit()
    const ports = this.#validatedPorts(note.action, options.caller)
    return this.published(await commitValidated(ports, note, plan, options))
  }

  async deploy(request: DeploymentRequest, options: DirectOptions): Promise<Result<Deployment>> {
    const project = this.project()
    if (!project.ok) return project
    // What the hooks are asked about is what is released.
    const pinned = { ...request, revision: request.revision ?? project.value.revision }
    const ports = this.#validatedPorts('deployment.create', options.caller)
    const allowed = await validateDeployment(ports, project.value, pinned, options)
    if (!allowed.ok) return allowed
    return this.published(this.read((now) => this.deployments.request(now, pinned, options)))
  }

  /** Writes an attempt that was refused into the audit; many alike within a minute make one row. */
  recordDenial({ reason, ...denial }: Denial, caller: Caller): Result<true> {
    return this.read(() => {
      const atMs = this.nowMs()
      const admitted = this.#denials.admit(`${caller.tokenId} ${denial.action}`, atMs)
      if (admitted !== null) {
        const act = { ...denial, atMs, ...by(caller), outcome: 'denied' } as const
        appendAudit(this.sql, { ...act, reason: withLeftOut(reason, admitted.leftOut) })
      }
      return ok(true)
    })
  }

  #validatedPorts(action: string, caller: Caller): ValidatedPorts {
    return {
      ...this.ports,
      hooks: this.#hooks,
      project: () => this.project(),
      vetoed: ({ vetoes }) => {
        const target = `project/${this.name}`
        this.recordDenial({ action, target, reason: describeVetoes(vetoes) }, caller)
      },
    }
  }

  beforeCommit(): Promise<void> {
    return this.#failpoint('before-commit')
  }

  /** Starts the drain of what was committed, and does not wait for it. */
  async published<T extends Result<unknown>>(result: T): Promise<T> {
    if (!result.ok || !this.open()) return result
    await this.#failpoint('after-commit')
    this.drain()
    return result
  }

  drain(): void {
    // What fails inside is in the outbox and has its alarm.
    this.#state.waitUntil(this.#drainAll().catch(() => undefined))
    this.#state.waitUntil(this.checkpoints.signDue())
    this.#state.waitUntil(this.shares.push())
  }

  /** Signs every head again, after a signing key was revoked. */
  resign(): void {
    if (!this.open()) return
    this.#signer.forget()
    forgetSigning(this.sql)
    this.publisher.arm()
    this.drain()
  }

  async head(target: Target): Promise<Head | null> {
    if (!this.project().ok) return null
    await this.#ensureHead(target)
    return servedHead(readHead(this.sql, target))
  }

  async body(target: Target, sha256: string): Promise<ArrayBuffer | null> {
    if (!this.project().ok) return null
    // What the head names now first: building would replace it under a reader who was just told of it.
    const bytes = this.#bytesOf(target, sha256)
    if (bytes !== null) return bytes
    await this.#ensureHead(target)
    return this.#bytesOf(target, sha256)
  }

  async alarm(): Promise<void> {
    if (!this.open()) return
    await this.#keepAudit()
    if (isPruneDue(this.sql)) pruneHistory(this.#state.storage)
    await this.shares.push()
    try {
      await this.#drainAll()
      const project = this.project()
      if (project.ok) {
        dropExpiredSamples(this.sql, this.nowMs())
        await this.keys.rewrap(project.value.name)
      }
    } catch (error) {
      reportFault('publish failed', error)
      // A throw would make the runtime try a few times and then drop the alarm for good.
      void this.#state.storage.setAlarm(this.nowMs() + OVERDUE_MS)
    }
  }

  /** Steps that are due come first: they ask for heads. */
  async #drainAll(): Promise<void> {
    if (this.project().ok) await this.deployments.tick()
    await this.publisher.drain()
  }

  async #keepAudit(): Promise<void> {
    await this.checkpoints.signDue()
    const days = readProject(this.sql)?.auditRetentionDays ?? null
    if (days !== null) this.checkpoints.prune(days)
  }

  async #ensureHead(target: Target): Promise<void> {
    try {
      await this.publisher.ensureHead(target)
    } catch {
      // Not signed now: what was signed before is still good, and the alarm tries again.
    }
    if (this.publisher.isOverdue()) this.drain()
  }

  #bytesOf(target: Target, sha256: string): ArrayBuffer | null {
    const head = readHead(this.sql, target)
    if (head === undefined || head.manifest === null) return null
    if (head.sha256 !== sha256 && !head.externals.includes(sha256)) return null
    return getBlob(this.sql, sha256)?.buffer ?? null
  }

  /** Alarms have been seen to get lost. Once a minute is often enough to look. */
  #watch(): void {
    const nowMs = this.nowMs()
    if (Math.abs(nowMs - this.#alarmCheckedAtMs) < OVERDUE_MS) return
    this.#alarmCheckedAtMs = nowMs
    if (this.publisher.isOverdue(OVERDUE_MS)) this.drain()
    this.#state.waitUntil(this.#restoreAlarm())
  }

  async #restoreAlarm(): Promise<void> {
    if ((await this.#state.storage.getAlarm()) === null) this.publisher.arm()
  }
}
