/**
 * How long one evaluation takes, in one process, beside two evaluators of the same kind and beside a murmur3 written by
 * hand, which is the floor for any split. `npm run bench -- evaluate`, or `node test/bench/evaluate.ts`.
 */
import { once } from 'node:events'
import { FlagdCore } from '@openfeature/flagd-core'
import { Unleash } from 'unleash-client'
import type { FeatureInterface } from 'unleash-client/lib/feature.js'
import { compile } from '#core'
import type { Flag, SnapshotBody } from '#core'
import { median } from './statistics.ts'

const IDS = 10_000
const RUNS = 5
const RUN_MS = 150
const COUNTRIES = ['AT', 'CH', 'DE', 'FR', 'IT']

/** One evaluation of the nth context; true when it served `on`. */
type Ask = (n: number) => boolean

interface Question {
  readonly name: string
  readonly askers: Readonly<Record<string, Ask>>
}

export async function run(): Promise<void> {
  const unleash = await startUnleash()
  try {
    for (const question of [split(unleash), targeted(unleash)]) report(question)
  } finally {
    unleash.destroy()
  }
}

/** 25 % of all contexts. */
function split(unleash: Unleash): Question {
  const ids = makeIds()
  const evaluator = compile(BODY)
  const flagd = startFlagd()
  const contexts = ids.map((targetingKey) => ({ targetingKey }))
  const users = ids.map((userId) => ({ userId }))
  return {
    name: 'a 25 % split',
    askers: {
      'murmur3 by hand': (n) => bucketByHand(at(ids, n)) < 2 ** 30,
      driftless: (n) => evaluator.value('split', 'boolean', false, at(contexts, n), Date.now),
      'driftless, details': (n) =>
        evaluator.details('split', 'boolean', false, at(contexts, n), Date.now).value,
      'flagd-core': (n) => flagd.resolveBooleanEvaluation('split', false, at(contexts, n)).value,
      'unleash-client': (n) => unleash.isEnabled('split', at(users, n)),
    },
  }
}

/** One of five countries and a plan, then half of them. One context in two fits. */
function targeted(unleash: Unleash): Question {
  const ids = makeIds()
  const evaluator = compile(BODY)
  const flagd = startFlagd()
  const contexts = ids.map((targetingKey, n) => ({ targetingKey, ...attributes(n) }))
  const users = ids.map((userId, n) => ({ userId, properties: attributes(n) }))
  return {
    name: 'a targeted rule: country in 5 and plan equals, then 50/50',
    askers: {
      'murmur3 by hand': (n) => bucketByHand(at(ids, n)) < 2 ** 31,
      driftless: (n) => evaluator.value('targeted', 'boolean', false, at(contexts, n), Date.now),
      'driftless, details': (n) =>
        evaluator.details('targeted', 'boolean', false, at(contexts, n), Date.now).value,
      'flagd-core': (n) => flagd.resolveBooleanEvaluation('targeted', false, at(contexts, n)).value,
      'unleash-client': (n) => unleash.isEnabled('targeted', at(users, n)),
    },
  }
}

const attributes = (n: number): { country: string; plan: string } => ({
  country: at([...COUNTRIES, 'US'], n),
  plan: n % 5 < 3 ? 'pro' : 'free',
})

const flag: Omit<Flag, 'rules'> = {
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 'c0ffee',
  defaultVariant: 'off',
}

const BODY: SnapshotBody = {
  format: 1,
  project: 'bench',
  environment: 'production',
  audience: 'server',
  revision: 1,
  configs: {},
  segments: {},
  secrets: {},
  flags: {
    split: {
      ...flag,
      rules: [{ id: 'quarter', serve: { split: [{ variant: 'on', weight: 25_000 }] } }],
    },
    targeted: {
      ...flag,
      rules: [
        {
          id: 'dach-pro',
          when: {
            all: [
              { attribute: 'country', operator: 'in', value: COUNTRIES },
              { attribute: 'plan', operator: 'equals', value: 'pro' },
            ],
          },
          serve: {
            split: [
              { variant: 'on', weight: 50_000 },
              { variant: 'off', weight: 50_000 },
            ],
          },
        },
      ],
    },
  },
}

const fractional = (on: number): unknown => ({
  fractional: [
    ['on', on],
    ['off', 100 - on],
  ],
})

function startFlagd(): FlagdCore {
  const core = new FlagdCore()
  const common = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }
  const isTargeted = {
    and: [{ in: [{ var: 'country' }, COUNTRIES] }, { '==': [{ var: 'plan' }, 'pro'] }],
  }
  core.setConfigurations(
    JSON.stringify({
      flags: {
        split: { ...common, targeting: fractional(25) },
        targeted: { ...common, targeting: { if: [isTargeted, fractional(50), 'off'] } },
      },
    }),
  )
  return core
}

