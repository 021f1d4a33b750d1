/**
 * How long one evaluation takes, in one process, beside the evaluators of others called as their users call them, and
 * beside the same case written by hand. Then what loading many flags costs. `npm run bench -- evaluate`.
 */
import { CASES, IDS, type Ask, type CaseName, type Peer } from './evaluation/cases.ts'
import * as configcat from './evaluation/configcat.ts'
import * as driftless from './evaluation/driftless.ts'
import * as flagd from './evaluation/flagd.ts'
import * as floor from './evaluation/floor.ts'
import * as growthbook from './evaluation/growthbook.ts'
import * as launchdarkly from './evaluation/launchdarkly.ts'
import { reportLoading } from './evaluation/loading.ts'
import * as statsig from './evaluation/statsig.ts'
import * as unleash from './evaluation/unleash.ts'
import * as vercel from './evaluation/vercel.ts'
import { median } from './statistics.ts'

const RUNS = 5
const RUN_MS = 150

export async function run(): Promise<void> {
  const peers: Peer[] = [floor.start(), driftless.start(), driftless.startDetails()]
  for (const peer of [flagd, unleash, growthbook, launchdarkly, configcat, statsig, vercel]) {
    peers.push(await peer.start())
  }
  for (const name of caseNames()) await report(name, peers)
  for (const { close } of peers) await close?.()
  await reportLoading()
}

const caseNames = (): CaseName[] => ['off', 'rollout', 'targeted', 'rules', 'segment']

async function report(name: CaseName, peers: readonly Peer[]): Promise<void> {
  const times = await measure(name, peers)
  const of = (peer: string): number => times.get(peer) ?? Number.NaN
  const own = of('driftless')
  console.log(`${CASES[name].title}, ${IDS} ids, median of ${RUNS} runs`)
  for (const { name: peer, cases } of peers) {
    const asked = cases[name]
    const line = `  ${peer.padEnd(22)} `
    if (typeof asked === 'string') console.log(`${line}left out: ${asked}`)
    else {
      const ratio = (of(peer) / own).toFixed(2).padStart(7)
      console.log(`${line}${of(peer).toFixed(0).padStart(7)} ns/op  ${ratio} × driftless`)
    }
  }
}

/** Runs are taken in turns, so that a busy moment of the machine meets all of them. */
async function measure(name: CaseName, peers: readonly Peer[]): Promise<Map<string, number>> {
  const times = new Map<string, number[]>()
  for (let i = 0; i <= RUNS; i++) {
    for (const { name: peer, cases } of peers) {
      const ask = cases[name]
      if (typeof ask === 'string') continue
      const ns = await timeOf(`${peer}, ${name}`, ask, CASES[name].share)
      // The first run warms up.
      if (i > 0) times.set(peer, [...(times.get(peer) ?? []), ns])
    }
  }
  return new Map([...times].map(([peer, runs]) => [peer, median(runs)]))
}

/** Nanoseconds of one evaluation, over whole rounds of all ids; of this thread's time, so that a busy machine counts less. */
async function timeOf(name: string, ask: Ask, share: number): Promise<number> {
  const start = cpuMs()
  let rounds = 0
  let served = 0
  let elapsedMs = 0
  const awaits = ask(0) instanceof Promise
  for (; elapsedMs < RUN_MS; elapsedMs = cpuMs() - start) {
    if (awaits) for (let n = 0; n < IDS; n++) served += Number(await ask(n))
    else for (let n = 0; n < IDS; n++) if (ask(n)) served++
    rounds++
  }
  const measured = served / rounds / IDS
  if (Math.abs(measured - share) > 0.02)
    throw new Error(`${name} served to ${measured} of the ids, not to ${share}`)
  return (elapsedMs / rounds / IDS) * 1e6
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

if (process.argv[1] === import.meta.filename) await run()
