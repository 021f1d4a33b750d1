/** Deployments as the object sees them: lists, what people do to them, the clock and the fleet. Decided in deployments.ts. */
import { fail, ok } from '../../domain/errors.ts'
import { fleetReport } from '../../domain/gate.ts'
import { cutPage, readPageRequest } from '../../domain/paging.ts'
import { checkReason } from '../../domain/change-set.ts'
import { Issues } from '../../domain/issues.ts'
import { inTransaction } from './transaction.ts'
import {
  dueDeployments,
  listDeployments,
  readDeployment,
  readRelease,
  type StoredDeployment,
} from './deployment-rows.ts'
import {
  actOnDeployment,
  activeDeployment,
  requestDeployment,
  tickDeployments,
} from './deployments.ts'
import { AUDIENCES } from './outbox.ts'
import type { Audience } from '#core'
import type { Deployment } from '../../domain/deployment.ts'
import type { Result } from '../../domain/errors.ts'
import type { FleetReport } from '../../domain/gate.ts'
import { mergeMeasures } from '../../domain/metrics.ts'
import type { HubRpc } from '../hub/interface.ts'
import type { CommitPorts } from './commit.ts'
import type { Failpoint } from './failpoint.ts'
import type {
  DeploymentAct,
  DeploymentRequest,
  DirectOptions,
  Page,
  PageRequest,
} from './interface.ts'
import type { ProjectRow } from './project-row.ts'

/** A hub that takes longer cannot say how its instances are. */
const FLEET_MS = 5_000

export interface DeploymentPorts extends CommitPorts {
  readonly failpoint: Failpoint
  readonly hub: (environment: string, audience: Audience) => Pick<HubRpc, 'fleet' | 'measures'>
}

interface Judgement {
  readonly isChanged: boolean
  readonly isMeasuring: boolean
}

export class Deployments {
  readonly #ports: DeploymentPorts
  readonly #sql: SqlStorage
  readonly #judging = new Map<
    string,
    { readonly now: Promise<Judgement>; next?: Promise<Judgement> }
  >()

  constructor(ports: DeploymentPorts) {
    this.#ports = ports
    this.#sql = ports.storage.sql
  }

