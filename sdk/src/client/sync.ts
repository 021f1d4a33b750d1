/**
 * Keeps a snapshot up to date: does what state.ts decides, one step after the other, and hands what arrives to snapshot.ts.
 * Everything that comes in is taken one at a time, so that order means something.
 */
import type { Evaluator } from '../core/evaluation.ts'
import type { ManifestClaims, SnapshotBody } from '../core/snapshot.ts'
import { STREAM_PROTOCOL, type StreamMessage } from '../core/wire.ts'
import { formatOrder, verifyBytes } from '../verify.ts'
import { createConnection } from './connection.ts'
import { asError, DriftlessError, type DriftlessErrorCode } from './errors.ts'
import type { DocumentError } from './document-error.ts'
import type { Documents } from './documents.ts'
import type { ExternalsRim, Externals } from './externals.ts'
import { createHttp } from './http.ts'
import type { ClientEvents } from './interface.ts'
import { createKeyRing, type KeySet } from './keys.ts'
import { KEYS_MAX_AGE_MS, MAX_JITTER_MS, MAX_TIMER_MS, POLL_MS } from './limits.ts'
import type { Local } from './local.ts'
import { readMessage } from './messages.ts'
import type { ClientOptions } from './options.ts'
import type { Overrides } from './overrides.ts'
import { isSpecial, plainDocuments } from './plain-documents.ts'
import { contentOf, createRemote, limited } from './remote.ts'
import type { Secrets } from './secrets.ts'
import {
  nextSnapshot,
  type Content,
  type Instance,
  type ReadContent,
  type Snapshot,
  type TakenClaims,
} from './snapshot.ts'
import { createMachine, type Machine, type Source } from './state.ts'
import { after } from './timer.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** `revision`: of what is being taken. */
export type Progress =
  | { readonly type: 'opened' | 'applied' | 'used' }
  | { readonly type: 'applying' | 'quarantined'; readonly revision: number }

export interface Sync {
  readonly machine: Machine
  readonly snapshot: Snapshot | undefined
  /** Of the snapshot, with what is forced. */
  readonly evaluator: Evaluator | undefined
  readonly overrides: Overrides | undefined
  readonly externals: Externals
  readonly self: Instance
  secrets(): Promise<Secrets>
  /** Of the secrets that were handed out. */
  readonly secretVersions: Readonly<Record<string, number>> | undefined
  /** Of a document of the snapshot in use that could not be handed out. */
  readonly documentError: DocumentError | undefined
  /** Fetches a config's external document if it has one and it is not there; failures are reported and tried again. */
  want(name: string): void
  /** Where the server answers, as far as is known. */
  readonly url: string
  /** Says something over the stream; false when there is none that can carry it. */
  say(text: string): boolean
  /** Told when a stream opens, when newer content is being taken, and that it was. May be replaced. */
  tell: (what: Progress) => void
  settled(): Promise<void>
  close(): void
}

