/** The client as applications see it: answers from the snapshot in use, calls back when it changes. Nothing here waits. */
import type { EvaluationContext, EvaluationDetails, FlagValues } from '../core/evaluation.ts'
import type { FlagType } from '../core/snapshot.ts'
import { addCount, type Counts } from './counts.ts'
import { asError, DriftlessError } from './errors.ts'
import type { Client, ClientEvents, Secret } from './interface.ts'
import { READY_MS } from './limits.ts'
import type { Sampler } from './sampling.ts'
import { callSafely, createWatchers, type Callback } from './listeners.ts'
import { check, checkOptions, type ClientOptions } from './options.ts'
import type { ConfigSchemas, NoSchemas } from './standard-schema.ts'
import { startSync } from './sync.ts'
import { within } from './timer.ts'
import { splitPath, valueAt } from './values.ts'

const FLAG = 'flag:'
const ignore = (): void => {}

/**
 * Starts a client: it connects, keeps itself up to date and answers from memory for as long as the process lives.
 *
 * @throws TypeError when an option is wrong, naming it and what would be right
 * @example
 * const client = createClient({ url: 'https://config.example.com', key: process.env.DRIFTLESS_KEY })
 * await client.ready()
 * const isNew = client.getBooleanValue('new-checkout', false, { targetingKey: user.id })
 */
