/**
 * Keeps a snapshot up to date: does what state.ts decides, one step after the other, and hands what arrives to snapshot.ts.
 * Everything that comes in is taken one at a time, so that order means something.
 */
import type { JsonValue } from '../core/json.ts'
import type { ExternalDocument } from '../core/snapshot.ts'
import type { Order, StreamMessage } from '../core/wire.ts'
import type { Refusal } from '../verify.ts'
import { cacheName, createCacheWriter, readCache, readRecord } from './cache.ts'
import { asError, DriftlessError, type DriftlessErrorCode } from './errors.ts'
import { createExternals, type Externals } from './externals.ts'
import { createHttp, isDenied, readBody, retryAfterMs } from './http.ts'
import { createKeyRing, KEYS_MAX_AGE_MS, KEYS_UNKNOWN_AGE_MS, type KeySet } from './keys.ts'
import type { ClientOptions } from './options.ts'
import { createAcceptor, type Snapshot } from './snapshot.ts'
import {
  initialState,
  step,
  wakeAtMs,
  type ClientEvent,
  type Effect,
  type Source,
  type State,
  type Status,
} from './state.ts'
import { connectEvents, connectWebSocket, type Connection, type Listener } from './stream.ts'
import { after } from './timer.ts'

const DEFAULT_POLL_MS = 30_000
/** Of a body (SNAPSHOT.md §1), and of an external document. */
const MAX_BODY_BYTES = 20_971_520
/** A timer asked for more may not come at all; waking up for nothing once an hour costs nothing. */
const MAX_TIMER_MS = 3_600_000

export interface Sync {
  readonly state: State
  readonly snapshot: Snapshot | undefined
  readonly externals: Externals
  /** A config as it stands in the body. */
  config(name: string): JsonValue | ExternalDocument | undefined
  /** Fetches a config's external document if it has one and it is not there; failures are reported and tried again. */
  want(name: string): void
  settled(): Promise<void>
  close(): void
}

export interface SyncListener {
  status(status: Status): void
  /** What is in use has changed. */
  changed(): void
  rejected(source: Source, refusal: Refusal): void
  error(error: DriftlessError): void
}