/** Nothing is told before this returns. */
export function startSync(
  options: ClientOptions,
  instance: string,
  urls: readonly string[],
  audience: string,
  emit: <Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]) => void,
): Sync {
  const { key, issuer = 'driftless', pins, now = Date.now, cache, bootstrap } = options
  const { random = Math.random, fetch = globalThis.fetch, bucketers } = options
  const { stream = true, pollMs = POLL_MS } = options
  const http = createHttp(fetch)
  const remote = createRemote(options, urls, http)
  // A copy: labels that change meanwhile would move it from one content of a release to the other.
  const self: Instance = { id: instance, labels: { ...options.labels } }
  let snapshot: Snapshot | undefined
  // Most applications have none in the first second, and many none at all.
  let loading: Promise<Secrets> | undefined
  let opened: Secrets | undefined
  const loadSecrets = (): Promise<Secrets> =>
    (loading ??= import('./secrets.ts').then(
      ({ createSecrets }) =>
        (opened = createSecrets(
          key,
          now,
          () => snapshot?.body.secrets ?? {},
          () => sync.tell({ type: 'used' }),
        )),
    ))
  /** Of the snapshot. */
  let documents: Documents = new Map()

  const inUse = (): ClientEvents['changed'] => ({
    source: machine.source,
    revision: snapshot?.body.revision ?? 0,
  })
  const report = (caught: unknown, code: DriftlessErrorCode = 'network'): DriftlessError => {
    const error = asError(caught, code)
    emit('error', error)
    return error
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

  const connection = createConnection({
    constructor: async () =>
      options.WebSocket ??
      globalThis.WebSocket ??
      (await import('./event-socket.ts')).createEventSocket(createHttp(fetch)),
    address() {
      const seen = machine.floor ? `?seen=${formatOrder(machine.floor)}` : ''
      return `${remote.url}/v1/stream${seen}`.replace('http', 'ws')
    },
    protocols: [STREAM_PROTOCOL, key],
    opened() {
      machine.opened()
      sync.tell({ type: 'opened' })
    },
    heard(data) {
      machine.heard()
      receive(data)
    },
    closed(wasOpen, { code, retryAfterMs }) {
      if (!wasOpen) remote.tryNext()
      if (code === 4401) report(new DriftlessError('denied', 'the stream was closed'))
      machine.closed(code, retryAfterMs)
    },
    failed: report,
  })
  let newest: Extract<StreamMessage, { readonly type: 'head' }> | undefined
  const receive = (data: unknown): void => {
    const message = data === 'pong' ? undefined : readMessage(String(data))
    if (message?.type === 'goodbye') machine.goodbye(message)
    if (message?.type === 'hello') {
      if (message.aud !== audience) throw new TypeError('for somebody else')
      self.place ??= message.place
      machine.hello(message)
    }
    if (message?.type === 'head') {
      // Of heads that come faster than they can be taken only the newest counts.
      newest = message
      // A whole fleet was told in the same moment. Whoever waits already is not sent back by the next head.
      if (snapshot && message.jitterMs)
        cancelHeld ??= after(random() * Math.min(message.jitterMs, MAX_JITTER_MS), takeNewest)
      else takeNewest()
    }
  }
  let cancelHeld: (() => void) | undefined
  const takeNewest = (): void => {
    cancelHeld?.()
    cancelHeld = undefined
    void inTurn(async () => {
      if (!newest) return
      const { manifest, body, delta } = newest
      newest = undefined
      await take('stream', manifest, async (claims) =>
        delta !== undefined && claims.delta?.base === snapshot?.claims.sha256
          ? { bytes: encodeUtf8(delta), isDelta: true }
          : body === undefined
            ? fetchContent(manifest, claims)
            : { bytes: encodeUtf8(body) },
      )
    })
  }

  const poll = async (): Promise<void> => {
    // Polls are spread over time, heads are not: so that a publish does not make a whole fleet ask for keys at once.
    if (snapshot) void inTurn(() => keys.of(KEYS_MAX_AGE_MS / 2))
    const { floor, wanted } = machine
    let isOk = false
    let error
    try {
      const asked = { since: snapshot?.body.revision, min: wanted, floor }
      isOk = await remote.snapshot(asked, async (response) => {
        if (floor && response.status === 304) return true
        return inTurn(() =>
          take('poll', manifestOf(response), (claims) => contentOf(response, claims)),
        )
      })
    } catch (caught) {
      error = report(caught)
      if (error.code === 'network') remote.tryNext()
    }
    machine.polled(isOk, error)
    // Whatever failed to come before has another chance now.
    refreshExternals()
  }

  /** What a head of the stream came without: the way there if the server knows one, else the body. */
  const fetchContent = async (manifest: string, claims: ManifestClaims): Promise<Content> =>
    (snapshot &&
      (await remote.snapshot({ since: snapshot.body.revision, min: claims }, async (response) =>
        // By now there may be a newer one.
        manifestOf(response) === manifest ? contentOf(response, claims) : undefined,
      ))) ?? { bytes: await remote.body(claims) }
  const keys = createKeyRing(remote.keys, now, report)
  /** Whether the snapshot is now the one in use, be it that it was already. Never rejects. */
  const take = async (
    source: Source,
    manifest: string,
    readContent: ReadContent,
    ownKeys?: KeySet,
  ): Promise<boolean> => {
    const before = snapshot
    const acceptExpired = ownKeys !== undefined
    const floor = before && {
      ...before.claims,
      sha256: before.claims.signed ?? before.claims.sha256,
    }
    const policy = { issuer, audience, pins, acceptExpired, nowMs: now(), floor }
    let claims: TakenClaims | undefined
    try {
      const next = await nextSnapshot(
        before,
        manifest,
        policy,
        ownKeys ? async () => ownKeys : keys.of,
        async (named) => {
          claims = named
          if (local?.isBad(named.sha256)) quarantine(named)
          sync.tell({ type: 'applying', revision: named.revision })
          limited(named)
          // What comes with a manifest is its stable content.
          return named.signed && !ownKeys ? { bytes: await remote.body(named) } : readContent(named)
        },
        remote.body,
        self,
        bucketers,
      )
      if (!('ok' in next)) {
        if (next.body !== before?.body && local && !(await local.admits(next.claims.sha256)))
          quarantine(next.claims)
        // Of the same content: prepared before.
        const prepared =
          next.body === before?.body
            ? documents
            : await (await externalsFor(next.body)).prepareAll(next.body, documents)
        documents = prepared
        snapshot = next
        machine.accepted(source, next.claims)
        if (next !== before && !ownKeys) save()
        if (next.body !== before?.body) {
          emit('changed', inUse())
          refreshExternals()
        }
        sync.tell({ type: 'applied' })
        if (next.body !== before?.body)
          for (const name of Object.keys(next.body.configs)) refuseDocument(externals.error(name))
        if (next.refused && next.refused !== before?.refused)
          emit('rejected', { source, ...next.refused })
        return true
      }
      const { code, message } = next
      emit('rejected', { source, code, message, revision: claims?.revision })
    } catch (caught) {
      report(caught)
    }
    if (source === 'stream') machine.rejected(claims)
    return false
  }

  const quarantine = ({ revision }: ManifestClaims): never => {
    sync.tell({ type: 'quarantined', revision })
    throw new DriftlessError('quarantined', `processes died of revision ${revision}`)
  }

  /** Where the last snapshot is kept, and what came with the application. Most have neither. */
  let local: Local | undefined
  const takeLocal = async (): Promise<void> => {
    if (!cache && bootstrap === undefined) return
    const { createLocal } = await import('./local.ts')
    local = createLocal(options, audience, {
      async take(source, { manifest, body, keys: ownKeys }) {
        const isTaken = await take(
          source,
          manifest,
          async () => ({ bytes: encodeUtf8(body) }),
          ownKeys,
        )
        if (isTaken) keys.current = ownKeys
        return isTaken
      },
      async text() {
        const held = await proven()
        return JSON.stringify({
          manifest: held?.manifest,
          body: decodeUtf8(held?.bytes),
          keys: keys.current,
          externals: externals.texts(),
        })
      },
      onError: (caught) => report(caught, 'cache'),
    })
    await local.take()
  }
  let overrides: Overrides | undefined
  const takeOverrides = async (): Promise<void> => {
    if (!options.overrides) return
    const { startOverrides } = await import('./overrides.ts')
    overrides = await startOverrides(options, audience, {
      changed() {
        if (snapshot) emit('changed', inUse())
        sync.tell({ type: 'used' })
      },
      onError: (error) => {
        report(error)
        sync.tell({ type: 'used' })
      },
    })
    if (machine.status === 'closed') overrides?.close()
  }
  /** The snapshot in use. What came by delta is hashed as a whole before it is kept (SNAPSHOT.md §3.4). */
  const proven = (): Promise<Snapshot | undefined> =>
    inTurn(async () => {
      if (!snapshot || snapshot.bytes) return snapshot
      const { prove } = await import('./delta.ts')
      const { body } = snapshot
      snapshot = await prove(snapshot, remote.body)
      if (snapshot.body !== body) emit('changed', inUse())
      return snapshot
    })
  const save = (): void => {
    if (local) void track(local.save())
  }

  let externals = plainDocuments(() => snapshot?.body, options)
  let isPlain = true
  /** What can hand out the documents of a body. Where it cannot be loaded those that need it are withheld, and nothing else. */
  const externalsFor = async (body: SnapshotBody): Promise<Externals> => {
    if (!isPlain || !Object.keys(body.configs).some((name) => isSpecial(body, name, options)))
      return externals
    try {
      const { createExternals } = await import('./externals.ts')
      externals = createExternals(options, loadSecrets, rim, externals.names())
      isPlain = false
    } catch (caught) {
      report(caught)
    }
    return externals
  }
  const rim: ExternalsRim = {
    body: () => snapshot?.body,
    prepared: () => documents,
    async read(named) {
      const kept = encodeUtf8(local?.stored(named.sha256))
      if (!(await verifyBytes(kept, named))) return kept
      const bytes = await remote.body(named)
      const refusal = await verifyBytes(bytes, named)
      if (refusal) throw new DriftlessError('rejected', refusal.message)
      return bytes
    },
    arrived(error) {
      save()
      emit('changed', inUse())
      refuseDocument(error)
      sync.tell({ type: 'applied' })
    },
  }
  const refuseDocument = (error: DocumentError | undefined): void => {
    if (!error) return
    const { reason: code, message, config } = error
    emit('rejected', { ...inUse(), code, message, config })
  }
  const want = (name: string): void =>
    void track(
      externals.load(name).catch((caught) => {
        report(caught)
        // The poll that this brings nearer will try again.
        machine.rejected()
      }),
    )
  const refreshExternals = (): void => {
    for (const name of externals.names()) want(name)
  }

  const manifestOf = ({ headers }: Response): string => {
    self.place ??= headers.get('driftless-place')
    return headers.get('driftless-manifest') ?? ''
  }

  let disarm: (() => void) | undefined
  const machine = createMachine(stream, pollMs, now, random, {
    connect: () => void connection.connect(),
    drop: connection.drop,
    ping: connection.ping,
    poll: () => void track(poll()),
    status: (status) => emit(status, inUse()),
    wakeIn(ms) {
      disarm?.()
      if (ms < Infinity) disarm = after(Math.min(ms, MAX_TIMER_MS), machine.wake)
    },
  })

  // What is forced is forced from the first evaluation on.
  void inTurn(() => takeOverrides().catch(report).then(takeLocal).catch(report)).then(machine.wake)
  const sync: Sync = {
    get url() {
      return remote.url
    },
    machine,
    get snapshot() {
      return snapshot
    },
    get evaluator() {
      return snapshot && (overrides?.evaluator(snapshot) ?? snapshot.evaluator)
    },
    get overrides() {
      return overrides
    },
    get externals() {
      return externals
    },
    self,
    secrets: loadSecrets,
    get secretVersions() {
      return opened?.versions()
    },
    get documentError() {
      const names = Object.keys(snapshot?.body.configs ?? {})
      return names.map((name) => externals.error(name)).find((error) => error)
    },
    want,
    say: connection.say,
    tell: () => {},
    async settled() {
      while (pending.size) await Promise.allSettled(pending)
    },
    close() {
      cancelHeld?.()
      machine.close()
      http.close()
      overrides?.close()
      if (local) void track(local.close())
    },
  }
  return sync
}
