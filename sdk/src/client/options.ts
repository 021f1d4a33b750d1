/** What `createClient` takes, checked once: a wrong option throws a TypeError that names it and what would be right. */
import type { Bucketers } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'
import { parseKey } from '../core/key.ts'
import { formatAudience } from '../core/order.ts'
import { fits, type Shape } from '../core/shape.ts'
import type { CacheRecord } from '../core/wire.ts'
import type { Cache } from './cache.ts'
import type { OverrideKey } from '../overrides.ts'
import type { DriftlessError } from './errors.ts'
import type { ConfigSchemas } from './standard-schema.ts'
import type { WebSocketConstructor } from './stream.ts'

export interface ClientOptions {
  /**
   * Where the Worker answers, http or https; a path is kept: `https://config.example.com`. A list of up to 8 is gone through when
   * one does not answer.
   */
  readonly url: string | readonly string[]
  /**
   * Where bodies and documents may also be had by their hash, without a key: a CDN or a bucket, `https://cdn.example.com/bodies`.
   * Asked first; what does not verify is asked of the server. Default: none.
   */
  readonly bodies?: string
  /** SDK key, `driftless_<server|client>_<project>_<environment>_…`. Says whose configuration this is; a typo is told at once. */
  readonly key: string
  /** Be told of changes by WebSocket, or by Server-Sent Events where there is none. Default `true`; `false` only polls. */
  readonly stream?: boolean
  /** Between two polls without a stream, ± 10 %; ten times that beside a healthy one. From 1,000. Default 30,000. */
  readonly pollMs?: number
  /**
   * Names this process to the fleet, and decides whether it is among the first to get what is released step by step; 1 to 128
   * characters. Default: a random one for each client; the `targetingKey` of `context` then decides, where there is one.
   */
  readonly instanceId?: string
  /**
   * What else the fleet is told of this process, such as its region, and what rings of a release go by: at most 16, names to 64
   * and values to 128 characters.
   */
  readonly labels?: Readonly<Record<string, string>>
  /**
   * Tell the server which revision is in use and what was refused, over the stream or, without one, by request: when it
   * changes, and every 300 s ± 10 % by request. Never a value or a context. Default `true`; with a `client` key over the
   * stream alone, unless `true` is said.
   */
  readonly reportStatus?: boolean
  /** Keeps the last accepted snapshot for the next start. Default: none, kept in memory only. */
  readonly cache?: Cache
  /**
   * With a cache: content under which three processes ended within 10 s of taking it, without `close()`, is not taken again,
   * and the one before is used. For programs that end by themselves without closing say `false`. Default `true`.
   */
  readonly crashGuard?: boolean
  /** The content of a bootstrap file, as text or parsed: verified, and used when there is no cache. Default: none. */
  readonly bootstrap?: CacheRecord | string
  /** RFC 7638 thumbprints (43 characters each) of the only keys that may sign. Default: the keys the server publishes. */
  readonly pins?: readonly string[]
  /** Merged under the context of each evaluation, and what `watch('flag:…')` evaluates for. Default `{}`. */
  readonly context?: EvaluationContext
  /**
   * What `${VAR}` in configs stands for (docs/references.md). Default `process.env` where there is one, else nothing is set. Read
   * when a document is taken.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * By config: a schema of valibot, zod or another library with Standard Schema, asked before a document is handed out. What it
   * makes of the document is what `getConfig` gives, and its type. A document that does not fit leaves the last one that did,
   * and is told to `on('rejected')`; so does one whose schema takes over 2 s. Default: none.
   */
  readonly schemas?: ConfigSchemas
  /** For flags imported from another vendor, which bucket as they did there: `@driftless/sdk/migrate`. Default: none. */
  readonly bucketers?: Bucketers
  /**
   * Tell the server how often each flag served each variant, so that flags nobody needs are found: counts, never a context
   * or an id. Every `flushMs` ± 10 % (from 1,000, default 60,000), at `flush()` and at `close()`. Default `false`.
   */
  readonly events?: boolean | { readonly flushMs?: number }
  /**
   * Send samples of what was evaluated, so that a dry run says which share of recent evaluations a change would answer
   * otherwise. `attributes`: those that may go along, by the names that rules and segments have for them; the first 16 count,
   * and only those that are named there. Of the targeting key its 32-bit hash goes along. `everyMs`: ± 10 %, from 1,000,
   * default 300,000. What is kept, where and how long: docs/blast-radius.md of the repository. Default: none.
   */
  readonly sampling?: { readonly attributes: readonly string[]; readonly everyMs?: number }
  /**
   * A file that forces flags while the platform cannot be reached, signed by your own team (SNAPSHOT.md §11; the command line
   * makes key and file: `driftless override`). `from`: where it is served, or a function that reads it, such as
   * `() => readFile(path, 'utf8')`; nothing there is no override. `keys`: the public halves of the keys that may sign.
   * `everyMs`: how often it is asked for, from 1,000, default 20,000. The first snapshot waits up to 2 s for it. Default: none.
   */
  readonly overrides?: {
    readonly from: string | (() => Promise<string | undefined> | string | undefined)
    readonly keys: readonly OverrideKey[]
    readonly everyMs?: number
  }
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

const LEAST_MS = 1000
const MAX_URLS = 8
const URL_FORM = /^https?:\/\/[^/?#]+(\/[^?#]*)?$/

const SHAPES: Readonly<Record<string, Shape>> = {
  'bodies?': URL_FORM,
  key: /^driftless_(server|client)_/,
  'stream?': 'boolean',
  'pollMs?': LEAST_MS,
  'instanceId?': /^[^]{1,128}$/,
  'labels?': 'object',
  'reportStatus?': 'boolean',
  'cache?': { get: 'function', set: 'function' },
  'crashGuard?': 'boolean',
  'bootstrap?': 'string or object',
  'pins?': [/^[\w-]{43}$/],
  'context?': 'object',
  'bucketers?': 'object',
  'env?': 'object',
  'schemas?': 'object',
  'events?': 'boolean or object',
  'sampling?': { attributes: [/^[^]{1,128}$/], 'everyMs?': LEAST_MS },
  'overrides?': { from: 'string or function', keys: ['object'], 'everyMs?': LEAST_MS },
  'issuer?': /./,
  'fetch?': 'function',
  'WebSocket?': 'function',
  'now?': 'function',
  'random?': 'function',
  'log?': 'function',
  'onError?': 'function',
}

/** What else follows from the options: the urls without a slash at its end, and whom the key speaks for. Throws a TypeError. */
export function checkOptions(options: ClientOptions): {
  readonly urls: readonly string[]
  readonly audience: string
} {
  const urls = checkUrls(options)
  check(options, SHAPES)
  const { key, events, schemas = {} } = options
  for (const [name, schema] of Object.entries(schemas)) {
    // Some libraries make functions of schemas, so its shape is not looked at as that of others.
    if (typeof schema?.['~standard']?.validate !== 'function')
      throw new TypeError(`schemas.${name}: expected a Standard Schema`)
  }
  if (typeof events === 'object') check(events, { 'flushMs?': LEAST_MS })
  const subject = parseKey(key)
  if (subject?.kind !== 'server' && subject?.kind !== 'client') throw new TypeError('key: mistyped')
  return {
    urls: urls.map((url) => url.replace(/\/+$/, '')),
    audience: formatAudience({ ...subject, audience: subject.kind }),
  }
}

function checkUrls(options: Pick<ClientOptions, 'url'> | undefined): readonly string[] {
  const urls = options ? [options.url].flat() : []
  const isFew = urls.length > 0 && urls.length <= MAX_URLS
  for (const url of isFew ? urls : ['']) check({ url }, { url: URL_FORM })
  return urls
}

/** Throws a TypeError that names the first of `members` which `value` does not have as it must be, and how it must be. */
export function check(value: unknown, members: Readonly<Record<string, Shape>>): void {
  for (const [name, shape] of Object.entries(members)) {
    if (!fits(value, { [name]: shape }))
      throw new TypeError(`${name.replace('?', '')}: expected ${JSON.stringify(shape, describe)}`)
  }
}

function describe(_: string, shape: unknown): unknown {
  if (typeof shape === 'number') return `an integer from ${shape}`
  return shape instanceof RegExp ? String(shape) : shape
}