const rule = (rollout: string, constraints: unknown[]): unknown => ({
  name: 'flexibleRollout',
  parameters: { rollout, stickiness: 'default', groupId: 'c0ffee' },
  constraints,
})

function unleashFeatures(): FeatureInterface[] {
  const constraints = [
    { contextName: 'country', operator: 'IN', values: COUNTRIES },
    { contextName: 'plan', operator: 'IN', values: ['pro'] },
  ]
  // As from a server: text.
  return JSON.parse(
    JSON.stringify([
      { name: 'split', enabled: true, strategies: [rule('25', [])] },
      { name: 'targeted', enabled: true, strategies: [rule('50', constraints)] },
    ]),
  )
}

async function startUnleash(): Promise<Unleash> {
  const unleash = new Unleash({
    appName: 'bench',
    // Never answers: the flags come from the bootstrap.
    url: 'http://127.0.0.1:9/api/',
    refreshInterval: 0,
    disableMetrics: true,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
    storageProvider: {
      set: () => Promise.resolve(),
      get: () => Promise.resolve(undefined),
    },
    bootstrap: { data: unleashFeatures() },
  })
  unleash.on('error', () => {})
  unleash.on('warn', () => {})
  const ready = once(unleash, 'ready')
  await unleash.start()
  await ready
  if (unleash.getFeatureToggleDefinitions().length !== 2) throw new Error('Unleash has no flags')
  return unleash
}

function report({ name, askers }: Question): void {
  const times = measure(askers)
  const own = times.get('driftless') ?? Number.NaN
  console.log(`${name}, ${IDS} ids, median of ${RUNS} runs`)
  for (const [asker, ns] of times) {
    const ratio = (ns / own).toFixed(2).padStart(7)
    console.log(`  ${asker.padEnd(20)} ${ns.toFixed(0).padStart(7)} ns/op  ${ratio} × driftless`)
  }
}

/** Runs are taken in turns, so that a busy moment of the machine meets all of them. */
function measure(askers: Readonly<Record<string, Ask>>): Map<string, number> {
  const times = new Map<string, number[]>()
  for (const [name, ask] of Object.entries(askers)) timeOf(name, ask)
  for (let i = 0; i < RUNS; i++) {
    for (const [name, ask] of Object.entries(askers)) {
      times.set(name, [...(times.get(name) ?? []), timeOf(name, ask)])
    }
  }
  return new Map([...times].map(([name, runs]) => [name, median(runs)]))
}

/** Nanoseconds of one evaluation, over whole rounds of all ids. */
function timeOf(name: string, ask: Ask): number {
  const start = performance.now()
  let rounds = 0
  let served = 0
  let elapsedMs = 0
  for (; elapsedMs < RUN_MS; elapsedMs = performance.now() - start) {
    for (let n = 0; n < IDS; n++) if (ask(n)) served++
    rounds++
  }
  const share = served / rounds / IDS
  if (share < 0.1 || share > 0.6)
    throw new Error(`${name} served to ${share} of the ids, which was not asked`)
  return (elapsedMs / rounds / IDS) * 1e6
}

/** Flat strings, as they come out of a request; one built by concatenation costs extra to hash. */
function makeIds(): string[] {
  const ids = Array.from({ length: IDS }, (_, n) => {
    const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
    return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-a${hex.slice(4, 7)}-${hex}${hex.slice(4)}`
  })
  const parsed: unknown = JSON.parse(JSON.stringify(ids))
  return Array.isArray(parsed) ? parsed.map(String) : []
}

function at<T>(list: readonly T[], n: number): T {
  const element = list[n % list.length]
  if (element === undefined) throw new Error('an empty list')
  return element
}

/** What nobody can be faster than: ASCII only, the seed's hash a constant. */
function bucketByHand(id: string): number {
  const end = id.length & ~3
  let h = 0
  let k = 0
  for (let i = 0; i < end; i += 4) {
    k =
      id.charCodeAt(i) |
      (id.charCodeAt(i + 1) << 8) |
      (id.charCodeAt(i + 2) << 16) |
      (id.charCodeAt(i + 3) << 24)
    k = Math.imul(k, 0xcc9e2d51)
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  k = 0
  for (let i = id.length - 1; i >= end; i--) k = (k << 8) | id.charCodeAt(i)
  k = Math.imul(k, 0xcc9e2d51)
  h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  return mix(mix(h ^ id.length) ^ 0x5bd1e995) >>> 0
}

function mix(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

if (process.argv[1] === import.meta.filename) await run()
