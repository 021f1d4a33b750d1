/**
 * What flags cost before they are asked often: from text until each was asked once, until the first value, and the heap; then a
 * change of one.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FlagdCore } from '@openfeature/flagd-core'
import { compile } from '#core'
import type { SnapshotBody } from '#core'
import { median } from '../statistics.ts'
import { subjects } from './cases.ts'
import * as driftless from './driftless.ts'
import * as flagd from './flagd.ts'
import * as growthbook from './growthbook.ts'
import { prepareClient } from './started.ts'
import * as unleash from './unleash.ts'

const COUNTS = [100, 1_000, 10_000]
const RUNS = 5
const CHANGES = 200

/** Reads what was prepared. */
interface Loaded {
  readonly ask: (key: string) => unknown
  readonly close?: () => void
}

const [{ id, ...attributes } = { id: '' }] = subjects
const context = { targetingKey: id, ...attributes }

type Load = () => Loaded | Promise<Loaded>

const LOADERS: Readonly<Record<string, (flags: number) => Load | Promise<Load>>> = {
  driftless: (flags) => {
    const text = driftless.textOf(flags)
    return () => {
      const body: SnapshotBody = JSON.parse(text)
      const { value } = compile(body)
      return { ask: (key) => value(key, 'boolean', false, context, 0) }
    }
  },
  'driftless, client': async (flags) => {
    const start = await prepareClient(flags)
    return async () => {
      const { ask, close } = await start()
      return { ask: (key) => ask(key, context), close }
    }
  },
  'flagd-core': (flags) => {
    const text = flagd.textOf(flags)
    return () => {
      const core = new FlagdCore()
      core.setConfigurations(text)
      return { ask: (key) => core.resolveBooleanEvaluation(key, false, context).value }
    }
  },
  'unleash-client': (flags) => {
    const features = unleash.flagsOf(flags)
    return async () => {
      const client = await unleash.load(features)
      const user = { userId: id, properties: { ...attributes } }
      return { ask: (key) => client.isEnabled(key, user), close: () => client.destroy() }
    }
  },
  growthbook: (flags) => {
    const features = growthbook.flagsOf(flags)
    return () => {
      const client = growthbook.load(features)
      const user = { attributes: { ...subjects[0] } }
      return { ask: (key) => client.isOn(key, user), close: () => client.destroy() }
    }
  },
}

interface Cost {
  readonly loadMs: number
  /** From the text until one flag was asked. */
  readonly firstMs: number
  readonly askMs: number
  readonly bytes: number
}

export async function reportLoading(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  const heap = async (): Promise<number> => {
    // What ended in this turn is let go of in the next.
    await new Promise((resolve) => setImmediate(resolve))
    if (typeof collect === 'function') collect()
    return process.memoryUsage().heapUsed
  }
  for (const flags of COUNTS) {
    console.log(`${flags} flags, from text until each was asked once; median of ${RUNS} runs`)
    const keys = Array.from({ length: flags }, (_, n) => `flag-${n}`)
    for (const [name, prepare] of Object.entries(LOADERS)) {
      const load = await prepare(flags)
      const costs: Cost[] = []
      for (let i = 0; i <= RUNS; i++) {
        // The first warms up.
        const cost = await costOf(load, keys, heap)
        if (i > 0) costs.push(cost)
      }
      const [ms, firstMs, askMs, kib] = [
        median(costs.map(({ loadMs }) => loadMs)),
        median(costs.map((cost) => cost.firstMs)),
        median(costs.map((cost) => cost.askMs)),
        median(costs.map(({ bytes }) => bytes)) / 1024,
      ]
      console.log(
        `  ${name.padEnd(18)} ${ms.toFixed(2).padStart(8)} ms to load, ${firstMs.toFixed(2).padStart(8)} ms to the first value, ${askMs.toFixed(2).padStart(8)} ms to ask each, ${kib.toFixed(0).padStart(7)} KiB`,
      )
    }
  }
  reportChange()
}

/** A function of its own, so that nothing of it is left in a frame when the next is measured. */
async function costOf(
  load: () => Loaded | Promise<Loaded>,
  keys: readonly string[],
  heap: () => Promise<number>,
): Promise<Cost> {
  const before = await heap()
  const start = performance.now()
  const { ask, close } = await load()
  const loaded = performance.now()
  ask('flag-0')
  const first = performance.now()
  for (const key of keys) ask(key)
  const asked = performance.now()
  const bytes = (await heap()) - before
  // Still in use here, so that it counts.
  ask('flag-0')
  close?.()
  return { loadMs: loaded - start, firstMs: first - start, askMs: asked - loaded, bytes }
}

/** One flag of many is replaced, as a delta does it, and asked. */
function reportChange(): void {
  const flags = COUNTS.at(-1) ?? 0
  const body: SnapshotBody = JSON.parse(driftless.textOf(flags))
  let evaluator = compile(body)
  const ask = (key: string): boolean => evaluator.value(key, 'boolean', false, context, 0)
  for (let n = 0; n < flags; n++) ask(`flag-${n}`)
  const changes: number[] = []
  const rounds: number[] = []
  for (let i = 0; i < CHANGES; i++) {
    const key = `flag-${(i * 37) % flags}`
    const changed = structuredClone(body.flags[key])
    if (changed === undefined) throw new Error(key)
    const start = performance.now()
    evaluator = evaluator.update({ to: i, put: { flags: { [key]: changed } } })
    ask(key)
    changes.push(performance.now() - start)
    if (i % 20 > 0) continue
    const again = performance.now()
    for (let n = 0; n < flags; n++) ask(`flag-${n}`)
    rounds.push(performance.now() - again)
  }
  console.log(`a change of one flag of ${flags}; median of ${CHANGES}`)
  console.log(
    `  until it is asked ${median(changes).toFixed(4)} ms, then all others once ${median(rounds).toFixed(2)} ms`,
  )
}
