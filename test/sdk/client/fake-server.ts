/**
 * A server in memory: signs and serves snapshots over fake `fetch` and `WebSocket` as SNAPSHOT.md §4 to §6 say, and can be taken
 * down. What a test wants otherwise it replaces member by member.
 */
import { vi } from 'vitest'
import { createClient, type Client, type ClientOptions } from '../../../sdk/src/index.ts'
import type { WebSocketEvent, WebSocketLike } from '../../../sdk/src/client/stream.ts'
import { canonicalize } from '../../../sdk/src/core/canonicalize.ts'
import { formatKey, type ManifestClaims, type SnapshotBody } from '../../../sdk/src/core/index.ts'
import { deltaText, diffBodies } from '../../../worker/domain/delta.ts'
import { bodyOf, claimsOf, createSigner, NOW_MS, sha256Hex, type Signer } from '../verify/signer.ts'

export const KEY = formatKey('server', 'shop', 'production', 'abcdefghijABCDEFGHIJ0123456789')
export const URL_ = 'https://config.test'

type Listener = (event: WebSocketEvent) => void

/** The server's end of a WebSocket. */
export class FakeSocket implements WebSocketLike {
  readonly listeners = new Map<string, Listener[]>()
  readonly sent: string[] = []
  isOpen = false
  readonly url: string
  readonly protocols: readonly string[]

  constructor(url: string, protocols: readonly string[]) {
    this.url = url
    this.protocols = protocols
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener])
  }

  emit(type: string, event: { data?: unknown; code?: number } = {}): void {
    for (const listener of this.listeners.get(type) ?? []) listener({ type, ...event })
  }

  /** From the server. */
  say(message: unknown): void {
    this.emit('message', { data: typeof message === 'string' ? message : JSON.stringify(message) })
  }

  send(text: string): void {
    if (!this.isOpen) throw new Error('not open')
    this.sent.push(text)
  }

  close(code = 1005): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.emit('close', { code })
  }
}

export interface Head {
  readonly manifest: string
  readonly claims: ManifestClaims
  readonly body: string
}

export class FakeServer {
  readonly signer: Signer
  readonly sockets: FakeSocket[] = []
  /** `GET <path and query>` of each request, `WS <path and query>` of each connection. */
  readonly requests: string[] = []
  readonly requestHeaders: Headers[] = []
  readonly bodies = new Map<string, string>()
  /** By manifest. */
  readonly deltaTexts = new Map<string, string>()
  heads: Head[] = []
  isUp = true
  /** What came by `POST /v1/status`. */
  readonly posted: unknown[] = []
  /** Sends bodies along with heads. */
  inlineBodies = true
  /** Sends and names the deltas from each head to the next, and answers `since`. */
  deltas = false
  /** Keys it publishes. */
  keys: unknown[]
  /** Answers instead of the usual when it returns something. */
  intercept: (
    path: string,
    init: RequestInit | undefined,
  ) => Response | Promise<Response> | undefined = () => undefined
  /** Takes a connection otherwise when it returns true. */
  interceptSocket: (socket: FakeSocket) => boolean = () => false

  constructor(signer: Signer) {
    this.signer = signer
    this.keys = [signer.jwk]
  }

  get head(): Head | undefined {
    return this.heads.at(-1)
  }

  /** A new head without telling anyone. */
  async stage(parts: Partial<SnapshotBody>, claims: Partial<ManifestClaims> = {}): Promise<Head> {
    const revision = parts.revision ?? (this.head?.claims.revision ?? 0) + 1
    const body = canonicalize(bodyOf({ ...parts, revision }))
    const delta = this.head && this.deltas ? deltaBetween(this.head.body, body) : undefined
    const named = delta && {
      from: this.head?.claims.revision ?? 0,
      base: this.head?.claims.sha256 ?? '',
      sha256: await sha256Hex(delta),
    }
    const head = await this.sign(body, { ...(named && { delta: named }), ...claims })
    if (delta !== undefined) this.deltaTexts.set(head.manifest, delta)
    return head
  }

  /** The newest content under a new manifest. */
  async resign(claims: Partial<ManifestClaims> = {}): Promise<Head> {
    return this.sign(this.head?.body ?? '', claims)
  }

  private async sign(body: string, parts: Partial<ManifestClaims>): Promise<Head> {
    const { epoch = 1, seq = 0 } = this.head?.claims ?? {}
    const iat = Math.floor(Date.now() / 1000)
    const claims = await claimsOf(body, { iat, exp: iat + 86_400, epoch, seq: seq + 1, ...parts })
    const head = { manifest: await this.signer.sign(claims), claims, body }
    this.heads.push(head)
    this.bodies.set(claims.sha256, body)
    return head
  }

  /** A new head, told to every socket. */
  async publish(parts: Partial<SnapshotBody>, claims: Partial<ManifestClaims> = {}): Promise<Head> {
    const head = await this.stage(parts, claims)
    this.announce(head)
    return head
  }

  announce(head: Head): void {
    for (const socket of this.openSockets) socket.say(this.message(head))
  }

  get openSockets(): readonly FakeSocket[] {
    return this.sockets.filter((socket) => socket.isOpen)
  }