  list(environment: string | undefined, request: PageRequest): Result<Page<Deployment>> {
    const query = readPageRequest('deployments', request)
    if (!query.ok) return query
    const { before, limit } = query.value
    const rows = listDeployments(this.#sql, environment, before, limit + 1)
    const list = rows.map(({ deployment }) => deployment)
    return ok(cutPage('deployments', query.value, list, ({ id }) => Number(id)))
  }

  one(id: string): Result<Deployment> {
    const stored = readDeployment(this.#sql, numberOf(id))
    if (stored !== undefined) return ok(stored.deployment)
    return fail({ reason: 'not_found', noun: 'deployment', name: id })
  }

  request(
    project: ProjectRow,
    request: DeploymentRequest,
    { caller, dryRun }: DirectOptions,
  ): Result<Deployment> {
    return this.#write(request.reason, dryRun, () =>
      requestDeployment(this.#ports, project, request, caller),
    )
  }

  act(
    id: string,
    act: DeploymentAct,
    reason: string,
    { caller, dryRun }: DirectOptions,
  ): Result<Deployment> {
    return this.#write(reason, dryRun, () => {
      const event = { type: act, nowMs: this.#ports.nowMs(), by: caller.name, why: reason }
      return actOnDeployment(this.#ports, numberOf(id), event, caller)
    })
  }

  /** Takes the steps that are due. */
  async tick(): Promise<void> {
    const due = dueDeployments(this.#sql, this.#ports.nowMs())
    if (due.length === 0) return
    const fleets = await this.#fleets(due)
    await this.#ports.failpoint('before-step')
    this.#ports.storage.transactionSync(() => tickDeployments(this.#ports, fleets))
    await this.#ports.failpoint('after-step')
  }

  /** Looks at the fleet of the active deployment: whether that changed anything, and whether its gate goes by metrics. */
  judge(environment: string): Promise<Judgement> {
    const running = this.#judging.get(environment)
    if (running === undefined) {
      const now = this.#judge(environment).finally(() => this.#judging.delete(environment))
      this.#judging.set(environment, { now })
      return now
    }
    // Who asks while hubs are answering shares one more look with all who do, however many hubs there are.
    running.next ??= running.now.catch(() => {}).then(() => this.judge(environment))
    return running.next
  }

  async #judge(environment: string): Promise<Judgement> {
    const active = activeDeployment(this.#sql, readRelease(this.#sql, environment))
    if (active === undefined) return { isChanged: false, isMeasuring: false }
    const { deployment } = active
    const isMeasuring = metricsOf(deployment).length > 0
    const fleet = (await this.#fleets([active])).get(deployment.id)
    if (fleet === undefined || fleet === null) return { isChanged: false, isMeasuring }
    return this.#ports.storage.transactionSync(() => {
      const event = { type: 'report', nowMs: this.#ports.nowMs(), fleet } as const
      const after = actOnDeployment(this.#ports, Number(deployment.id), event)
      return { isChanged: after.ok && after.value.status !== deployment.status, isMeasuring }
    })
  }

  async #fleets(
    deployments: readonly StoredDeployment[],
  ): Promise<ReadonlyMap<string, FleetReport | null>> {
    const ask = async ({ deployment }: StoredDeployment): Promise<[string, FleetReport | null]> => {
      try {
        return [deployment.id, await this.#fleet(deployment)]
      } catch {
        return [deployment.id, null]
      }
    }
    return new Map(await Promise.all(deployments.map(ask)))
  }

  async #fleet(deployment: Deployment): Promise<FleetReport> {
    const { id, environment } = deployment
    const metrics = metricsOf(deployment)
    const hubs = AUDIENCES.map((audience) => this.#ports.hub(environment, audience))
    const [summaries, measures] = await Promise.all([
      Promise.all(hubs.map((hub) => inTime(hub.fleet()))),
      metrics.length > 0
        ? Promise.all(hubs.map((hub) => inTime(hub.measures(id, metrics))))
        : undefined,
    ])
    const report = fleetReport(summaries, deployment)
    return measures === undefined ? report : { ...report, measures: mergeMeasures(measures) }
  }

  /** All of it or nothing. A dry run does it all, so that its answer is the same, and takes it back. */
  #write<T>(reason: string, dryRun: boolean | undefined, work: () => Result<T>): Result<T> {
    const issues = new Issues()
    checkReason(reason, issues)
    if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
    const { storage } = this.#ports
    const tried: { result?: Result<T> } = {}
    try {
      const done = inTransaction(
        storage,
        () => {
          tried.result = work()
          if (dryRun === true) throw TAKEN_BACK
          return tried.result
        },
        (result) => result,
      )
      return done.ok ? done.value : done
    } catch (error) {
      if (error !== TAKEN_BACK || tried.result === undefined) throw error
      return tried.result
    }
  }
}

/** Names of the metrics that its gate goes by. */
function metricsOf({ gate }: Deployment): readonly string[] {
  return [...new Set((gate?.metrics ?? []).map(({ metric }) => metric))]
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const given = new AbortController()
  const late = scheduler
    .wait(FLEET_MS, { signal: given.signal })
    .then(() => Promise.reject(new Error('no answer')))
  try {
    return await Promise.race([answer, late])
  } finally {
    // A timer that goes on would keep the object from sleeping.
    given.abort()
  }
}

const TAKEN_BACK = new Error('a dry run')

/** Of the id in a path; 0, which nobody has, when it is none. */
function numberOf(id: string): number {
  return /^[1-9][0-9]{0,14}$/.test(id) ? Number(id) : 0
}
