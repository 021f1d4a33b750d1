/**
 * 1,000 configs of 2 kB in two layers, a hundred of which refer to others: the snapshot built from nothing but rows, then
 * after a change of one; how far gzip makes it smaller; and what a change costs the SDK until its callback has run.
 * On a machine that does other things too, the best of the samples says more than their middle.
 */
import { gzipSync } from 'node:zlib'
import type { ItemRef } from '#core'
import { BASE_LAYER, environmentLayer, itemsOver } from '../../worker/domain/items.ts'
import { buildSnapshot } from '../../worker/domain/snapshot.ts'
import { digestNatively } from '../../worker/objects/sha256.ts'
import { documentOf } from './configs/documents.ts'
import { p50, reloads } from './configs/reload.ts'
import { type BenchStore, configItem, createStorage } from './configs/storage.ts'
import { median, percentile } from './statistics.ts'

const CONFIGS = 1_000
const RUNS = 15

export async function run(): Promise<void> {
  const { open, put } = createStorage()
  const first = open()
  put(first, { kind: 'environment', key: 'production', layer: BASE_LAYER }, { protected: false }, 1)
  let bytes = 0
  for (let index = 0; index < CONFIGS; index++) {
    const item = configItem(documentOf(index))
    bytes += item.source.length
    put(first, refOf(index), item, 1)
    const layer = environmentLayer('production')
    put(first, { ...refOf(index), layer }, { format: 'json', source: '{"limits":{"burst":7}}' }, 1)
  }

  const build = async (store: BenchStore, revision: number) => {
    const request = {
      project: 'bench',
      environment: 'production',
      audience: 'server',
      revision,
      digest: digestNatively,
      renderer: store.renderer,
    } as const
    const startedAt = performance.now()
    const built = await buildSnapshot(itemsOver(store.current(revision)), request)
    return { built, tookMs: performance.now() - startedAt }
  }

  const whole: number[] = []
  for (let round = 0; round < RUNS; round++) whole.push((await build(open(), 1)).tookMs)

  const store = open()
  let { built } = await build(store, 1)
  const one: number[] = []
  for (let revision = 2; revision < 2 + RUNS * 4; revision++) {
    const change = put(store, refOf(revision), configItem(documentOf(revision, revision)), revision)
    store.advance(revision - 1, revision, [change])
    const next = await build(store, revision)
    one.push(next.tookMs)
    built = next.built
  }

  console.log(
    `${CONFIGS} configs of ${Math.round(bytes / CONFIGS)} bytes of source and an override each`,
  )
  console.log(`built from rows: p50 ${ms(whole)} (bound 100 ms)`)
  console.log(
    `built after a change of one: p50 ${ms(one)}, p99 ${percentile(one, 0.99).toFixed(1)} ms (bound 5 ms)`,
  )
  const zipped = gzipSync(built.text).length
  console.log(
    `gzip: ${built.size} → ${zipped} bytes, ${(100 * (1 - zipped / built.size)).toFixed(0)} % smaller (60 to 80 %)`,
  )
  for (const count of [10, 100]) {
    const samples = await reloads(count)
    console.log(
      `SDK reload of one of ${count} configs, verified, swapped, called back: p50 ${p50(samples).toFixed(2)} ms, best ${Math.min(...samples).toFixed(2)} ms (bound 2 ms), p99 ${percentile(samples, 0.99).toFixed(2)} ms`,
    )
  }
}

const ms = (samples: readonly number[]): string =>
  `${median(samples).toFixed(1)} ms, best ${Math.min(...samples).toFixed(1)} ms`

function refOf(index: number): ItemRef {
  return { kind: 'config', key: `service-${index}`, layer: BASE_LAYER }
}
