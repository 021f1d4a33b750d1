/** The state machine as transcripts: what is said to it on the left, what it says and stands at on the right. */
import { describe, expect, test } from 'vitest'
import {
  advance,
  type Deployment,
  type DeploymentEvent,
  hasEnded,
  ringsOf,
  shareOf,
} from '../../../worker/domain/deployment.ts'
import type { FleetReport } from '../../../worker/domain/gate.ts'
import { planOf, type Strategy } from '../../../worker/domain/strategy.ts'
import { createDice } from '../../support/random.ts'

const MINUTE_MS = 60_000
const WELL = { candidate: { reporting: 100, failed: 0 } }
const ILL = { candidate: { reporting: 100, failed: 3 } }

/** Nobody failed; a minute of 10 instances each, with so many errors. */
function measured(candidate: number, stable: number | undefined): FleetReport {
  const group = (errors: number | undefined) =>
    errors === undefined
      ? { instances: 0, forMs: 0, values: {} }
      : {
          instances: 10,
          forMs: 10 * MINUTE_MS,
          values: { error: { sum: errors, buckets: [0, errors] } },
        }
  return { ...WELL, measures: { candidate: group(candidate), stable: group(stable) } }
}

function queued(strategy: Strategy = 'linear-20-6m', more: Partial<Deployment> = {}): Deployment {
  return {
    id: '1',
    environment: 'production',
    revision: 8,
    stableRevision: 7,
    author: 'ada',
    reason: 'because',
    strategy: 'test',
    plan: planOf(strategy),
    seed: 'seed',
    proven: false,
    createdAtMs: 0,
    status: 'queued',
    step: 0,
    startedAtMs: null,
    dueAtMs: null,
    leftMs: null,
    endedAtMs: null,
    story: [],
    ...more,
  }
}

function eventOf(word: string, minute: number): DeploymentEvent {
  const nowMs = minute * MINUTE_MS
  switch (word) {
    case 'start':
      return { type: 'start', nowMs }
    case 'tick':
      return { type: 'tick', nowMs, fleet: WELL }
    case 'ill':
      return { type: 'tick', nowMs, fleet: ILL }
    case 'blind':
      return { type: 'tick', nowMs, fleet: null }
    case 'frozen':
      return { type: 'tick', nowMs, fleet: WELL, frozenUntilMs: 600 * MINUTE_MS }
    case 'as before':
      return { type: 'tick', nowMs, fleet: measured(500, 500) }
    case 'more errors':
      return { type: 'report', nowMs, fleet: measured(1_000, 500) }
    case 'alone, as before':
      return { type: 'report', nowMs, fleet: measured(740, undefined) }
    case 'alone, more errors':
      return { type: 'report', nowMs, fleet: measured(1_000, undefined) }
    case 'ill report':
      return { type: 'report', nowMs, fleet: ILL }
    case 'pause':
    case 'resume':
    case 'promote':
    case 'abort':
    case 'alarm':
      return { type: word, nowMs, by: 'ada', why: 'because' }
    default:
      throw new Error(`not a word of the transcript: ${word}`)
  }
}

/** `minute word` → `minute word: status share %, due minute, effects` or the refusal. */
function play(deployment: Deployment, lines: readonly string[]): string[] {
  let at = deployment
  return lines.map((line) => {
    const [, minute = '', word = ''] = /^(\d+) (.+)$/.exec(line) ?? []
    const result = advance(at, eventOf(word, Number(minute)))
    if (!result.ok) return `${line}: no, ${result.why}`
    at = result.deployment
    const due = at.dueAtMs === null ? '' : `, due ${at.dueAtMs / MINUTE_MS}`
    const effects = result.effects.length === 0 ? '' : ` → ${result.effects.join(', ')}`
    return `${line}: ${at.status} ${shareOf(at) / 1000} %${due}${effects}`
  })
}

/** Checks that what is played is what the transcript says; the part before the colon is what is said. */
function expectSame(deployment: Deployment, text: string): void {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim())
  expect(
    play(
      deployment,
      lines.map((line) => line.replace(/:.*$/, '')),
    ),
  ).toEqual(lines)
}

