/**
 * The open sockets of one `<project>/<environment>/<audience>` and the newest head they were told. Sockets hibernate: the
 * object may be evicted between any two events, so the head lives in storage, what instances report in the attachments of
 * their sockets (in rows for those that poll), and nothing else is remembered. No timers and no alarms, which would keep it in
 * memory and billed.
 */
import { DurableObject } from 'cloudflare:workers'
import { compareOrder, type Order, parseAudience, type StatusReport, STREAM_PROTOCOL } from '#core'
import {
  type Convergence,
  convergenceOf,
  detailsOf,
  type FleetDetails,
  mergeDetails,
  newest,
} from '../../domain/fleet-details.ts'
import {
  type FleetEntry,
  type FleetSummary,
  mergeSummaries,
  summarize,
} from '../../domain/fleet.ts'
import { type Measures, measuresOf, mergeMeasures } from '../../domain/metrics.ts'
import { mergeUsers, secretUsers, type SecretUsers } from '../../domain/secret-users.ts'
import { parseOrder } from '../../domain/parse-order.ts'
import { readStatusMessage } from '../../domain/status.ts'
import type { Head } from '../project/interface.ts'
import { projectStub } from '../stubs.ts'
import { Branches } from './branches.ts'
import { Judge } from './judge.ts'
import {
  broadcast,
  CLOSE_GOING_AWAY,
  CLOSE_KEY_INVALID,
  CLOSE_NORMAL,
  closeAll,
  sweep,
} from './sockets.ts'
import type { HeadContent, HubRpc, Region } from './interface.ts'
import {
  candidateOf,
  goodbyeMessage,
  headMessages,
  helloMessage,
  type StoredHead,
  wantedOf,
} from './messages.ts'
import { parseNodeName } from './tree.ts'
import { type Attachment, attachmentOf, lastWords, PollingInstances, reportOf } from './reports.ts'

/** Sockets a hub takes; the platform's own limit is 32,768, memory is the nearer one. */
const MAX_SOCKETS = 5_000

/** Seconds after which a refused reader is asked to come back; readers add their own jitter. */
const RETRY_AFTER_SEC = 30

/** Tells Workers how many hubs there are. */
const SIZE_HEADER = 'driftless-hubs'

/** Says, in the storage of a hub that nobody needs any more, that new readers are to go elsewhere. */
const RETIRED = 'retired'

/** Over how long the readers of such a hub come back. */
const RETIRE_JITTER_MS = 60_000

/** How long a revoked key may be taken for a good one: KV's 60 s and a Worker's 5 s, doubled. STORAGE.md §6. */
const KEYS_LINGER_MS = 130_000

const NOTHING_KNOWN: Order = { epoch: 0, seq: 0 }

export class HubObject extends DurableObject<Env> implements HubRpc {
  /** A field so that a test need not open five thousand sockets. Not reachable over RPC. */
  maxSockets = MAX_SOCKETS
  nowMs = (): number => Date.now()

