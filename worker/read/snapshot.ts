/**
 * `GET /v1/manifest`, `/v1/snapshot` and `/v1/bodies/<sha256>` (SNAPSHOT.md §4): what every SDK polls. When key, head and
 * body are known to this isolate an answer needs no await, no parsing and no copying; `test/bench` measures it.
 */
import type { AudienceName, Order } from '#core'
import { parseOrder } from '../domain/parse-order.ts'
import { CORS_HEADERS, refuse, unauthorized, unavailable } from './answers.ts'
import { createBodyCache } from './body-cache.ts'
import { matchesTag } from './conditional.ts'
import { createHeads } from './heads.ts'
import { withPlace } from './place.ts'
import { type PublishedHead, bodyKey } from './published-head.ts'
import { deltaSince } from './since.ts'
import type { Reader, Readers } from './reader.ts'
import type { KeepAlive, SnapshotStore } from './store.ts'

export interface Snapshots {
  manifest(request: Request, keepAlive: KeepAlive): Response | Promise<Response>
  snapshot(request: Request, keepAlive: KeepAlive): Response | Promise<Response>
  body(request: Request, sha256: string, keepAlive: KeepAlive): Promise<Response>
}

/** STORAGE.md §6. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

type Answer = (
  head: PublishedHead,
  keepAlive: KeepAlive,
  since?: number,
) => Response | Promise<Response>

const manifestOf: Answer = (head) => new Response(head.manifest, head.manifestInit)

export function createSnapshots(
  store: SnapshotStore,
  readers: Readers,
  clock: () => number,
): Snapshots {
  const heads = createHeads(store)
  const bodies = createBodyCache(MAX_BODY_BYTES)

  const snapshotOf: Answer = (head, keepAlive, since) => {
    if (since !== undefined) return fetchDelta(head, since, keepAlive)
    const bytes = bodies.held(head.bodyKey)
    if (bytes !== undefined) return new Response(bytes, head.snapshotInit)
    return fetchSnapshot(head, keepAlive)
  }

  async function fetchDelta(
    head: PublishedHead,
    since: number,
    keepAlive: KeepAlive,
  ): Promise<Response> {
    const delta = await deltaSince(store, bodies, head, since, clock(), keepAlive)
    if (delta === null) return snapshotOf(head, keepAlive)
    const answer = new Response(delta, head.snapshotInit)
    answer.headers.set('driftless-delta', String(since))
    return answer
  }

  async function fetchSnapshot(head: PublishedHead, keepAlive: KeepAlive): Promise<Response> {
    const bytes = await bodyOf(head.name, head.sha256, keepAlive)
    if (bytes !== null) return new Response(bytes, head.snapshotInit)
    // A body that nobody has belongs to a head that was replaced meanwhile: one more try, from the source.
    const after: Order = { epoch: head.epoch, seq: head.seq + 1 }
    const next = await heads.atLeast(head.aud, after, clock(), keepAlive)
    const body = next === null ? null : await bodyOf(next.name, next.sha256, keepAlive)
    return next === null || body === null ? unavailable() : new Response(body, next.snapshotInit)
  }

  async function bodyOf(name: AudienceName, sha256: string, keepAlive: KeepAlive) {
    const key = bodyKey(name, sha256)
    return bodies.held(key) ?? bodies.load(key, clock(), keepAlive, () => store.body(name, sha256))
  }

  function conditional(
    request: Request,
    head: PublishedHead,
    answer: Answer,
    keepAlive: KeepAlive,
    since?: number,
  ): Response | Promise<Response> {
    const found = matchesTag(request.headers.get('if-none-match'), head.etag)
      ? new Response(null, head.notModifiedInit)
      : answer(head, keepAlive, since)
    if (!head.asksPlace) return found
    return found instanceof Promise
      ? found.then((one) => withPlace(one, request))
      : withPlace(found, request)
  }

  function serve(
    request: Request,
    answer: Answer,
    keepAlive: KeepAlive,
  ): Response | Promise<Response> {
    const nowMs = clock()
    const reader = readers.find(request.headers.get('authorization'), nowMs, keepAlive)
    if (reader === null) return unauthorized()
    if (reader instanceof Promise || request.url.includes('?')) {
      return serveWaiting(request, reader, answer, keepAlive)
    }
    const head = heads.get(reader.aud, nowMs, keepAlive)
    if (head instanceof Promise) return serveWaiting(request, reader, answer, keepAlive)
    return conditional(request, head, answer, keepAlive)
  }

  async function serveWaiting(
    request: Request,
    finding: Reader | Promise<Reader | null>,
    answer: Answer,
    keepAlive: KeepAlive,
  ): Promise<Response> {
    const reader = await finding
    if (reader === null) return unauthorized()
    const { min, since } = readAsked(request.url)
    if (min === 'malformed') {
      return refuse('bad_request', 'The query parameter min must be <epoch>.<seq>, as in an ETag.')
    }
    if (since === 'malformed') {
      return refuse('bad_request', 'The query parameter since must be the revision of a body.')
    }
    const nowMs = clock()
    const head =
      min === null
        ? await heads.get(reader.aud, nowMs, keepAlive)
        : await heads.atLeast(reader.aud, min, nowMs, keepAlive)
    if (head === null) return nothingPublished()
    return conditional(request, head, answer, keepAlive, since)
  }

  return {
    manifest: (request, keepAlive) => serve(request, manifestOf, keepAlive),
    snapshot: (request, keepAlive) => serve(request, snapshotOf, keepAlive),
    async body(request, sha256, keepAlive) {
      const header = request.headers.get('authorization')
      const reader = await readers.find(header, clock(), keepAlive)
      if (reader === null) return unauthorized()
      const bytes = /^[0-9a-f]{64}$/.test(sha256) ? await bodyOf(reader, sha256, keepAlive) : null
      if (bytes === null) return refuse('not_found', 'This audience has no body with that hash.')
      const etag = `"${sha256}"`
      const headers = {
        ...CORS_HEADERS,
        etag,
        'cache-control': 'private, max-age=31536000, immutable',
        vary: 'Authorization',
      }
      if (matchesTag(request.headers.get('if-none-match'), etag)) {
        return new Response(null, { status: 304, headers })
      }
      return new Response(bytes, { headers: { ...headers, 'content-type': 'application/json' } })
    },
  }
}

function nothingPublished(): Response {
  return refuse('not_found', 'Nothing is published for this environment.')
}

function readAsked(url: string): {
  readonly min: Order | null | 'malformed'
  readonly since: number | undefined | 'malformed'
} {
  const { searchParams } = new URL(url)
  const min = searchParams.get('min')
  const since = searchParams.get('since')
  return {
    min: min === null ? null : (parseOrder(min) ?? 'malformed'),
    since: since === null ? undefined : /^\d{1,15}$/.test(since) ? Number(since) : 'malformed',
  }
}
