/** The routes of SNAPSHOT.md §4 to §6. One handler a route and no middleware: these are asked thousands of times a second. */
import { type Context, Hono } from 'hono'
import type { AudienceName } from '#core'
import { KEY_SET_TAG } from '../http/purge.ts'
import { CORS_HEADERS, methodNotAllowed, preflight, refuse, unavailable } from './answers.ts'
import { createEvents, type Recorder } from './events.ts'
import type { HubDoor } from './placement.ts'
import { createReaders } from './reader.ts'
import { createSamples, type SampleKeeper } from './samples.ts'
import { createSnapshots } from './snapshot.ts'
import type { Every } from './sse.ts'
import { createStatus, type StatusTaker } from './status.ts'
import type { KeepAlive, SnapshotStore } from './store.ts'
import { createStream } from './stream.ts'
import { createTimedCache } from './timed-cache.ts'

export interface ReadOptions {
  readonly store: SnapshotStore
  /** A hub of an audience's tree; 0 is the root. */
  readonly hub: (name: AudienceName, node: number) => HubDoor
  /** In `[0, 1)`. */
  readonly random: () => number
  /** Takes in what applications report of their evaluations. */
  readonly record: Recorder
  /** Takes in samples of what was evaluated. */
  readonly keepSamples: SampleKeeper
  /** Takes in what instances without a stream report of themselves. */
  readonly takeStatus: StatusTaker
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly every: Every
  /** Told of every lookup that failed everywhere, for the operator. */
  readonly onError: (error: unknown) => void
}

export interface ReadApp {
  readonly app: Hono
  /** Forgets a revoked SDK key (its SHA-256) in this isolate. */
  forgetKey(sha256: string): void
}

/** STORAGE.md §6. */
const KEY_SET_TTL_MS = 60_000

export function createRead(options: ReadOptions): ReadApp {
  const { store, hub, clock, every, random, onError } = options
  const readers = createReaders(store)
  const snapshots = createSnapshots(store, readers, clock)
  const stream = createStream({ readers, hub, clock, every, random })
  const events = createEvents(readers, options.record, clock)
  const samples = createSamples(readers, options.keepSamples, clock)
  const status = createStatus(readers, options.takeStatus, clock)
  const keySets = createTimedCache<string>({
    ttlMs: KEY_SET_TTL_MS,
    staleOnErrorMs: Infinity,
    maxEntries: 1,
    lookup: () => store.keySet(),
  })

  const app = new Hono()
  app.get('/v1/manifest', (c) => snapshots.manifest(c.req.raw, keepAliveOf(c)))
  app.get('/v1/snapshot', (c) => snapshots.snapshot(c.req.raw, keepAliveOf(c)))
  app.get('/v1/bodies/:sha256', (c) =>
    snapshots.body(c.req.raw, c.req.param('sha256'), keepAliveOf(c)),
  )
  app.get('/v1/stream', (c) => stream(c.req.raw, keepAliveOf(c)))
  app.get('/.well-known/jwks.json', async (c) => {
    const set = await keySets.get('jwks', clock(), keepAliveOf(c))
    return new Response(set, {
      headers: {
        ...CORS_HEADERS,
        'content-type': 'application/jwk-set+json',
        // What is signed anew is refused soon after its key is revoked; what is served stays verifiable through an outage.
        'cache-control': 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400',
        'cache-tag': KEY_SET_TAG,
      },
    })
  })
  app.get('/health', () =>
    Response.json({ status: 'ok' }, { headers: { ...CORS_HEADERS, 'cache-control': 'no-store' } }),
  )
  app.post('/v1/events', (c) => events(c.req.raw, keepAliveOf(c)))
  app.post('/v1/samples', (c) => samples(c.req.raw, keepAliveOf(c)))
  app.post('/v1/status', (c) => status(c.req.raw, keepAliveOf(c)))
  for (const [path, allow] of ROUTES) {
    app.options(path, () => preflight(allow))
    app.all(path, () => methodNotAllowed(allow))
  }
  app.notFound(() => refuse('not_found', 'There is no such route.'))
  app.onError((error) => {
    onError(error)
    return unavailable()
  })
  return { app, forgetKey: (sha256) => readers.forget(sha256) }
}

const READ_ONLY = 'GET, HEAD, OPTIONS'
const ROUTES = [
  ['/v1/manifest', READ_ONLY],
  ['/v1/snapshot', READ_ONLY],
  ['/v1/bodies/:sha256', READ_ONLY],
  ['/v1/stream', READ_ONLY],
  ['/v1/events', 'POST, OPTIONS'],
  ['/v1/samples', 'POST, OPTIONS'],
  ['/v1/status', 'POST, OPTIONS'],
  ['/.well-known/jwks.json', READ_ONLY],
  ['/health', READ_ONLY],
] as const

function keepAliveOf(context: Context): KeepAlive {
  return (work) => context.executionCtx.waitUntil(work)
}