  readonly #polling: PollingInstances
  readonly #branches: Branches
  readonly #judge: Judge
  /** How many sockets may still come without being counted, when there is room `of` so many. */
  #room = { of: 0, left: 0 }

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#polling = new PollingInstances(state.storage)
    this.#judge = new Judge(state, env)
    this.#branches = new Branches(state.storage, env, state.id.name ?? '')
    // Answered by the runtime without waking this object.
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
  }

  async announce(head: Head, content?: HeadContent, size?: number): Promise<number> {
    const hubs = size ?? this.#branches.size()
    this.#take(head, content, hubs)
    const below = await this.#branches.tell(hubs, (child) => child.announce(head, content, hubs))
    const own = this.ctx.getWebSockets().length
    const sockets = below.reduce((sum, count) => sum + count, own)
    // Only the root knows of all.
    if (size === undefined) await this.#branches.shrink(sockets, this.maxSockets)
    return sockets
  }

  grow(from: number, hint?: Region): Promise<number> {
    return this.#branches.grow(from, hint)
  }

  async adopt(revokedKeyIds: readonly string[]): Promise<void> {
    this.ctx.storage.kv.delete(RETIRED)
    for (const keyId of revokedKeyIds) this.#branches.revoke(keyId)
  }

  async retire(): Promise<void> {
    // Before its readers are told: none of them is to come back here.
    this.ctx.storage.kv.put(RETIRED, true)
    await this.drain(0, RETIRE_JITTER_MS, 0)
    // What it knows would be old when it is needed again.
    await this.ctx.storage.deleteAll()
    this.#polling.forget()
    this.ctx.storage.kv.put(RETIRED, true)
  }

  async disconnect(keyId: string, size = this.#branches.size()): Promise<void> {
    // Remembered, since for some seconds a Worker may still take the key for a good one and hand its reader back to us.
    this.#branches.revoke(keyId)
    closeAll(this.ctx.getWebSockets(keyId), CLOSE_KEY_INVALID, 'the key is no longer valid')
    await this.#branches.tell(size, (child) => child.disconnect(keyId, size))
  }

  async disconnectAll(size = this.#branches.size()): Promise<void> {
    // Whoever is here first: should a hub below not answer, all of this is asked for again.
    closeAll(this.ctx.getWebSockets(), CLOSE_KEY_INVALID, 'the environment is gone')
    await this.#branches.tell(size, (child) => child.disconnectAll(size))
    await this.ctx.storage.deleteAll()
    this.#polling.forget()
    this.ctx.storage.kv.put('emptiedAtMs', this.nowMs())
    // Hubs that are there may be found by Workers that know of them: they are told what is announced next.
    this.#branches.keepSize(size)
  }

  async drain(
    reconnectAfterMs: number,
    jitterMs: number,
    size = this.#branches.size(),
  ): Promise<void> {
    const sockets = this.ctx.getWebSockets()
    broadcast(sockets, goodbyeMessage(reconnectAfterMs, jitterMs))
    closeAll(sockets, CLOSE_GOING_AWAY, 'going away')
    await this.#branches.tell(size, (child) => child.drain(reconnectAfterMs, jitterMs, size))
  }

  /** The upgrade. The Worker has authenticated and hands over `?key=<key id>&seen=<epoch>.<seq>&place=<place>`, never the key itself. */
  override async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams
    const keyId = query.get('key')
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket' || keyId === null) {
      return new Response(null, { status: 426, headers: { upgrade: 'websocket' } })
    }
    if (this.ctx.storage.kv.get(RETIRED) !== undefined) return new Response(null, { status: 410 })
    const hubs = { [SIZE_HEADER]: String(this.#branches.size()) }
    if (!this.#hasRoom()) {
      return new Response(null, {
        status: 503,
        headers: { ...hubs, 'retry-after': String(RETRY_AFTER_SEC) },
      })
    }
    if (!(await this.#admits(keyId))) return new Response(null, { status: 401 })
    // Before the socket is accepted, so that nothing announced meanwhile can come before `hello`.
    const head = await this.#newestHead()
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server, [keyId])
    this.#room.left--
    const attachment: Attachment = { keyId, acceptedAtMs: this.nowMs() }
    server.serializeAttachment(attachment)
    const seen = parseOrder(query.get('seen')) ?? NOTHING_KNOWN
    server.send(helloMessage(this.#audience(), head ?? NOTHING_KNOWN, query.get('place')))
    if (head !== null && compareOrder(seen, head) < 0) server.send(head.message)
    const headers = new Headers(hubs)
    if (request.headers.has('sec-websocket-protocol')) {
      headers.set('sec-websocket-protocol', STREAM_PROTOCOL)
    }
    return new Response(null, { status: 101, webSocket: client, headers })
  }

  /**
   * Whether the key is still good, as far as we were told. Just after the environment went, Workers and KV may still vouch
   * for its keys, and another one of the same name may have been made: then the project itself is asked.
   */
  async #admits(keyId: string): Promise<boolean> {
    if (this.#branches.isRevoked(keyId)) return false
    const emptiedAtMs = this.ctx.storage.kv.get<number>('emptiedAtMs')
    if (emptiedAtMs === undefined || this.nowMs() >= emptiedAtMs + KEYS_LINGER_MS) return true
    const name = parseAudience(this.#audience())
    if (name === undefined) return false
    const keys = await projectStub(this.env, name.project).keys()
    return keys.ok && keys.value.some((key) => key.id === keyId && key.revokedAtMs === null)
  }

  async report(report: StatusReport): Promise<void> {
    this.#polling.put(report, this.nowMs())
    this.#judge.heed(report, parseAudience(this.#audience()))
  }

  async fleet(size = this.#branches.size()): Promise<FleetSummary> {
    this.#sweep()
    const children = await this.#branches.tell(size, (child) => child.fleet(size))
    const own = summarize(this.#entries())
    return children.length === 0 ? own : mergeSummaries([own, ...children])
  }

  async fleetDetails(size = this.#branches.size()): Promise<FleetDetails> {
    this.#sweep()
    const children = await this.#branches.tell(size, (child) => child.fleetDetails(size))
    const sockets = this.ctx.getWebSockets().length
    const stored = this.#storedHead()
    const own = detailsOf(this.#entries(), sockets, stored && wantedOf(stored), this.#history())
    return children.length === 0 ? own : mergeDetails([own, ...children])
  }

  async measures(
    deployment: string,
    metrics: readonly string[],
    size = this.#branches.size(),
  ): Promise<Measures> {
    const children = await this.#branches.tell(size, (child) =>
      child.measures(deployment, metrics, size),
    )
    const reports = this.#entries().map(({ report }) => report)
    const own = measuresOf(reports, deployment, metrics)
    return children.length === 0 ? own : mergeMeasures([own, ...children])
  }

  async secretUsers(
    secret: string,
    version: number,
    size = this.#branches.size(),
  ): Promise<SecretUsers> {
    this.#sweep()
    const children = await this.#branches.tell(size, (child) =>
      child.secretUsers(secret, version, size),
    )
    return mergeUsers([secretUsers(this.#entries(), secret, version), ...children])
  }

  /**
   * Sockets are counted only when as many came as there was room for: listing thousands for each that connects would cost more
   * than connecting them. Those that went meanwhile can only make more room.
   */
  #hasRoom(): boolean {
    const { maxSockets } = this
    const recount = (): number => maxSockets - this.ctx.getWebSockets().length
    if (this.#room.of === maxSockets && this.#room.left > 0) return true
    this.#room = { of: maxSockets, left: recount() }
    if (this.#room.left > 0) return true
    this.#sweep()
    this.#room.left = recount()
    return this.#room.left > 0
  }

  #sweep(): void {
    sweep(this.ctx, this.nowMs(), this.#storedHead()?.sentAtMs ?? 0)
  }

  #entries(): readonly FleetEntry[] {
    const ofSockets = this.ctx
      .getWebSockets()
      .map((socket) => attachmentOf(socket)?.last)
      .filter((entry): entry is FleetEntry => entry !== undefined)
    return lastWords([...this.#polling.entries(this.nowMs()), ...ofSockets])
  }

  #history(): readonly Convergence[] {
    return this.ctx.storage.kv.get<readonly Convergence[]>('history') ?? []
  }

  /** A status report; anything else is ignored. */
  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const report = typeof message === 'string' ? readStatusMessage(message) : null
    if (report === null) return
    reportOf(socket, report, this.nowMs())
    this.#judge.heed(report, parseAudience(this.#audience()))
  }

  /** Answers the reader's close: without this the socket, and what it reported, stays here until the reader's patience ends. */
  override webSocketClose(socket: WebSocket): void {
    closeAll([socket], CLOSE_NORMAL, '')
  }

  /** A broken socket is removed by the runtime; the reader comes back by itself. */
  override webSocketError(): void {}

  /**
   * The stored head; before the first announcement, the project's. A project that does not answer must not keep readers
   * from connecting: they get the head when it is announced, and poll meanwhile.
   */
  async #newestHead(): Promise<StoredHead | null> {
    const stored = this.#storedHead()
    if (stored !== null) return stored
    const name = parseAudience(this.#audience())
    if (name === undefined) return null
    try {
      const project = projectStub(this.env, name.project)
      const head = await project.head(name.environment, name.audience)
      if (head !== null) this.#take(head)
    } catch {
      // See above.
    }
    return this.#storedHead()
  }

  /** Everything that is learnt about a newer head goes this way, so that no socket misses what another one asked for. */
  #take(head: Head, content: HeadContent = {}, size = 1): void {
    const known = this.#storedHead()
    if (known !== null && compareOrder(head, known) <= 0) return
    const isContent = known?.revision !== head.revision
    // How the content before got through is written down once, when it is over: each report would cost a write.
    if (known !== null && isContent) {
      const history = newest([convergenceOf(this.#entries(), known), ...this.#history()])
      this.ctx.storage.kv.put('history', history)
    }
    const { epoch, seq, revision } = head
    const candidate = candidateOf(head.manifest)
    const messages = headMessages(head.manifest, content, size)
    const stored: StoredHead = {
      epoch,
      seq,
      revision,
      ...(candidate !== undefined && { candidate }),
      announcedAtMs: isContent ? this.nowMs() : known.announcedAtMs,
      sentAtMs: this.nowMs(),
      message: messages.first,
    }
    this.#sweep()
    this.ctx.storage.kv.put('head', stored)
    broadcast(this.ctx.getWebSockets(), messages.next)
  }

  #storedHead(): StoredHead | null {
    return this.ctx.storage.kv.get<StoredHead>('head') ?? null
  }

  #audience(): string {
    return parseNodeName(this.ctx.id.name ?? '').aud
  }
}