  /** Makes a document external. */
  async external(document: unknown): Promise<{ $external: { sha256: string; size: number } }> {
    const text = canonicalize(document)
    const sha256 = await sha256Hex(text)
    this.bodies.set(sha256, text)
    return { $external: { sha256, size: new TextEncoder().encode(text).length } }
  }

  message(head: Head): Record<string, unknown> {
    const delta = this.deltaTexts.get(head.manifest)
    return {
      type: 'head',
      manifest: head.manifest,
      ...(delta !== undefined && { delta }),
      ...(delta === undefined && this.inlineBodies && { body: head.body }),
    }
  }

  /** Everything is gone: connections break, requests fail. */
  down(): void {
    this.isUp = false
    for (const socket of this.openSockets) socket.close(1006)
  }

  up(): void {
    this.isUp = true
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const path = (typeof input === 'string' ? input : '').slice(URL_.length)
    this.requests.push(`GET ${path}`)
    this.requestHeaders.push(new Headers(init?.headers))
    if (!this.isUp) throw new TypeError('fetch failed')
    if (path === '/v1/status' && typeof init?.body === 'string') {
      this.posted.push(JSON.parse(init.body))
    }
    return (await this.intercept(path, init)) ?? this.answer(path, new Headers(init?.headers))
  }

  private answer(path: string, headers: Headers): Response {
    if (path === '/.well-known/jwks.json') return Response.json({ keys: this.keys })
    if (headers.get('authorization') !== `Bearer ${KEY}`) return new Response(null, { status: 401 })
    const { head } = this
    if (path === '/v1/status') return new Response(null, { status: 202 })
    if (path.startsWith('/v1/bodies/')) {
      const body = this.bodies.get(path.slice('/v1/bodies/'.length))
      return body === undefined ? new Response(null, { status: 404 }) : new Response(body)
    }
    if (!head) return new Response(null, { status: 404 })
    const etag = `"${head.claims.epoch}.${head.claims.seq}"`
    const answer = { etag, 'driftless-manifest': head.manifest }
    if (headers.get('if-none-match') === etag)
      return new Response(null, { status: 304, headers: answer })
    const since = /since=(\d+)/.exec(path)?.[1]
    const base = this.heads.findLast((one) => String(one.claims.revision) === since)
    if (this.deltas && since !== undefined && base) {
      const delta = deltaBetween(base.body, head.body)
      return new Response(delta, { headers: { ...answer, 'driftless-delta': since } })
    }
    return new Response(head.body, { headers: answer })
  }

  /** Give this to `createClient`. */
  readonly WebSocket: new (url: string, protocols: string[]) => FakeSocket = ((
    server: FakeServer,
  ) =>
    class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        server.requests.push(`WS ${url.slice(URL_.length - 2)}`)
        queueMicrotask(() => {
          if (!server.isUp) return this.emit('close', { code: 1006 })
          if (server.interceptSocket(this)) return
          this.isOpen = true
          server.sockets.push(this)
          this.emit('open')
          const { head } = server
          if (!head) return
          const { aud, epoch, seq } = head.claims
          this.say({ type: 'hello', aud, epoch, seq })
          const seen = new URL(url).searchParams.get('seen')
          if (seen !== `${epoch}.${seq}`) this.say(server.message(head))
        })
      }

      override send(text: string): void {
        super.send(text)
        if (text === 'ping' && server.isUp) queueMicrotask(() => this.say('pong'))
      }
    })(this)
}

function deltaBetween(before: string, after: string): string {
  return deltaText(diffBodies(JSON.parse(before), JSON.parse(after)))
}

export async function createFakeServer(): Promise<FakeServer> {
  return new FakeServer(await createSigner())
}

const clients: Client[] = []

/** A client of this server, its dice always showing 0.5. */
export function clientOf(server: FakeServer, options: Partial<ClientOptions> = {}): Client {
  const { fetch, WebSocket } = server
  const client = createClient({
    url: URL_,
    key: KEY,
    fetch,
    WebSocket,
    random: () => 0.5,
    reportStatus: false,
    ...options,
  })
  clients.push(client)
  return client
}

/** For `afterEach`: closes what the test opened and gives the clock back. */
export async function tidyUp(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  vi.useRealTimers()
}

// Signing and verifying happen on other threads, which fake timers do not know of.
const realSetTimeout = globalThis.setTimeout
const turn = (ms: number): Promise<unknown> => new Promise((resolve) => realSetTimeout(resolve, ms))

/** Lets everything that can happen without time passing happen. */
export async function settle(client: Client, rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    // What hangs until virtual time passes is not waited for.
    await Promise.race([client.flush(), turn(20)])
    await turn(0)
  }
}

/** Lets virtual time pass, in steps, so that what a timer starts is finished before the next is due. */
export async function pass(client: Client, ms: number, stepMs = 500): Promise<void> {
  const untilMs = Date.now() + ms
  await settle(client)
  while (Date.now() < untilMs) {
    await vi.advanceTimersByTimeAsync(Math.min(stepMs, untilMs - Date.now()))
    await settle(client, 1)
  }
  await settle(client)
}

export { NOW_MS }