export function createClient<const Schemas extends ConfigSchemas = NoSchemas>(
  options: ClientOptions & { readonly schemas?: Schemas },
): Client<Schemas> {
  const { urls, audience } = checkOptions(options)
  const { context: ownContext, now = Date.now, random = Math.random } = options
  const { log, onError = ignore, events } = options

  const listeners: { readonly [Name in keyof ClientEvents]: Set<Callback<[ClientEvents[Name]]>> } =
    {
      ready: new Set(),
      changed: new Set(),
      stale: new Set(),
      error: new Set([onError]),
      rejected: new Set(),
    }
  let lastProblem: ClientEvents['error' | 'rejected'] | undefined
  const emit = <Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void => {
    if (sync.machine.status === 'closed') return
    const told: ClientEvents[keyof ClientEvents] = event
    const isProblem = 'code' in told
    if (isProblem) lastProblem = told
    const fields = isProblem ? { code: told.code, message: told.message } : told
    if (log) callSafely(() => log(isProblem ? 'warn' : 'info', name, { ...fields }))
    // What listens to errors cannot report its own: it would be told of it for ever.
    const failed = name === 'error' ? ignore : callbackFailed
    for (const callback of Array.from(listeners[name])) callSafely(() => callback(event), failed)
  }
  const callbackFailed = (caught: unknown): void => emit('error', asError(caught, 'callback'))
  const on: Client['on'] = (event, callback) => {
    check({ event, callback }, { event: EVENT, callback: 'function' })
    // A wrapper, so that a function given twice is two listeners.
    const listener: typeof callback = (value) => callback(value)
    listeners[event].add(listener)
    return () => void listeners[event].delete(listener)
  }

  const watchers = createWatchers(callbackFailed)
  on('changed', () => watchers.check())
  let giveUp: (error: Error) => void = ignore
  const started = new Promise<unknown>((resolve, reject) => {
    on('changed', resolve)
    giveUp = reject
  })
  started.catch(ignore)
  const { instanceId = random().toString(36).slice(2), reportStatus } = options
  const user = ownContext?.['targetingKey']
  // A user stays with what he got; who he is stays here.
  const unit = options.instanceId ?? (typeof user === 'string' ? user : instanceId)
  const sync = startSync(options, unit, urls, audience, emit)

  // What is said of the process is said once it runs: its start need not carry it.
  const saying =
    reportStatus !== false &&
    import('./status-reporter.ts')
      .then(({ startStatus }) => startStatus(sync, on, { ...options, instanceId }))
      .catch(ignore)

  const counts: Counts | undefined = events ? new Map() : undefined
  // Most applications do not ask for it, and need not carry it.
  const reporting =
    counts &&
    import('./evaluation-counts.ts')
      .then(({ startReporting }) =>
        startReporting(counts, options, sync, (error) => emit('error', error)),
      )
      .catch((caught: unknown) => emit('error', asError(caught, 'network')))

  let sampler: Sampler | undefined
  const sampling =
    options.sampling &&
    import('./sampling.ts')
      .then(({ startSampling }) => (sampler = startSampling(options, sync)))
      .catch(ignore)

  const merged = (context: EvaluationContext | undefined): EvaluationContext | undefined =>
    ownContext && context ? { ...ownContext, ...context } : (context ?? ownContext)
  const getValue =
    <K extends FlagType>(type: K) =>
    (flagKey: string, fallback: FlagValues[K], context?: EvaluationContext): FlagValues[K] => {
      const { evaluator } = sync
      // Only details tell the variant.
      return evaluator && !counts && !sampler
        ? evaluator.value(flagKey, type, fallback, merged(context), now)
        : getDetails(type)(flagKey, fallback, context).value
    }
  const getDetails =
    <K extends FlagType>(type: K) =>
    (
      flagKey: string,
      fallback: FlagValues[K],
      context?: EvaluationContext,
    ): EvaluationDetails<FlagValues[K]> => {
      const details = sync.evaluator?.details(flagKey, type, fallback, merged(context), now) ?? {
        flagKey,
        value: fallback,
        reason: 'ERROR',
        // Closed before there was anything to answer from: nothing ever will be.
        errorCode: sync.machine.status === 'closed' ? 'PROVIDER_FATAL' : 'PROVIDER_NOT_READY',
        flagMetadata: {},
      }
      if (counts && !details.errorCode) addCount(counts, flagKey, details.variant)
      sampler?.sample(flagKey, merged(context))
      return details
    }

  const readWatched = (path: string): unknown => {
    if (path.startsWith(FLAG)) {
      const flagKey = path.slice(FLAG.length)
      const details = sync.evaluator?.details(flagKey, undefined, null, ownContext, now)
      return details?.variant === undefined ? undefined : details.value
    }
    const found = splitPath(path, (name) => sync.externals.has(name))
    if (!found) return undefined
    sync.want(found.name)
    return valueAt(sync.externals.get(found.name), found.members)
  }

  const ready: Client['ready'] = async ({ timeoutMs = READY_MS } = {}) => {
    // A timer that holds the process: somebody is waiting for it.
    await within(
      timeoutMs,
      started,
      () => {
        const why = lastProblem?.message ?? 'no answer'
        return new DriftlessError(
          'timeout',
          `no snapshot within ${timeoutMs} ms: ${why}`,
          lastProblem,
        )
      },
      true,
    )
  }

  const getSecret = async (name: string): Promise<Secret> => {
    await ready()
    return (await sync.secrets()).get(name)
  }

  return {
    ready,
    on,
    track(name, value) {
      if (saying) void saying.then((reporter) => reporter?.track(name, value))
    },
    getSecret,
    onRotate(name, callback) {
      check({ name, callback }, { name: 'string', callback: 'function' })
      // Another version of it, or of what its value refers to.
      const readVersion = (): string | undefined => {
        const sealed = sync.snapshot?.body.secrets ?? {}
        if (!Object.hasOwn(sealed, name)) return undefined
        const names = new Set([name])
        for (const one of names) for (const other of sealed[one]?.references ?? []) names.add(other)
        return Array.from(names, (one) => `${one} ${sealed[one]?.version}`).join()
      }
      let seen = readVersion()
      return watchers.add(readVersion, async () => {
        const before = seen
        seen = readVersion() ?? before
        if (before !== undefined && seen !== before) await callback(await getSecret(name))
      })
    },
    getBooleanValue: getValue('boolean'),
    getStringValue: getValue('string'),
    getNumberValue: getValue('number'),
    getObjectValue: getValue('object'),
    getBooleanDetails: getDetails('boolean'),
    getStringDetails: getDetails('string'),
    getNumberDetails: getDetails('number'),
    getObjectDetails: getDetails('object'),
    // The caller says what the document is; whether it fits its schema was checked when it was published.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters
    getConfig: <T>(name: string) => sync.externals.get(name) as T | undefined,
    async loadConfig<T>(name: string) {
      await ready()
      const { externals } = sync
      await externals.load(name)
      const document = externals.get(name)
      if (document === undefined)
        throw externals.error(name) ?? new DriftlessError('not_found', `no config ${name}`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in getConfig
      return document as T
    },
    watch(path, callback) {
      check({ path, callback }, { path: 'string', callback: 'function' })
      return watchers.add(() => readWatched(path), callback)
    },
    get status() {
      return sync.machine.status
    },
    get source() {
      return sync.machine.source
    },
    get revision() {
      return sync.snapshot?.body.revision
    },
    get override() {
      return sync.overrides?.inUse
    },
    async flush() {
      await sync.settled()
      await (await reporting)?.flush()
      if (sampling) await (await sampling)?.flush()
    },
    async close() {
      sync.close()
      giveUp(new DriftlessError('closed', 'the client was closed'))
      await sync.settled()
      await (await reporting)?.close()
      if (sampling) await (await sampling)?.close()
      if (saying) (await saying)?.close()
    },
  }
}

const EVENT = /^(ready|changed|stale|error|rejected)$/
