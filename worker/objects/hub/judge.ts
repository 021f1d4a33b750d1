/**
 * What instances say under a deployment is the project's business: a failure at once, not only when the next step is due, and
 * metrics now and then.
 */
import type { AudienceName, StatusReport } from '#core'
import { projectStub } from '../stubs.ts'

/** Between two looks at a fleet that only measures; the one timer of a hub, while content is being released. */
const GAP_MS = 1_000

export class Judge {
  readonly #env: Env
  readonly #state: DurableObjectState
  #isAsking = false
  #askAgain = false
  /** Ends the pause between two questions. */
  #calm: AbortController | undefined
  /** A deployment whose gate does not ask for metrics. */
  #unmeasured: string | undefined

  constructor(state: DurableObjectState, env: Env) {
    this.#state = state
    this.#env = env
  }

  /** `name`: of the audience; undefined has nobody to ask. */
  heed({ state, deployment, group, metrics }: StatusReport, name: AudienceName | undefined): void {
    if (name === undefined || deployment === undefined) return
    const isFailure = state === 'failed' || state === 'quarantined'
    const isMeasured =
      metrics !== undefined && group === 'candidate' && deployment !== this.#unmeasured
    if (!isFailure && !isMeasured) return
    if (isFailure) this.#calm?.abort()
    // One question at a time: the next has the answers to all that came meanwhile.
    if (this.#isAsking) {
      this.#askAgain = true
      return
    }
    this.#isAsking = true
    this.#state.waitUntil(this.#ask(name, deployment))
  }

  async #ask({ project, environment }: AudienceName, deployment: string): Promise<void> {
    try {
      do {
        this.#askAgain = false
        const isMeasuring = await projectStub(this.#env, project).judgeDeployment(environment)
        if (!isMeasuring) this.#unmeasured = deployment
        if (this.#askAgain) await this.#wait()
      } while (this.#askAgain)
    } catch {
      // The project looks by itself before its next step.
    } finally {
      this.#isAsking = false
    }
  }

  /** Metrics come all the time, and counting a large fleet is work: not more often than this, unless something failed. */
  async #wait(): Promise<void> {
    this.#calm = new AbortController()
    await scheduler.wait(GAP_MS, { signal: this.#calm.signal }).catch(() => {})
    this.#calm = undefined
  }
}
