/**
 * Carries committed changes to readers: build and sign a head, then KV bodies, KV head and the hub, each recorded when
 * done and each tried although another fails. At least once: every step may be repeated after a crash.
 */
import { formatAudience, MAX_HEAD_MESSAGE_BYTES } from '#core'
import { getBlob, getText } from './blobs.ts'
import { deltaList, deltaTo } from './deltas.ts'
import { buildHead, requestOverdueHead, RESIGN_AFTER_MS } from './head-builder.ts'
import { dropToldKeys, postponeKey, readUntoldKey, setKeyTold, untoldKeys } from './keys.ts'
import { Lanes } from './lanes.ts'
import {
  dueRows,
  headsSignedBefore,
  nextDueMs,
  postpone,
  readHead,
  readOutbox,
  requestBuild,
  servedHead,
  setEffectDone,
  settleOutbox,
} from './outbox.ts'
import { readProject } from './project-row.ts'
import { takeEndedGraces } from './secret-rows.ts'
import type { AudienceName } from '#core'
import type { HubRpc } from '../hub/interface.ts'
import type { BuildPorts } from './head-builder.ts'
import type { KeyScope } from './interface.ts'
import type { Effect, HeadRow, Target } from './outbox.ts'

/** How long KV keeps a body; it is put again with every re-signing while it is current. */
const BODY_TTL_SEC = 30 * 24 * 60 * 60
/** KV takes one write a second of one key. */
const HEAD_SPACING_MS = 1_000
const MAX_BACKOFF_MS = 60_000
/** The alarm comes for what a drain left; so far ahead that a drain under way is usually through. */
const ALARM_DELAY_MS = 1_000
/** Audiences worked on at the same time: each may hold a body of 20 MiB. */
const CONCURRENCY = 4

export interface PublishPorts extends BuildPorts {
  readonly kv: () => Pick<KVNamespace, 'put' | 'delete'>
  readonly hub: (name: AudienceName) => Pick<HubRpc, 'announce' | 'disconnect' | 'disconnectAll'>
  /** When the object's alarm has something else to do; undefined: never. */
  readonly otherDueMs?: () => number | undefined
  /** What failed and will be tried again: nobody waits for it, so nobody else would hear of it. */
  readonly report: (error: unknown) => void
}

export class Publisher {
  readonly #ports: PublishPorts
  readonly #sql: SqlStorage
  readonly #lanes = new Lanes()
  readonly #headPutAtMs = new Map<string, number>()

  constructor(ports: PublishPorts) {
    this.#ports = ports
    this.#sql = ports.storage.sql
  }

