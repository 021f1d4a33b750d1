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
import { hubStub, projectStub } from '../stubs.ts'
import type { HeadContent, HubRpc } from './interface.ts'
import {
  candidateOf,
  goodbyeMessage,
  headMessages,
  helloMessage,
  type StoredHead,
  wantedOf,
} from './messages.ts'
import { childrenOf, MAX_NODES, parseNodeName } from './tree.ts'
import {
  type Attachment,
  attachmentOf,
  lastWords,
  PollingInstances,
  reportOf,
  silentSockets,
} from './reports.ts'

/** Sockets a hub takes; the platform's own limit is 32,768, memory is the nearer one. */
const MAX_SOCKETS = 5_000

/** Seconds after which a refused reader is asked to come back; readers add their own jitter. */
const RETRY_AFTER_SEC = 30

/** Tells Workers how many hubs there are. */
const SIZE_HEADER = 'driftless-hubs'

const REVOKED = 'revoked/'

/** How long a revoked key may be taken for a good one: KV's 60 s and a Worker's 5 s, doubled. STORAGE.md §6. */
const KEYS_LINGER_MS = 130_000

/** Between two looks at a fleet that only measures; the one timer here, while content is being released. */
const JUDGE_GAP_MS = 1_000

/** Close codes of RFC 6455 §7.4.1 and SNAPSHOT.md §5. */
const CLOSE_NORMAL = 1000
const CLOSE_GOING_AWAY = 1001
const CLOSE_KEY_INVALID = 4401
/** RFC 6455 §7.4.1: an unexpected condition. */
const CLOSE_BROKEN = 1011

const NOTHING_KNOWN: Order = { epoch: 0, seq: 0 }

export class HubObject extends DurableObject<Env> implements HubRpc {
  /** A field so that a test need not open five thousand sockets. Not reachable over RPC. */
  maxSockets = MAX_SOCKETS
  nowMs = (): number => Date.now()

