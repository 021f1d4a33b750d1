/**
 * Tells the server how this instance is doing (SNAPSHOT.md §4.2): over the stream when it can carry words, else by request.
 * Never waits for an answer that anyone waits for, never throws, and what is lost is lost. Loaded once the client runs.
 */
import type { StatusReport } from '../core/wire.ts'
import type { Client } from './interface.ts'
import { callSafely } from './listeners.ts'
import { createMetrics } from './metrics.ts'
import type { ClientOptions } from './options.ts'
import { labelsOf } from './place.ts'
import type { Sync } from './sync.ts'
import { after, within } from './timer.ts'
import { encodeUtf8 } from './utf8.ts'
import { SDK } from './version.ts'

const HEARTBEAT_MS = 300_000
/** A change is held back up to this long, and with it those that follow at once. */
const HOLD_MS = 1000
const DEADLINE_MS = 10_000
/** Metrics are told after this long, then after twice as long each time. */
const METRICS_MS = 5_000
const MAX_METRICS_MS = 60_000
const MAX_BYTES = 8_192
/** What makes a message of a report. */
const MESSAGE_BYTES = 32

export interface StatusReporter {
  readonly track: Client['track']
  close(): void
}

export function startStatus(
  sync: Sync,
  on: Client['on'],
  options: ClientOptions & { readonly instanceId: string },
): StatusReporter {
  const { key, instanceId: instance, fetch = globalThis.fetch } = options
  const { now = Date.now, log } = options
  const { random = Math.random, reportStatus = key.startsWith('driftless_server_') } = options
  let applying: number | undefined
  let refused: { readonly revision: number; readonly error: { code: string } } | undefined
  let quarantined: number | undefined
  let said = ''
  let cancelChange: (() => void) | undefined
  let cancelBeat: (() => void) | undefined
  let cancelMetrics: (() => void) | undefined
  let metricsMs = METRICS_MS
  const metrics = createMetrics(now, (message) => {
    if (log) callSafely(() => log('warn', 'track', { message }))
  })

  /** Undefined before there is anything to tell. */
  const report = (): StatusReport | undefined => {
    const { snapshot, machine } = sync
    const isStale = machine.status === 'stale'
    const { documentError: doubted } = sync
    const failed =
      refused ??
      (doubted && {
        revision: snapshot?.body.revision,
        error: { code: doubted.reason, config: doubted.config },
      })
    const state = failed
      ? 'failed'
      : quarantined !== undefined
        ? 'quarantined'
        : applying !== undefined
          ? 'applying'
          : isStale
            ? 'stale'
            : 'applied'
    const revision = failed?.revision ?? quarantined ?? applying ?? snapshot?.body.revision
    if (revision === undefined) return undefined
    const { candidate, signed } = snapshot?.claims ?? {}
    const labels = labelsOf(sync.self)
    const measured = candidate && metrics.report()
    return {
      instance,
      state,
      revision,
      seq: machine.floor?.seq ?? 0,
      ...(failed && { error: failed.error }),
      ...(candidate && {
        group: signed === undefined ? 'stable' : 'candidate',
        deployment: candidate.deployment,
      }),
      sdk: SDK,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(sync.secretVersions && { secretVersions: sync.secretVersions }),
      ...(sync.overrides && { override: sync.overrides.report }),
      ...(measured && { metrics: measured }),
    }
  }
  /** Samples are counted anew for another content, another group, another deployment. */
  const enter = (): void => {
    const { candidate, signed, revision } = sync.snapshot?.claims ?? {}
    const scope = candidate && `${candidate.deployment}/${signed === undefined}/${revision}`
    if (!metrics.enter(scope)) return
    metricsMs = METRICS_MS
    cancelMetrics?.()
    cancelMetrics = undefined
    armMetrics()
  }
  const armMetrics = (): void => {
    if (cancelMetrics || !metrics.isCounting) return
    cancelMetrics = after(metricsMs * (0.5 + 0.5 * random()), () => {
      cancelMetrics = undefined
      metricsMs = Math.min(2 * metricsMs, MAX_METRICS_MS)
      tell(true)
      armMetrics()
    })
  }
  const post = async (body: string): Promise<void> => {
    const request = fetch(`${sync.url}/v1/status`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
      // A redirect could carry the key elsewhere.
      redirect: 'manual',
    })
    const response = await within(DEADLINE_MS, request, () => new TypeError('too slow'))
    void response.body?.cancel().catch(() => {})
  }
  const beat = (): void => {
    cancelBeat?.()
    if (!reportStatus) return
    cancelBeat = after(HEARTBEAT_MS * (0.9 + 0.2 * random()), () => {
      // A stream is its own heartbeat, and a ping wakes nobody where a report would.
      if (sync.say('ping')) beat()
      else tell(true)
    })
  }
  /** `isBeat`: although it was said before, to whoever forgets. */
  const tell = (isBeat = false): void => {
    cancelChange?.()
    const whole = report()
    if (!whole || sync.machine.status === 'closed') return
    const { metrics: _, ...bare } = whole
    // The newest `seq` is no news by itself: manifests are signed again all the time. Metrics have a time of their own.
    const news = JSON.stringify({ ...bare, seq: 0 })
    if (news === said && !isBeat) return
    said = news
    const isLong = encodeUtf8(JSON.stringify(whole)).length > MAX_BYTES - MESSAGE_BYTES
    const told = isLong ? bare : whole
    const overStream = sync.say(JSON.stringify({ type: 'status', ...told }))
    if (!overStream && reportStatus) post(JSON.stringify(told)).catch(() => (said = ''))
    beat()
  }
  const tellSoon = (): void => {
    cancelChange?.()
    cancelChange = after(HOLD_MS * random(), tell)
  }

  sync.tell = (progress) => {
    // A server that has just been connected to knows nothing of this instance.
    if (progress.type === 'opened') said = ''
    if (progress.type === 'applying') applying = progress.revision
    if (progress.type === 'applied') {
      applying = refused = quarantined = undefined
      enter()
    }
    if (progress.type === 'quarantined') quarantined = progress.revision
    tellSoon()
  }
  const ends = [
    on('rejected', ({ code, revision = 0, config }) => {
      // A document is asked for above for as long as it is in use.
      if (config === undefined) refused = { revision, error: { code } }
      tell()
    }),
    on('stale', tellSoon),
    on('ready', tellSoon),
  ]
  enter()
  tellSoon()
  return {
    track(name, value = 1) {
      metrics.track(name, value)
      armMetrics()
    },
    close() {
      sync.tell = () => {}
      for (const end of ends) end()
      cancelChange?.()
      cancelBeat?.()
      cancelMetrics?.()
    },
  }
}
