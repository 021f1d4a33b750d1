/** The client as applications see it: answers from the snapshot in use, calls back when it changes. Nothing here waits. */
import type { EvaluationContext, EvaluationDetails, FlagValues } from '../core/evaluation.ts'
import type { JsonValue } from '../core/json.ts'
import type { FlagType } from '../core/snapshot.ts'
import { addCount, type Counts } from './counts.ts'
import { asError, DriftlessError } from './errors.ts'
import { isExternal } from './externals.ts'
import type { Client, ClientEvents } from './interface.ts'
import { callSafely, createWatchers, type Callback } from './listeners.ts'
import { checkOptions, type ClientOptions } from './options.ts'
import { startSync } from './sync.ts'
import { freeze, splitPath, valueAt } from './values.ts'

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
export function createClient(options: ClientOptions): Client {
  const { url, audience } = checkOptions(options)
  const { context: ownContext, now = Date.now, log, onError, events } = options

  const listeners: { readonly [Name in keyof ClientEvents]: Set<Callback<[ClientEvents[Name]]>> } =
    {
      ready: new Set(),
      changed: new Set(),
      stale: new Set(),
      error: new Set(),
      rejected: new Set(),
    }
  let lastError: DriftlessError | undefined
  const report = (error: DriftlessError): void => {
    lastError = error
    // What listens to errors cannot report its own: it would be told of it for ever.
    if (log) callSafely(log, ['warn', error.code, { message: error.message }], ignore)
    for (const callback of [...listeners.error, ...(onError ? [onError] : [])])
      callSafely(callback, [error], ignore)
  }
  const emit = <Name extends 'ready' | 'changed' | 'stale' | 'rejected'>(
    name: Name,
    event: ClientEvents[Name],
  ): void => {
    if (log) callSafely(log, [name === 'rejected' ? 'warn' : 'info', name, { ...event }], ignore)
    for (const callback of Array.from(listeners[name])) callSafely(callback, [event], report)
  }
  const inUse = (): { source: Client['source']; revision: number } => ({
    source: sync.state.source,
    revision: sync.snapshot?.body.revision ?? 0,
  })

  const waiting = new Set<(error?: DriftlessError) => void>()
  const watchers = createWatchers(report)
  const sync = startSync(
    { ...options, url, audience, now },
    {
      status(status) {
        if (status === 'ready' || status === 'stale') emit(status, inUse())
        if (status === 'closed')
          for (const settle of waiting)
            settle(new DriftlessError('closed', 'the client was closed'))
      },
      changed() {
        for (const settle of waiting) settle()
        watchers.check()
        emit('changed', inUse())
      },
      rejected(source, { code, message }) {
        lastError = new DriftlessError('rejected', message)
        emit('rejected', { source, code, message })
      },
      error: report,
    },
  )

  const counts: Counts | undefined = events ? new Map() : undefined
  // Most applications do not ask for it, and need not carry it.
  const reporting =
    counts &&
    import('./evaluation-counts.ts')
      .then(({ startReporting }) =>
        startReporting(counts, {
          url,
          key: options.key,
          flushMs: (typeof events === 'object' && events.flushMs) || 60_000,
          fetch: options.fetch ?? globalThis.fetch,
          random: options.random ?? Math.random,
          onError: report,
        }),
      )
      .catch((caught) => report(asError(caught, 'network', 'loading what reports events')))

  const merged = (context: EvaluationContext | undefined): EvaluationContext | undefined =>
    ownContext && context ? { ...ownContext, ...context } : (context ?? ownContext)
  const getValue =
    <K extends FlagType>(type: K) =>
    (flagKey: string, fallback: FlagValues[K], context?: EvaluationContext): FlagValues[K] => {
      const evaluator = sync.snapshot?.evaluator
      if (!evaluator) return fallback
      // Only details tell the variant.
      if (counts) return getDetails(type)(flagKey, fallback, context).value
      const value = evaluator.value(flagKey, type, fallback, merged(context), now)
      // The fallback is the caller's own.
      return value === fallback ? value : freeze(value)
    }
  const getDetails =
    <K extends FlagType>(type: K) =>
    (
      flagKey: string,
      fallback: FlagValues[K],
      context?: EvaluationContext,
    ): EvaluationDetails<FlagValues[K]> => {
      const evaluator = sync.snapshot?.evaluator
      if (!evaluator)
        return {
          flagKey,
          value: fallback,
          reason: 'ERROR',
          errorCode: 'PROVIDER_NOT_READY',
          flagMetadata: {},
        }
      const details = evaluator.details(flagKey, type, fallback, merged(context), now)
      if (details.variant !== undefined) freeze(details.value)
      if (counts && !details.errorCode) addCount(counts, flagKey, details.variant)
      return details
    }

  const readConfig = (name: string): JsonValue | undefined => {
    const config = sync.config(name)
    return freeze(isExternal(config) ? sync.externals.get(name) : config)
  }
  const readWatched = (path: string): unknown => {
    if (path.startsWith(FLAG)) {
      const { snapshot } = sync
      const flagKey = path.slice(FLAG.length)
      const details = snapshot?.evaluator.details(flagKey, undefined, null, ownContext, now)
      return details?.variant === undefined ? undefined : freeze(details.value)
    }
    const found = splitPath(path, (name) => sync.config(name) !== undefined)
    if (!found) return undefined
    sync.want(found.name)
    return valueAt(readConfig(found.name), found.members)
  }

  const ready: Client['ready'] = ({ timeoutMs = 10_000 } = {}) =>
    new Promise((resolve, reject) => {
      const settle = (error?: DriftlessError): void => {
        waiting.delete(settle)
        clearTimeout(timer)
        if (error) reject(error)
        else resolve()
      }
      // Not one of the timers that let a process end: somebody is waiting for it.
      const timer = setTimeout(() => {
        const why = lastError ? `; last: ${lastError.message}` : ''
        settle(new DriftlessError('timeout', `no snapshot within ${timeoutMs} ms${why}`, lastError))
      }, timeoutMs)
      if (sync.snapshot) settle()
      else if (sync.state.status === 'closed')
        settle(new DriftlessError('closed', 'the client was closed'))
      else waiting.add(settle)
    })

  return {
    ready,
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
    getConfig: <T>(name: string) => readConfig(name) as T | undefined,
    async loadConfig<T>(name: string) {
      await ready()
      await sync.externals.load(name)
      const document = readConfig(name)
      if (document === undefined) throw new DriftlessError('not_found', `no config ${name}`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in getConfig
      return document as T
    },
    watch(path, callback) {
      if (typeof path !== 'string') throw new TypeError('path: expected a text')
      if (typeof callback !== 'function') throw new TypeError('callback: expected a function')
      return watchers.add(() => readWatched(path), callback)
    },
    on(event, callback) {
      if (!Object.hasOwn(listeners, event))
        throw new TypeError(`event: expected one of ${Object.keys(listeners).join(', ')}`)
      if (typeof callback !== 'function') throw new TypeError('callback: expected a function')
      // A wrapper, so that a function given twice is two listeners.
      const listener: typeof callback = (value) => callback(value)
      listeners[event].add(listener)
      return () => void listeners[event].delete(listener)
    },
    get status() {
      return sync.state.status
    },
    get source() {
      return sync.state.source
    },
    get revision() {
      return sync.snapshot?.body.revision
    },
    async flush() {
      await sync.settled()
      await (await reporting)?.flush()
    },
    async close() {
      sync.close()
      await sync.settled()
      await (await reporting)?.close()
    },
  }
}