  /** Does all that is due. Failures are written down and tried again by the alarm; nothing is thrown for them. */
  async drain(): Promise<void> {
    const nowMs = this.#ports.nowMs()
    for (const head of headsSignedBefore(this.#sql, nowMs - RESIGN_AFTER_MS)) {
      requestOverdueHead(this.#ports, head)
    }
    requestAfterGrace(this.#ports.storage, nowMs)
    const targets = [...dueRows(this.#sql, nowMs)]
    const keys = untoldKeys(this.#sql, nowMs).map(({ id }) => id)
    const take = async (): Promise<void> => {
      for (let target = targets.shift(); target !== undefined; target = targets.shift()) {
        await this.#deliver(target)
      }
      for (let id = keys.shift(); id !== undefined; id = keys.shift()) await this.tellKey(id)
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, take))
    this.arm()
  }

  /** The target's head as it should be now, as far as it can be built. Does not wait for KV or the hub. */
  async ensureHead(target: Target): Promise<void> {
    requestOverdueHead(this.#ports, target)
    if (readOutbox(this.#sql, target)?.built !== 0) return
    this.arm()
    await this.#build(target)
  }

  /** Whether something should have been done `lateMs` ago or earlier. */
  isOverdue(lateMs = 0): boolean {
    const dueMs = nextDueMs(this.#sql, RESIGN_AFTER_MS)
    return dueMs !== undefined && dueMs + lateMs <= this.#ports.nowMs()
  }

  /** Sets the alarm for what is to be done next. Call it in the transaction that adds to the outbox, too. */
  arm(): void {
    const { storage, nowMs, otherDueMs } = this.#ports
    const due = [nextDueMs(this.#sql, RESIGN_AFTER_MS), otherDueMs?.()]
    const dueMs = due.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a))
    if (dueMs === undefined) void storage.deleteAlarm()
    else void storage.setAlarm(Math.max(dueMs, nowMs() + ALARM_DELAY_MS))
  }

  async #deliver(target: Target): Promise<void> {
    const rounds = await Promise.allSettled([this.#build(target)])
    if (readOutbox(this.#sql, target) === undefined) return
    const bodies = this.#effect(target, 'body', (head) => this.#putBodies(target, head))
    const head = settled(bodies).then(() =>
      this.#effect(target, 'head', (row) => this.#putHead(target, row)),
    )
    // Readers told of a body that is not in the message ask KV for it at once, and KV remembers for a minute that it
    // was not there: they are told when it is.
    const announce = (this.#goesWithMessage(target) ? Promise.resolve() : settled(bodies)).then(
      () => this.#effect(target, 'announce', (row) => this.#announce(target, row)),
    )
    rounds.push(...(await Promise.allSettled([bodies, head, announce])))
    const failed = rounds.filter((round) => round.status === 'rejected')
    for (const { reason } of failed) this.#ports.report(reason)
    if (failed.length > 0) this.#backOff(target)
    settleOutbox(this.#sql, target)
  }

  #build(target: Target): Promise<void> {
    return this.#lanes.run(`build ${targetId(target)}`, () => buildHead(this.#ports, target))
  }

  /** Does one effect for the head as it is now, once at a time, and writes down that it is done for that head. */
  #effect(
    target: Target,
    effect: Effect,
    work: (head: HeadRow | undefined) => Promise<boolean>,
  ): Promise<void> {
    return this.#lanes.run(`${effect} ${targetId(target)}`, async () => {
      const row = readOutbox(this.#sql, target)
      const done = { body: row?.bodyDone, head: row?.headDone, announce: row?.announceDone }[effect]
      if (done !== 0) return
      const head = readHead(this.#sql, target)
      await this.#ports.failpoint(`before-${effect}`)
      if (!(await work(head))) return
      await this.#ports.failpoint(`after-${effect}`)
      // A newer head has its own effects to be done.
      const now = readHead(this.#sql, target)
      if (now?.manifest === head?.manifest) setEffectDone(this.#sql, target, effect)
    })
  }

  async #putBodies(target: Target, head: HeadRow | undefined): Promise<boolean> {
    if (head === undefined || head.manifest === null) return true
    const name = formatAudience(this.#nameOf(target))
    for (const sha256 of [head.sha256, ...head.externals]) {
      const bytes = getBlob(this.#sql, sha256)
      // Gone: a newer head took its place, whose own round follows.
      if (bytes === undefined) return false
      await this.#ports.kv().put(`body/${name}/${sha256}`, bytes, { expirationTtl: BODY_TTL_SEC })
    }
    const deltas = deltaList(this.#sql, target)
    if (deltas !== undefined) {
      const key = `deltas/${name}/${head.sha256}`
      await this.#ports.kv().put(key, deltas, { expirationTtl: BODY_TTL_SEC })
    }
    return true
  }

  async #putHead(target: Target, head: HeadRow | undefined): Promise<boolean> {
    const name = formatAudience(this.#nameOf(target))
    const nowMs = this.#ports.nowMs()
    const freeAtMs = (this.#headPutAtMs.get(name) ?? -Infinity) + HEAD_SPACING_MS
    if (nowMs < freeAtMs) {
      postpone(this.#sql, target, freeAtMs, false)
      return false
    }
    this.#headPutAtMs.set(name, nowMs)
    if (head === undefined || head.manifest === null) await this.#ports.kv().delete(`head/${name}`)
    else {
      const { epoch, seq, manifest } = head
      await this.#ports.kv().put(`head/${name}`, manifest, { metadata: { epoch, seq } })
    }
    return true
  }

  async #announce(target: Target, row: HeadRow | undefined): Promise<boolean> {
    const hub = this.#ports.hub(this.#nameOf(target))
    const head = servedHead(row)
    if (head === null) await hub.disconnectAll()
    else {
      const isShort = head.size <= MAX_HEAD_MESSAGE_BYTES
      const body = isShort ? getText(this.#sql, head.sha256) : undefined
      await hub.announce(head, { body, delta: deltaTo(this.#sql, target, head.seq) })
    }
    return true
  }

  #goesWithMessage(target: Target): boolean {
    const head = readHead(this.#sql, target)
    if (head === undefined || head.manifest === null) return true
    if (head.externals.length > 0) return false
    // Nearly all who are told have the content before, and whoever has not gets the body from here until KV has it.
    const delta = deltaTo(this.#sql, target, head.seq)
    // The message's text is the content escaped into JSON, and the manifest.
    return Math.min(head.size, delta?.length ?? Infinity) < MAX_HEAD_MESSAGE_BYTES / 2
  }

  #backOff(target: Target): void {
    const attempts = readOutbox(this.#sql, target)?.attempts ?? 0
    postpone(this.#sql, target, this.#ports.nowMs() + backOffMs(attempts), true)
  }

  /** Makes KV and the hub know a key as it is: there, or revoked. A failure is tried again by the alarm. */
  tellKey(id: string): Promise<void> {
    return this.#lanes.run(`key ${id}`, async () => {
      const key = readUntoldKey(this.#sql, id)
      const project = readProject(this.#sql)
      if (key === undefined || project === undefined) return
      const { environment, audience } = key
      const name: AudienceName = { project: project.name, environment, audience }
      try {
        if (key.revokedAtMs === null) {
          const scope: KeyScope = { id, ...name }
          await this.#ports.kv().put(`key/${key.sha256}`, JSON.stringify(scope))
        } else {
          const results = await Promise.allSettled([
            this.#ports.kv().delete(`key/${key.sha256}`),
            this.#ports.hub(name).disconnect(id),
          ])
          const failed = results.find((result) => result.status === 'rejected')
          if (failed !== undefined) throw failed.reason
        }
        setKeyTold(this.#sql, key)
        if (project.deletedAtMs !== null) dropToldKeys(this.#sql)
      } catch (error) {
        this.#ports.report(error)
        postponeKey(this.#sql, id, this.#ports.nowMs() + backOffMs(key.attempts))
      }
    })
  }

  #nameOf({ environment, audience }: Target): AudienceName {
    const project = readProject(this.#sql)?.name ?? ''
    return { project, environment, audience }
  }
}

/** Where a grace period is over, the old version has to leave the snapshot. */
function requestAfterGrace(storage: DurableObjectStorage, nowMs: number): void {
  const { sql } = storage
  storage.transactionSync(() => {
    const revision = readProject(sql)?.revision
    if (revision === undefined) return
    for (const environment of takeEndedGraces(sql, nowMs)) {
      const target: Target = { environment, audience: 'server' }
      requestBuild(sql, target, revision, nowMs)
    }
  })
}

function targetId({ environment, audience }: Target): string {
  return `${environment}/${audience}`
}

/** Waits for a promise, however it ends. */
function settled(promise: Promise<void>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  )
}

/** 1 s, 2 s, 4 s … 60 s. Every object has its own clock of failures, so there is no herd to jitter. */
function backOffMs(attempts: number): number {
  return Math.min(MAX_BACKOFF_MS, 1_000 * 2 ** Math.min(attempts, 6))
}