/** Nothing is told before this returns. */
export function startSync(
  options: ClientOptions & { readonly audience: string; readonly now: () => number },
  listener: SyncListener,
): Sync {
  const { url, key, audience, issuer = 'driftless', pins, now, cache, bootstrap } = options
  const { random = Math.random, fetch = globalThis.fetch } = options
  const authorization = { authorization: `Bearer ${key}` }
  const http = createHttp(fetch)
  const keyRing = createKeyRing(http, url, now)
  const acceptor = createAcceptor(
    { issuer, audience, pins },
    now,
    cache !== undefined,
    options.bucketers,
  )
  const config = (name: string): JsonValue | ExternalDocument | undefined => {
    const configs = acceptor.snapshot?.body.configs
    return configs && Object.hasOwn(configs, name) ? configs[name] : undefined
  }

  const pending = new Set<Promise<unknown>>()
  const track = <T>(work: Promise<T>): Promise<T> => {
    pending.add(work)
    // The copy settles like the work; its failure is the business of whoever holds the work.
    work.finally(() => pending.delete(work)).catch(() => {})
    return work
  }
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = queue.then(task)
    queue = turn.catch(() => {})
    return track(turn)
  }

  let state = initialState({
    streams: options.stream ?? true,
    pollMs: options.pollMs ?? DEFAULT_POLL_MS,
    nowMs: now(),
  })
  // What ends because the client is closed is no error.
  const failed =
    (what: string, code: DriftlessErrorCode = 'network') =>
    (caught: unknown): void => {
      if (state.status !== 'closed') listener.error(asError(caught, code, what))
    }
  let disarm: (() => void) | undefined
  const events: ClientEvent[] = []
  const dispatch = (event: ClientEvent): void => {
    // What an effect brings about comes after the effects beside it.
    if (events.push(event) > 1) return
    for (let next = events[0]; next; events.shift(), next = events[0]) {
      const result = step(state, next, now(), random())
      state = result.state
      for (const effect of result.effects) perform(effect)
    }
    disarm?.()
    const atMs = wakeAtMs(state)
    if (atMs !== undefined)
      disarm = after(Math.min(Math.max(atMs - now(), 0), MAX_TIMER_MS), () =>
        dispatch({ type: 'wake' }),
      )
  }
  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'connect':
        return connect()
      case 'drop':
        connected++
        return quietly(() => connection?.close())
      case 'ping':
        return quietly(() => connection?.ping())
      case 'poll':
        return void track(poll(effect.min))
      case 'status':
        return listener.status(effect.status)
    }
  }

  let connection: Connection | undefined
  // Counts connections: one that was given up may go on talking, and is not heard any more.
  let connected = 0
  const connect = (): void => {
    const mine = ++connected
    const carrier: Listener = {
      event(event) {
        if (mine !== connected) return
        if (event.type === 'closed') {
          connected++
          if (event.reason === 'denied') listener.error(keyRefused())
        }
        dispatch(event)
      },
      message(message) {
        if (mine === connected) receive(message)
      },
    }
    const streamUrl = `${url}/v1/stream${state.floor ? `?seen=${orderText(state.floor)}` : ''}`
    const WebSocket = options.WebSocket ?? globalThis.WebSocket
    try {
      connection = WebSocket
        ? connectWebSocket(WebSocket, streamUrl, key, carrier)
        : connectEvents(fetch, streamUrl, key, carrier)
    } catch (caught) {
      failed('opening the stream')(caught)
      carrier.event({ type: 'closed', reason: 'lost' })
    }
  }

  let newest: Extract<StreamMessage, { readonly type: 'head' }> | undefined
  const receive = (message: StreamMessage): void => {
    if (message.type === 'hello' && message.aud !== audience)
      throw new TypeError('a stream for somebody else')
    if (message.type !== 'head') return dispatch(message)
    // Of heads that come faster than they can be taken only the newest counts.
    newest = message
    void inTurn(async () => {
      const head = newest
      newest = undefined
      if (!head) return
      const text = head.body
      await take('stream', head.manifest, async (claims) =>
        text === undefined ? fetchBody(claims) : new TextEncoder().encode(text),
      )
    })
  }

  const poll = async (min: Order | undefined): Promise<void> => {
    // Polls are spread over time, heads are not: so that a publish does not make a whole fleet ask for keys at once.
    if (acceptor.snapshot) void inTurn(() => freshKeys(KEYS_MAX_AGE_MS / 2))
    let outcome: 'ok' | 'failed' | 'denied' = 'failed'
    let retryMs = 0
    const query = min ? `?min=${orderText(min)}` : ''
    const known = state.floor && { 'if-none-match': `"${orderText(state.floor)}"` }
    try {
      await http.get(
        `${url}/v1/snapshot${query}`,
        { ...authorization, ...known },
        async (response) => {
          retryMs = retryAfterMs(response)
          if (isDenied(response.status)) outcome = 'denied'
          if (known && response.status === 304) outcome = 'ok'
          else {
            expectOk(response)
            const manifest = response.headers.get('driftless-manifest') ?? ''
            const readBytes = (claims: { size: number }): Promise<Uint8Array> =>
              readBody(response, claims.size)
            if (await inTurn(() => take('poll', manifest, readBytes))) outcome = 'ok'
          }
        },
      )
    } catch (caught) {
      failed('polling')(caught)
    }
    dispatch({ type: 'polled', outcome, retryAfterMs: retryMs })
    // Whatever failed to come before has another chance now.
    refreshExternals()
  }

  const fetchBody = (named: {
    readonly sha256: string
    readonly size: number
  }): Promise<Uint8Array> =>
    http.get(`${url}/v1/bodies/${named.sha256}`, authorization, async (response) => {
      expectOk(response)
      return readBody(response, limited(named).size)
    })

  const freshKeys = async (maxAgeMs: number): Promise<KeySet> => {
    await keyRing.refresh(maxAgeMs).catch(failed('fetching keys'))
    return keyRing.current
  }
  /** Whether the snapshot is now the one in use, be it that it was already. Never rejects. */
  const take = async (
    source: Source,
    manifest: string,
    readBytes: (claims: { readonly sha256: string; readonly size: number }) => Promise<Uint8Array>,
    ownKeys?: KeySet,
  ): Promise<boolean> => {
    let order: Order | undefined
    try {
      const taken = await acceptor.take(
        manifest,
        ownKeys ?? (await freshKeys(KEYS_MAX_AGE_MS)),
        async (claims) => {
          order = { epoch: claims.epoch, seq: claims.seq }
          return readBytes(limited(claims))
        },
        ownKeys ? { acceptExpired: true } : { moreKeys: () => freshKeys(KEYS_UNKNOWN_AGE_MS) },
      )
      if (state.status === 'closed') return false
      if (taken.ok) {
        const { snapshot, before } = taken
        const { epoch, seq, sha256, exp } = snapshot.claims
        dispatch({ type: 'accepted', source, floor: { epoch, seq, sha256 }, expMs: exp * 1000 })
        if (snapshot !== before && !ownKeys) save()
        if (snapshot.body !== before?.body) {
          listener.changed()
          refreshExternals()
        }
        return true
      }
      listener.rejected(source, taken)
    } catch (caught) {
      failed('reading a snapshot')(caught)
    }
    if (source === 'stream') dispatch({ type: 'rejected', ...(order && { order }) })
    return false
  }

  let stored: Readonly<Record<string, unknown>> = {}
  const takeRecord = async (source: Source, input: unknown): Promise<void> => {
    const record = readRecord(input)
    if (!record)
      return listener.rejected(source, {
        ok: false,
        code: 'malformed',
        message: 'not a cache record',
      })
    // Verified by hash when asked for, which may be as soon as the snapshot is taken.
    stored = record.externals ?? {}
    const bytes = async (): Promise<Uint8Array> => new TextEncoder().encode(record.body)
    if (await take(source, record.manifest, bytes, record.keys)) keyRing.adopt(record.keys)
  }
  const takeLocal = async (): Promise<void> => {
    try {
      const text = cache && (await readCache(cache, cacheName(audience)))
      if (text !== undefined) await takeRecord('cache', text)
    } catch (caught) {
      failed('cache.get', 'cache')(caught)
    }
    if (!acceptor.snapshot && bootstrap !== undefined) await takeRecord('bootstrap', bootstrap)
  }
  const write = cache && createCacheWriter(cache, cacheName(audience), failed('cache.set', 'cache'))
  const save = (): void => {
    if (!write) return
    void track(
      write(() => {
        const { manifest, bytes } = acceptor.snapshot ?? {}
        const body = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes)
        return JSON.stringify({
          manifest,
          body,
          keys: keyRing.current,
          externals: externals.texts(),
        })
      }),
    )
  }

  const externals = createExternals({
    config,
    fetch: (named) => fetchBody(named),
    stored(sha256) {
      const text = Object.hasOwn(stored, sha256) ? stored[sha256] : undefined
      return typeof text === 'string' ? text : undefined
    },
    arrived() {
      if (state.status === 'closed') return
      save()
      listener.changed()
    },
    keepTexts: cache !== undefined,
  })
  const externalFailed = (caught: unknown): void => {
    failed('fetching an external document')(caught)
    // The poll that this brings nearer will try again.
    dispatch({ type: 'rejected' })
  }
  const reported = (work: Promise<void>): void => void track(work.catch(externalFailed))
  const refreshExternals = (): void => reported(externals.refresh())

  void inTurn(takeLocal).then(() => dispatch({ type: 'wake' }))
  return {
    get state() {
      return state
    },
    get snapshot() {
      return acceptor.snapshot
    },
    externals,
    config,
    want: (name) => reported(externals.load(name)),
    async settled() {
      while (pending.size) await Promise.allSettled(pending)
    },
    close() {
      dispatch({ type: 'close' })
      http.close()
    },
  }
}

const orderText = ({ epoch, seq }: Order): string => `${epoch}.${seq}`

const keyRefused = (): DriftlessError =>
  new DriftlessError('denied', 'the server refused the SDK key; asking again every 5 minutes')

function expectOk({ status }: Response): void {
  if (isDenied(status)) throw keyRefused()
  if (status !== 200) throw new DriftlessError('network', `status ${status} where 200 was expected`)
}

function limited<Named extends { readonly size: number }>(named: Named): Named {
  if (named.size > MAX_BODY_BYTES)
    throw new DriftlessError('rejected', `${named.size} bytes, the limit is ${MAX_BODY_BYTES}`)
  return named
}

/** A connection that fails while being closed or asked shows it by its silence. */
function quietly(run: () => void): void {
  try {
    run()
  } catch {}
}