  readonly #polling: PollingInstances
  #judging = false
  #judgeAgain = false
  /** Ends the pause between two questions. */
  #calm: AbortController | undefined
  /** A deployment whose gate does not ask for metrics. */
  #unmeasured: string | undefined

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#polling = new PollingInstances(state.storage)
    // Answered by the runtime without waking this object.
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
  }

  async announce(head: Head, content?: HeadContent, size = this.#size()): Promise<void> {
    this.#take(head, content, size)
    await this.#tell(size, (child) => child.announce(head, content, size))
  }

  async grow(from: number): Promise<number> {
    const size = this.#size()
    if (size !== from || size >= MAX_NODES) return size
    // Counted first, so that nothing is announced past it once it has readers.
    this.ctx.storage.kv.put('size', size + 1)
    const revoked = [...this.ctx.storage.kv.list({ prefix: REVOKED })]
    await this.#hub(size)?.adopt(revoked.map(([key]) => key.slice(REVOKED.length)))
    return size + 1
  }

  async adopt(revokedKeyIds: readonly string[]): Promise<void> {
    for (const keyId of revokedKeyIds) this.ctx.storage.kv.put(`${REVOKED}${keyId}`, true)
  }

  async disconnect(keyId: string, size = this.#size()): Promise<void> {
    // Remembered, since for some seconds a Worker may still take the key for a good one and hand its reader back to us.
    this.ctx.storage.kv.put(`${REVOKED}${keyId}`, true)
    this.#closeAll(this.ctx.getWebSockets(keyId), CLOSE_KEY_INVALID, 'the key is no longer valid')
    await this.#tell(size, (child) => child.disconnect(keyId, size))
  }

  async disconnectAll(size = this.#size()): Promise<void> {
    // Whoever is here first: should a hub below not answer, all of this is asked for again.
    this.#closeAll(this.ctx.getWebSockets(), CLOSE_KEY_INVALID, 'the environment is gone')
    await this.#tell(size, (child) => child.disconnectAll(size))
    await this.ctx.storage.deleteAll()
    this.#polling.forget()
    this.ctx.storage.kv.put('emptiedAtMs', this.nowMs())
    // Hubs that are there may be found by Workers that know of them: they are told what is announced next.
    if (size > 1) this.ctx.storage.kv.put('size', size)
  }

  async drain(reconnectAfterMs: number, jitterMs: number, size = this.#size()): Promise<void> {
    const sockets = this.ctx.getWebSockets()
    this.#broadcast(sockets, goodbyeMessage(reconnectAfterMs, jitterMs))
    this.#closeAll(sockets, CLOSE_GOING_AWAY, 'going away')
    await this.#tell(size, (child) => child.drain(reconnectAfterMs, jitterMs, size))
  }

  /** The upgrade. The Worker has authenticated and hands over `?key=<key id>&seen=<epoch>.<seq>&place=<place>`, never the key itself. */
  override async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams
    const keyId = query.get('key')
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket' || keyId === null) {
      return new Response(null, { status: 426, headers: { upgrade: 'websocket' } })
    }
    const hubs = { [SIZE_HEADER]: String(this.#size()) }
    if (this.ctx.getWebSockets().length >= this.maxSockets) this.#sweep()
    if (this.ctx.getWebSockets().length >= this.maxSockets) {
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
    if (this.ctx.storage.kv.get(`${REVOKED}${keyId}`) !== undefined) return false
    const emptiedAtMs = this.ctx.storage.kv.get<number>('emptiedAtMs')
    if (emptiedAtMs === undefined || this.nowMs() >= emptiedAtMs + KEYS_LINGER_MS) return true
    const name = parseAudience(this.#audience())
    if (name === undefined) return false
    const keys = await projectStub(this.env, name.project).keys()
    return keys.ok && keys.value.some((key) => key.id === keyId && key.revokedAtMs === null)
  }

  async report(report: StatusReport): Promise<void> {
    this.#polling.put(report, this.nowMs())
    this.#heed(report)
  }

  async fleet(size = this.#size()): Promise<FleetSummary> {
    this.#sweep()
    const children = await this.#tell(size, (child) => child.fleet(size))
    const own = summarize(this.#entries())
    return children.length === 0 ? own : mergeSummaries([own, ...children])
  }

  async fleetDetails(size = this.#size()): Promise<FleetDetails> {
    this.#sweep()
    const children = await this.#tell(size, (child) => child.fleetDetails(size))
    const sockets = this.ctx.getWebSockets().length
    const stored = this.#storedHead()
    const own = detailsOf(this.#entries(), sockets, stored && wantedOf(stored), this.#history())
    return children.length === 0 ? own : mergeDetails([own, ...children])
  }

  async measures(
    deployment: string,
    metrics: readonly string[],
    size = this.#size(),
  ): Promise<Measures> {
    const children = await this.#tell(size, (child) => child.measures(deployment, metrics, size))
    const reports = this.#entries().map(({ report }) => report)
    const own = measuresOf(reports, deployment, metrics)
    return children.length === 0 ? own : mergeMeasures([own, ...children])
  }

  async secretUsers(secret: string, version: number, size = this.#size()): Promise<SecretUsers> {
    this.#sweep()
    const children = await this.#tell(size, (child) => child.secretUsers(secret, version, size))
    return mergeUsers([secretUsers(this.#entries(), secret, version), ...children])
  }

  /** How many hubs the audience has; only the root is told. */
  #size(): number {
    return this.ctx.storage.kv.get<number>('size') ?? 1
  }

  #hub(node: number): HubRpc | undefined {
    const name = parseAudience(this.#audience())
    return name && hubStub(this.env, name, node)
  }

  /** Has each hub below do the same. Rejects, after all were asked, when one could not: the caller asks again. */
  async #tell<T>(size: number, ask: (child: HubRpc) => Promise<T>): Promise<T[]> {
    const children = childrenOf(parseNodeName(this.ctx.id.name ?? '').node, size)
      .map((node) => this.#hub(node))
      .filter((child) => child !== undefined)
    const results = await Promise.allSettled(children.map(ask))
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  /**
   * Closes sockets of readers that are gone without a word, or do not read: they answer no ping. Nothing is awaited and no
   * timer runs; it is done when room is needed, somebody counts, or a head comes.
   */
  #sweep(): void {
    const toldAtMs = this.#storedHead()?.sentAtMs ?? 0
    const silent = silentSockets(this.ctx, this.nowMs(), toldAtMs)
    this.#closeAll(silent, CLOSE_GOING_AWAY, 'not heard of')
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
    this.#heed(report)
  }

  /** A failure under a deployment is the project's business at once, not only when the next step is due; so are metrics. */
  #heed({ state, deployment, group, metrics }: StatusReport): void {
    if (deployment === undefined) return
    const isFailure = state === 'failed' || state === 'quarantined'
    const isMeasured =
      metrics !== undefined && group === 'candidate' && deployment !== this.#unmeasured
    if (!isFailure && !isMeasured) return
    if (isFailure) this.#calm?.abort()
    // One question at a time: the next has the answers to all that came meanwhile.
    if (this.#judging) {
      this.#judgeAgain = true
      return
    }
    this.#judging = true
    this.ctx.waitUntil(this.#judge(deployment))
  }

  async #judge(deployment: string): Promise<void> {
    const name = parseAudience(this.#audience())
    try {
      do {
        this.#judgeAgain = false
        if (name === undefined) return
        const project = projectStub(this.env, name.project)
        const isMeasuring = await project.judgeDeployment(name.environment)
        if (!isMeasuring) this.#unmeasured = deployment
        if (this.#judgeAgain) await this.#wait()
      } while (this.#judgeAgain)
    } catch {
      // The project looks by itself before its next step.
    } finally {
      this.#judging = false
    }
  }

  /** Metrics come all the time, and counting a large fleet is work: not more often than this, unless something failed. */
  async #wait(): Promise<void> {
    this.#calm = new AbortController()
    await scheduler.wait(JUDGE_GAP_MS, { signal: this.#calm.signal }).catch(() => {})
    this.#calm = undefined
  }

  /** Answers the reader's close: without this the socket, and what it reported, stays here until the reader's patience ends. */
  override webSocketClose(socket: WebSocket): void {
    this.#closeAll([socket], CLOSE_NORMAL, '')
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
    this.#broadcast(this.ctx.getWebSockets(), messages.next)
  }

  #storedHead(): StoredHead | null {
    return this.ctx.storage.kv.get<StoredHead>('head') ?? null
  }

  #broadcast(sockets: readonly WebSocket[], message: string): void {
    for (const socket of sockets) {
      try {
        socket.send(message)
      } catch {
        this.#closeAll([socket], CLOSE_BROKEN, 'could not be reached')
      }
    }
  }

  #closeAll(sockets: readonly WebSocket[], code: number, reason: string): void {
    for (const socket of sockets) {
      try {
        socket.close(code, reason)
      } catch {
        // Already closed: what was wanted.
      }
    }
  }

  #audience(): string {
    return parseNodeName(this.ctx.id.name ?? '').aud
  }
}
