/**
 * `GET /v1/stream` (SNAPSHOT.md §5, §6): the Worker says who it is, the hub keeps the socket. The key goes no further than
 * here; a WebSocket is handed over whole, so that the Worker is not in the way of its messages.
 */
import { type AudienceName, type Order, STREAM_PROTOCOL, compareOrder } from '#core'
import { parseOrder } from '../domain/parse-order.ts'
import { CORS_HEADERS, refuse, unauthorized, unavailable } from './answers.ts'
import { placeOf, regionOf } from './place.ts'
import { createPlacement, type HubDoor } from './placement.ts'
import type { Reader, Readers } from './reader.ts'
import { type Every, eventsOf } from './sse.ts'
import type { KeepAlive } from './store.ts'

export interface StreamOptions {
  readonly readers: Readers
  /** The hub of an audience: its `fetch` takes the upgrade, see `HubRpc`. */
  readonly hub: (name: AudienceName, node: number) => HubDoor
  /** In `[0, 1)`. */
  readonly random: () => number
  readonly clock: () => number
  readonly every: Every
}

export function createStream(
  options: StreamOptions,
): (request: Request, keepAlive: KeepAlive) => Promise<Response> {
  const { readers, hub, clock, every, random } = options
  const connect = createPlacement(hub, random)

  return async (request, keepAlive) => {
    const socket = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
    const events = /\btext\/event-stream\b/i.test(request.headers.get('accept') ?? '')
    if (!socket && !events) {
      return refuse(
        'bad_request',
        'Ask for a WebSocket upgrade, or send "Accept: text/event-stream".',
      )
    }
    const offered = socket ? readProtocols(request.headers.get('sec-websocket-protocol')) : []
    const authorization = request.headers.get('authorization') ?? authorizationOf(offered)
    const reader = await readers.find(authorization, clock(), keepAlive)
    if (reader === null) return unauthorized()
    if (offered.length > 0 && !offered.includes(STREAM_PROTOCOL)) {
      return refuse('bad_request', `The only WebSocket subprotocol is "${STREAM_PROTOCOL}".`)
    }
    const seen = readSeen(request)
    if (seen === 'malformed') {
      return refuse('bad_request', 'The query parameter seen must be <epoch>.<seq>, as in an ETag.')
    }

    const headers = {
      upgrade: 'websocket',
      ...(offered.length > 0 && { 'sec-websocket-protocol': STREAM_PROTOCOL }),
    }
    const url = hubUrl(reader, seen, placeOf(request))
    const answer = await connect(reader, url, headers, regionOf(request))
    if (answer.status === 401) return unauthorized()
    if (answer.webSocket === null)
      return unavailable(Number(answer.headers.get('retry-after')) || 30)
    if (socket) return answer
    return new Response(eventsOf(answer.webSocket, every), {
      headers: {
        ...CORS_HEADERS,
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        vary: 'Authorization, Accept',
      },
    })
  }
}

function hubUrl(reader: Reader, seen: Order | null, place: string | null): string {
  const url = new URL('https://hub/')
  url.searchParams.set('key', reader.keyId)
  if (seen !== null) url.searchParams.set('seen', `${seen.epoch}.${seen.seq}`)
  if (place !== null) url.searchParams.set('place', place)
  return url.href
}

function readProtocols(header: string | null): readonly string[] {
  return header === null ? [] : header.split(',').map((protocol) => protocol.trim())
}

/** A browser's WebSocket sends no headers of ours, so the key comes as the second subprotocol. */
function authorizationOf(offered: readonly string[]): string | null {
  const key = offered.find((protocol) => protocol !== STREAM_PROTOCOL)
  return key === undefined ? null : `Bearer ${key}`
}

/** The newer of what the query and a reconnecting browser's `Last-Event-ID` say. */
function readSeen(request: Request): Order | null | 'malformed' {
  const query = new URL(request.url).searchParams.get('seen')
  const asked = query === null ? null : (parseOrder(query) ?? 'malformed')
  const last = parseOrder(request.headers.get('last-event-id'))
  if (asked === 'malformed' || last === null) return asked
  return asked !== null && compareOrder(asked, last) > 0 ? asked : last
}