describe('the clock', () => {
  test('a linear deployment grows by a fifth every six minutes and is watched for half an hour', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       5 tick: running 20 %, due 6
       6 tick: running 40 %, due 12 → publish
       12 tick: running 60 %, due 18 → publish
       18 tick: running 80 %, due 24 → publish
       24 tick: baking 100 %, due 54 → publish
       53 tick: baking 100 %, due 54
       54 tick: complete 0 % → complete, publish
       60 tick: complete 0 %`,
    ))

  test('an alarm that is late by an hour takes one step, which then stands for its whole time', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       66 tick: running 40 %, due 72 → publish
       67 tick: running 40 %, due 72
       72 tick: running 60 %, due 78 → publish`,
    ))

  test('the same tick twice takes one step', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       0 start: running 20 %, due 6
       6 tick: running 40 %, due 12 → publish
       6 tick: running 40 %, due 12`,
    ))

  test('a clock that is set back waits', () =>
    expectSame(
      queued(),
      `100 start: running 20 %, due 106 → publish
       3 tick: running 20 %, due 106
       106 tick: running 40 %, due 112 → publish`,
    ))

  test('all at once is complete when it starts', () =>
    expectSame(queued('all-at-once'), `0 start: complete 0 % → complete, publish`))

  test('a canary goes from a tenth to everybody', () =>
    expectSame(
      queued('canary-10-20m'),
      `0 start: running 10 %, due 20 → publish
       20 tick: baking 100 %, due 30 → publish
       30 tick: complete 0 % → complete, publish`,
    ))

  test('rings come first, one after the other, then shares', () => {
    const rings = ['canary', 'staff'].map((name) => ({ name, labels: { ring: [name] } }))
    const strategy: Strategy = { growth: 'LINEAR', factor: 50, minutes: 10, bake: 30, rings }
    const start = queued(strategy)
    expectSame(
      start,
      `0 start: running 0 %, due 10 → publish
       10 tick: running 0 %, due 20 → publish
       20 tick: running 50 %, due 30 → publish
       30 tick: baking 100 %, due 60 → publish
       60 tick: complete 0 % → complete, publish`,
    )
    let at = start
    const letIn = ['0 start', '10 tick', '20 tick', '30 tick', '60 tick'].map((line) => {
      const [minute, word = ''] = line.split(' ')
      const result = advance(at, eventOf(word, Number(minute)))
      if (result.ok) at = result.deployment
      return ringsOf(at)
        .map(({ name }) => name)
        .join()
    })
    // Once it is with everybody, nobody has to be named.
    expect(letIn).toEqual(['canary', 'canary,staff', 'canary,staff', '', ''])
    expect(at.story.map(({ what, ring, share }) => `${what} ${ring ?? share}`)).toEqual([
      'started canary',
      'step staff',
      'step 50000',
      'baking 100000',
      'complete 100000',
    ])
  })

  test('a ring that takes harm ends it before anybody else is exposed', () => {
    const rings = [{ name: 'canary', labels: { ring: ['canary'] } }]
    expectSame(
      queued({ growth: 'LINEAR', factor: 50, minutes: 10, bake: 30, rings }),
      `0 start: running 0 %, due 10 → publish
       3 ill report: rolled-back 0 % → failed, notify, publish`,
    )
  })

  test('a gate that only tells does so once a ring', () => {
    const rings = ['a', 'b'].map((name) => ({ name, labels: { ring: [name] } }))
    expectSame(
      queued(
        { growth: 'LINEAR', factor: 50, minutes: 10, bake: 30, rings },
        { gate: { action: 'notify' } },
      ),
      `0 start: running 0 %, due 10 → publish
       3 ill report: running 0 %, due 10 → notify
       4 ill report: running 0 %, due 10
       10 ill: running 0 %, due 20 → publish
       11 ill report: running 0 %, due 20 → notify`,
    )
  })

  test('exponential growth doubles', () => {
    const { shares } = planOf({ growth: 'EXPONENTIAL', factor: 10, minutes: 1, bake: 0 })
    expect(shares).toEqual([10_000, 20_000, 40_000, 80_000, 100_000])
  })

  test('while nobody can say how the fleet is no step is taken', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       6 blind: running 20 %, due 6.5
       7 blind: running 20 %, due 7.5
       8 tick: running 40 %, due 14 → publish`,
    ))

  test('a freeze holds steps, not the bake, and the gate goes on', () => {
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       6 frozen: running 20 %, due 600
       10 ill: rolled-back 0 % → failed, notify, publish`,
    )
    expectSame(
      queued('canary-10-20m'),
      `0 start: running 10 %, due 20 → publish
       20 tick: baking 100 %, due 30 → publish
       30 frozen: complete 0 % → complete, publish`,
    )
  })
})

describe('people', () => {
  test('a pause during bake keeps what was left of it', () =>
    expectSame(
      queued('canary-10-20m'),
      `0 start: running 10 %, due 20 → publish
       20 tick: baking 100 %, due 30 → publish
       24 pause: paused 100 %
       24 pause: paused 100 %
       90 tick: paused 100 %
       100 resume: baking 100 %, due 106
       105 tick: baking 100 %, due 106
       106 tick: complete 0 % → complete, publish`,
    ))

  test('a pause does not stop the gate', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       1 pause: paused 20 %
       2 ill report: rolled-back 0 % → failed, notify, publish
       3 resume: no, a deployment that is rolled-back cannot resume`,
    ))

  test('an abort during a promotion wins; a promotion after an abort is refused', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       7 promote: baking 100 %, due 37 → publish
       8 abort: rolled-back 0 % → publish
       9 promote: no, a deployment that is rolled-back cannot promote
       9 abort: rolled-back 0 %
       40 tick: rolled-back 0 %`,
    ))

  test('an alarm that comes after an abort finds nothing to do, however late', () =>
    expectSame(
      queued('canary-10-20m'),
      `0 start: running 10 %, due 20 → publish
       21 promote: baking 100 %, due 31 → publish
       21 abort: rolled-back 0 % → publish
       91 tick: rolled-back 0 %
       91 ill: rolled-back 0 %
       91 more errors: rolled-back 0 %`,
    ))

  test('a pause during bake is outlasted by no alarm: what was left of it is left an hour later', () =>
    expectSame(
      queued('canary-10-20m'),
      `0 start: running 10 %, due 20 → publish
       80 tick: baking 100 %, due 90 → publish
       85 pause: paused 100 %
       145 tick: paused 100 %
       145 frozen: paused 100 %
       145 blind: paused 100 %
       146 resume: baking 100 %, due 151
       211 tick: complete 0 % → complete, publish`,
    ))

  test('a pause during bake may end in a promotion, an abort, or by the gate', () => {
    const paused = `0 start: running 10 %, due 20 → publish
       20 tick: baking 100 %, due 30 → publish
       24 pause: paused 100 %`
    expectSame(
      queued('canary-10-20m'),
      `${paused}
       25 promote: complete 0 % → complete, publish`,
    )
    expectSame(
      queued('canary-10-20m'),
      `${paused}
       25 abort: rolled-back 0 % → publish`,
    )
    expectSame(
      queued('canary-10-20m'),
      `${paused}
       25 more errors: paused 100 %
       26 ill report: rolled-back 0 % → failed, notify, publish`,
    )
  })

  test('an abort after a promotion that is through is refused', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       7 promote: baking 100 %, due 37 → publish
       8 promote: complete 0 % → complete, publish
       9 abort: no, a deployment that is complete cannot abort
       9 promote: complete 0 %`,
    ))

  test('content that was never everywhere bakes one step before it is promoted', () => {
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       5 promote: no, content that was never everywhere bakes one step first: 60 s to go
       6 promote: baking 100 %, due 36 → publish`,
    )
    expectSame(
      queued('linear-20-6m', { proven: true }),
      `0 start: running 20 %, due 6 → publish
       0 promote: baking 100 %, due 30 → publish
       0 promote: complete 0 % → complete, publish`,
    )
  })

  test('one that waits for its turn can be called off, and nothing else', () =>
    expectSame(
      queued(),
      `0 tick: queued 0 %
       0 alarm: no, a deployment that is queued cannot alarm
       0 pause: no, a deployment that is queued cannot pause
       1 abort: cancelled 0 %
       2 start: cancelled 0 %`,
    ))
})

describe('the gate', () => {
  test('a failing fleet rolls back, at a step or between two', () => {
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       6 ill: rolled-back 0 % → failed, notify, publish
       7 ill: rolled-back 0 %`,
    )
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       1 ill report: rolled-back 0 % → failed, notify, publish`,
    )
  })

  test('an alarm from outside does the same', () =>
    expectSame(
      queued(),
      `0 start: running 20 %, due 6 → publish
       1 alarm: rolled-back 0 % → failed, notify, publish
       1 alarm: no, a deployment that is rolled-back cannot alarm`,
    ))

  const gate = {
    metrics: [{ metric: 'error', kind: 'rate', relativeToStable: 1.5 }],
  } as const

  test('a metric that is worse than that of the others rolls back, in whichever step', () => {
    expectSame(
      queued('linear-20-6m', { gate }),
      `0 start: running 20 %, due 6 → publish
       1 more errors: rolled-back 0 % → failed, notify, publish`,
    )
    expectSame(
      queued('linear-20-6m', { gate }),
      `0 start: running 20 %, due 6 → publish
       6 as before: running 40 %, due 12 → publish
       8 more errors: rolled-back 0 % → failed, notify, publish`,
    )
    expectSame(
      queued('linear-20-6m'),
      `0 start: running 20 %, due 6 → publish
       1 more errors: running 20 %, due 6`,
    )
  })

  test('while it bakes a metric is compared with what the others measured last', () =>
    expectSame(
      queued('canary-10-20m', { gate }),
      `0 start: running 10 %, due 20 → publish
       20 as before: baking 100 %, due 30 → publish
       21 alone, as before: baking 100 %, due 30
       22 alone, more errors: rolled-back 0 % → failed, notify, publish`,
    ))

  test('a metric pauses or notifies where the gate says so', () => {
    expectSame(
      queued('linear-20-6m', { gate: { ...gate, action: 'pause' } }),
      `0 start: running 20 %, due 6 → publish
       1 more errors: paused 20 % → notify
       9 more errors: paused 20 %
       10 resume: running 20 %, due 15`,
    )
    expectSame(
      queued('linear-20-6m', { gate: { ...gate, action: 'notify' } }),
      `0 start: running 20 %, due 6 → publish
       1 more errors: running 20 %, due 6 → notify
       2 more errors: running 20 %, due 6`,
    )
  })

  test('its action may be a pause, after which somebody decides', () =>
    expectSame(
      queued('linear-20-6m', { gate: { action: 'pause' } }),
      `0 start: running 20 %, due 6 → publish
       1 ill report: paused 20 % → notify
       2 ill report: paused 20 %
       3 abort: rolled-back 0 % → publish`,
    ))

  test('or a word, once a step', () =>
    expectSame(
      queued('linear-20-6m', { gate: { action: 'notify' } }),
      `0 start: running 20 %, due 6 → publish
       1 ill report: running 20 %, due 6 → notify
       2 ill report: running 20 %, due 6
       6 ill: running 40 %, due 12 → publish
       7 ill report: running 40 %, due 12 → notify`,
    ))

  test('the story tells who did what, why, and how many had it', () => {
    let at = queued()
    for (const [word, minute] of [
      ['start', 0],
      ['tick', 6],
      ['alarm', 7],
    ] as const) {
      const result = advance(at, eventOf(word, minute))
      if (result.ok) at = result.deployment
    }
    expect(at.story).toEqual([
      { atMs: 0, what: 'started', by: 'clock', share: 20_000 },
      { atMs: 6 * MINUTE_MS, what: 'step', by: 'clock', share: 40_000 },
      { atMs: 7 * MINUTE_MS, what: 'rolled-back', by: 'ada', share: 0, why: 'alarm: because' },
    ])
  })
})

const QUIET = ['start', 'tick', 'blind', 'frozen', 'pause', 'resume', 'as before'] as const
const LOUD = ['ill', 'promote', 'abort', 'alarm', 'ill report', 'more errors'] as const

test('whatever comes in whatever order, it ends once, only grows before, and always has a way on', () => {
  const dice = createDice(7)
  for (let run = 0; run < 2_000; run++) {
    const action = dice.pick(['rollback', 'pause', 'notify'] as const)
    const strategy = dice.pick(['linear-20-6m', 'ramp-1-5-10-25-50-100'] as const)
    const metrics = [{ metric: 'error', kind: 'rate', relativeToStable: 1.5 }] as const
    let at = queued(strategy, { gate: { action, metrics } })
    let minute = 0
    let ends = 0
    for (let turn = 0; turn < 40; turn++) {
      minute += dice.below(20)
      // Ends are rare, so that long ways are gone too.
      const word = dice.pick(dice.chance(0.1) ? [...QUIET, ...LOUD] : QUIET)
      const before = at
      const result = advance(at, eventOf(word, minute))
      if (!result.ok) continue
      at = result.deployment
      if (hasEnded(before)) expect(at).toBe(before)
      else if (hasEnded(at)) ends++
      else expect(shareOf(at)).toBeGreaterThanOrEqual(shareOf(before))
      if (at.status === 'running' || at.status === 'baking') expect(at.dueAtMs).not.toBeNull()
      // The release moves to one side, never to both.
      expect(result.effects.includes('complete') && result.effects.includes('failed')).toBe(false)
      if (shareOf(at) !== shareOf(before)) expect(result.effects).toContain('publish')
    }
    expect(ends).toBeLessThanOrEqual(1)
  }
})
