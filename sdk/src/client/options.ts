/** What `createClient` takes, checked once: a wrong option throws a TypeError that names it and what would be right. */
import type { Bucketers } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'
import { keyFault, parseKey } from '../core/key.ts'
import { formatAudience } from '../core/order.ts'
import type { CacheRecord } from '../core/wire.ts'
import type { Cache } from './cache.ts'
import type { DriftlessError } from './errors.ts'
import type { WebSocketConstructor } from './stream.ts'

export interface ClientOptions {
  /** Where the Worker answers, http or https; a path is kept: `https://config.example.com`. */
  readonly url: string
  /** SDK key, `driftless_<server|client>_<project>_<environment>_…`. Says whose configuration this is; a typo is told at once. */
  readonly key: string
  /** Be told of changes by WebSocket, or by Server-Sent Events where there is none. Default `true`; `false` only polls. */
  readonly stream?: boolean
  /** Between two polls without a stream, ± 10 %; ten times that beside a healthy one. 1,000 to 86,400,000. Default 30,000. */
  readonly pollMs?: number
  /** Names this process to the fleet; 1 to 128 characters. Default: none. */
  readonly instanceId?: string
  /** Keeps the last accepted snapshot for the next start. Default: none, kept in memory only. */
  readonly cache?: Cache
  /** The content of a bootstrap file, as text or parsed: verified, and used when there is no cache. Default: none. */
  readonly bootstrap?: CacheRecord | string
  /** RFC 7638 thumbprints (43 characters each) of the only keys that may sign. Default: the keys the server publishes. */
  readonly pins?: readonly string[]
  /** Merged under the context of each evaluation, and what `watch('flag:…')` evaluates for. Default `{}`. */
  readonly context?: EvaluationContext
  /** For flags imported from another vendor, which bucket as they did there: `@driftless/sdk/migrate`. Default: none. */
  readonly bucketers?: Bucketers
  /**
   * Tell the server how often each flag served each variant, so that flags nobody needs are found: counts, never a context
   * or an id. Every `flushMs` ± 10 % (1,000 to 86,400,000, default 60,000), at `flush()` and at `close()`. Default `false`.
   */
  readonly events?: boolean | { readonly flushMs?: number }
  /** The `iss` of manifests. Default `driftless`. */
  readonly issuer?: string
  /** Default: the runtime's. */
  readonly fetch?: typeof globalThis.fetch
  /** Default: the runtime's, if it has one. */
  readonly WebSocket?: WebSocketConstructor
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
  /** In `[0, 1)`. Default `Math.random`. */
  readonly random?: () => number
  /** What the client does, for a logger. Never holds the key, a value or a document. Default: silent. */
  readonly log?: (
    level: 'debug' | 'info' | 'warn',
    event: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void
  /** Every error of the life cycle; same as `on('error')`. */
  readonly onError?: (error: DriftlessError) => void
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean]

const aFunction: Check = ['a function', (value) => typeof value === 'function']
const aPeriod: Check = [
  'an integer of 1,000 to 86,400,000 milliseconds',
  (value) => Number.isInteger(value) && Number(value) >= 1000 && Number(value) <= 86_400_000,
]
const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const CHECKS: Readonly<Record<Exclude<keyof ClientOptions, 'key' | 'url'>, Check>> = {
  stream: ['true or false', (value) => typeof value === 'boolean'],
  pollMs: aPeriod,
  events: [
    `true, false or flushMs: ${aPeriod[0]}`,
    (value) =>
      typeof value === 'boolean' ||
      (isObject(value) && aPeriod[1](Reflect.get(value, 'flushMs') ?? 1000)),
  ],
  instanceId: ['1 to 128 characters', (value) => isText(value) && /^[^]{1,128}$/.test(value)],
  cache: [
    'an object with functions get and set',
    (value) =>
      isObject(value) &&
      ['get', 'set'].every((name) => name in value && aFunction[1](Reflect.get(value, name))),
  ],
  bootstrap: ['a cache record, parsed or as text', (value) => isText(value) || isObject(value)],
  pins: [
    'a list of RFC 7638 thumbprints, 43 characters each',
    (value) => Array.isArray(value) && value.every((pin) => isText(pin) && /^[\w-]{43}$/.test(pin)),
  ],
  context: ['an object', (value) => isObject(value) && !Array.isArray(value)],
  bucketers: ['an object of bucketers', (value) => isObject(value) && !Array.isArray(value)],
  issuer: ['a text that is not empty', (value) => isText(value) && value !== ''],
  fetch: aFunction,
  WebSocket: aFunction,
  now: aFunction,
  random: aFunction,
  log: aFunction,
  onError: aFunction,
}

/** What else follows from the options: the url without a slash at its end, and whom the key speaks for. Throws a TypeError. */
export function checkOptions(options: ClientOptions): {
  readonly url: string
  readonly audience: string
} {
  if (!isObject(options)) throw new TypeError('options: expected an object with url and key')
  const { url, key } = options
  if (!isText(url) || !/^https?:\/\/[^/?#]+(?:\/[^?#]*)?$/.test(url))
    throw new TypeError('url: expected an http or https address without query')
  const subject = isText(key) ? parseKey(key) : undefined
  if (subject?.kind === 'admin') throw new TypeError('key: expected an SDK key, got an admin token')
  if (!subject)
    throw new TypeError(
      keyFault(key) === 'checksum'
        ? 'key: the checksum does not fit, a character was mistyped'
        : 'key: expected driftless_<server|client>_<project>_<environment>_<36 characters>',
    )
  for (const [name, [expected, holds]] of Object.entries(CHECKS)) {
    const value: unknown = Reflect.get(options, name)
    if (value !== undefined && !holds(value)) throw new TypeError(`${name}: expected ${expected}`)
  }
  return {
    url: url.replace(/\/+$/, ''),
    audience: formatAudience({ ...subject, audience: subject.kind }),
  }
}
