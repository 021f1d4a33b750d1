/**
 * The reducer, as transcripts. `>` is what happened (after `+ms` of waiting), what follows is what the client does about it and
 * when it will act by itself. The dice always show 0.5: jitter of ± 10 % is then 0, a back-off half of its ceiling.
 */
import { describe, expect, test } from 'vitest'
import {
  initialState,
  step,
  wakeAtMs,
  type ClientEvent,
  type State,
} from '../../../sdk/src/client/state.ts'

const HASH = 'a'.repeat(64)
const DAY = 86_400_000

/** Plays a script: `+ms` waits, doing what comes due on the way; every other line is an event. */
function play(
  script: string,
  options: { streams?: boolean; random?: number; from?: State } = {},
): string {
  const { streams = true, random = 0.5 } = options
  let nowMs = options.from?.nowMs ?? 0
  let state = options.from ?? initialState({ streams, pollMs: 30_000, nowMs })
  const lines: string[] = []
  const feed = (event: ClientEvent): void => {
    const result = step(state, event, nowMs, random)
    state = result.state
    for (const effect of result.effects) {
      const more =
        effect.type === 'status'
          ? ` ${effect.status}`
          : effect.type === 'poll' && effect.min
            ? ` min=${effect.min.epoch}.${effect.min.seq}`
            : ''
      lines.push(`${(nowMs / 1000).toString().padStart(8)}s ${effect.type}${more}`)
    }
  }
  feed({ type: 'wake' })
  for (const line of script
    .trim()
    .split('\n')
    .map((text) => text.trim())) {
    if (line.startsWith('#') || line === '') continue
    if (line.startsWith('+')) {
      const untilMs = nowMs + Number(line.slice(1).replaceAll('_', ''))
      for (let at = wakeAtMs(state); at !== undefined && at <= untilMs; at = wakeAtMs(state)) {
        nowMs = Math.max(at, nowMs)
        feed({ type: 'wake' })
      }
      nowMs = untilMs
    } else {
      lines.push(`${(nowMs / 1000).toString().padStart(8)}s > ${line}`)
      feed(eventOf(line, nowMs))
    }
  }
  return `\n${lines.join('\n')}\n`
}

function eventOf(line: string, nowMs: number): ClientEvent {
  const [type = '', a, b] = line.split(' ')
  switch (type) {
    case 'opened':
    case 'frame':
    case 'close':
      return { type }
    case 'hello':
      return { type, epoch: 1, seq: Number(a) }
    case 'goodbye':
      return { type, reconnectAfterMs: Number(a), jitterMs: Number(b) }
    case 'closed':
      return {
        type,
        reason: a === 'denied' || a === 'full' ? a : 'lost',
        ...(b && { retryAfterMs: Number(b) }),
      }
    case 'polled':
      return {
        type,
        outcome: a === 'ok' || a === 'denied' ? a : 'failed',
        ...(b && { retryAfterMs: Number(b) }),
      }
    case 'rejected':
      return { type, ...(a && { order: { epoch: 1, seq: Number(a) } }) }
    case 'accepted': {
      const source = a === 'poll' || a === 'cache' || a === 'bootstrap' ? a : 'stream'
      const floor = { epoch: 1, seq: Number(b), sha256: HASH }
      return { type, source, floor, expMs: nowMs + DAY }
    }
    default:
      throw new Error(`no such event: ${line}`)
  }
}

describe('a client', () => {
  test('connects, takes the first head, and polls seldom beside a healthy stream', () => {
    expect(
      play(`
        opened
        hello 7
        frame
        accepted stream 7
        +29_000
        frame
        # a ping after 30 s of silence, and its answer
        +30_000
        frame
        +10_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > hello 7
             0s > frame
             0s > accepted stream 7
             0s status ready
            29s > frame
            59s ping
            59s > frame
      "
    `)
  })

  test('polls when the stream brings nothing within 3 s, and again after 30 s', () => {
    expect(
      play(`
        +3_000
        accepted poll 7
        polled ok
        +7_000
        +25_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             3s poll
             3s > accepted poll 7
             3s status ready
             3s > polled ok
            10s drop
          10.5s connect
          20.5s drop
          21.5s connect
          31.5s drop
            33s poll
          33.5s connect
      "
    `)
  })

  test('without a stream only polls, every 30 s', () => {
    expect(
      play(
        `
        accepted poll 7
        polled ok
        +30_000
        polled ok
        +30_000
      `,
        { streams: false },
      ),
    ).toMatchInlineSnapshot(`
      "
             0s poll
             0s > accepted poll 7
             0s status ready
             0s > polled ok
            30s poll
            30s > polled ok
            60s poll
      "
    `)
  })

  test('that loses a long-lived stream comes back within a second, then ever later', () => {
    expect(
      play(`
        opened
        accepted stream 7
        +20_000
        frame
        +20_000
        frame
        +20_001
        closed lost
        +500
        closed lost
        +1_000
        closed lost
        +2_000
        closed lost
        +4_000
        closed lost
        +8_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
            20s > frame
            40s > frame
        60.001s > closed lost
        60.501s connect
        60.501s > closed lost
        61.501s connect
        61.501s > closed lost
        63.501s connect
        63.501s > closed lost
        67.501s connect
        67.501s > closed lost
        75.501s connect
      "
    `)
  })

  test('gives up a stream that does not answer a ping within 10 s', () => {
    expect(
      play(`
        opened
        accepted stream 7
        +45_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
            30s ping
            40s drop
          40.5s connect
      "
    `)
  })

  test('gives up a connection that does not open within 10 s', () => {
    expect(
      play(`
        accepted cache 7
        +10_400
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > accepted cache 7
             0s status ready
             3s poll
            10s drop
      "
    `)
  })

  test('that was let go comes back when it was told to, and polls meanwhile', () => {
    expect(
      play(`
        opened
        accepted stream 7
        +1_000
        goodbye 60000 20000
        +31_000
        polled ok
        +40_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             1s > goodbye 60000 20000
             1s drop
            31s poll
            32s > polled ok
            62s poll
            71s connect
      "
    `)
  })

  test('is not sent away for longer than an hour', () => {
    const { state } = step(
      initialState({ streams: true, pollMs: 30_000, nowMs: 0 }),
      { type: 'goodbye', reconnectAfterMs: 1e15, jitterMs: 1e15 },
      0,
      0.5,
    )
    expect(state.due.connect).toBe(5_400_000)
  })

  test('whose key is refused asks every 5 minutes, for ever, and recovers', () => {
    expect(
      play(`
        accepted cache 7
        closed lost
        polled denied
        +300_000
        closed lost
        polled denied
        +300_000
        # the key was put right
        opened
        hello 7
        accepted stream 8
        +1_000
        closed lost
        +3_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > accepted cache 7
             0s status ready
             0s > closed lost
             0s poll
             0s > polled denied
           300s connect
           300s poll
           300s > closed lost
           300s > polled denied
           600s connect
           600s poll
           600s > opened
           600s > hello 7
           600s > accepted stream 8
           601s > closed lost
           603s connect
      "
    `)
  })

  test('takes close code 4401 as a refused key', () => {
    expect(
      play(`
        opened
        accepted stream 7
        closed denied
        +299_999
        +1
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             0s > closed denied
            30s poll
           300s connect
      "
    `)
  })

  test('comes back to a full server from anywhere within a minute', () => {
    expect(
      play(`
        opened
        accepted stream 7
        closed full
        +31_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             0s > closed full
            30s connect
            30s poll
      "
    `)
  })

  test('heeds Retry-After', () => {
    expect(
      play(
        `
        polled failed 20000
        +19_999
        +1
        polled failed
        +1_000
      `,
        { streams: false },
      ),
    ).toMatchInlineSnapshot(`
      "
             0s poll
             0s > polled failed 20000
            20s poll
            20s > polled failed
            21s poll
      "
    `)
  })

  test('told of a head that does not come polls for it by name', () => {
    expect(
      play(`
        opened
        accepted stream 7
        hello 9
        +3_000
        accepted poll 9
        polled ok
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             0s > hello 9
             3s poll min=1.9
             3s > accepted poll 9
             3s > polled ok
      "
    `)
  })

  test('whose head was refused polls soon, and asks for it when it was genuine', () => {
    expect(
      play(`
        opened
        accepted stream 7
        rejected
        +500
        polled failed
        +10
        rejected 8
        +2_000
        accepted poll 8
        polled ok
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             0s > rejected
           0.5s poll
           0.5s > polled failed
          0.51s > rejected 8
             1s poll min=1.8
          2.51s > accepted poll 8
          2.51s > polled ok
      "
    `)
  })

  test('stops asking by name once a poll has answered', () => {
    expect(
      play(`
        opened
        accepted stream 7
        hello 9000
        +3_000
        polled ok
        rejected
        +1_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             0s > hello 9000
             3s poll min=1.9000
             3s > polled ok
             3s > rejected
           3.5s poll
      "
    `)
  })

  test('whose document is never to be had asks ever more seldom', () => {
    let state = initialState({ streams: false, pollMs: 3_600_000, nowMs: 0 })
    const waits: number[] = []
    for (let i = 0, nowMs = 0; i < 9; i++) {
      for (const event of [
        { type: 'wake' },
        { type: 'polled', outcome: 'ok' },
        { type: 'rejected' },
      ] as const)
        state = step(state, event, nowMs, 0.5).state
      const next = wakeAtMs(state) ?? Infinity
      waits.push(next - nowMs)
      nowMs = next
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  test('past exp is stale, goes on trying, and is ready again with the next head', () => {
    const lines = play(`
        accepted cache 7
        +86_400_000
        opened
        accepted stream 8
      `)
      .split('\n')
      .filter((line) => /status|>/.test(line))
    expect(lines.map((line) => line.trim())).toMatchInlineSnapshot(`
      [
        "0s > accepted cache 7",
        "0s status ready",
        "86400s status stale",
        "86400s > opened",
        "86400s > accepted stream 8",
        "86400s status ready",
      ]
    `)
  })

  test('that is closed does nothing any more', () => {
    expect(
      play(`
        opened
        accepted stream 7
        close
        hello 9
        closed lost
        polled ok
        +86_400_000
      `),
    ).toMatchInlineSnapshot(`
      "
             0s connect
             0s > opened
             0s > accepted stream 7
             0s status ready
             0s > close
             0s drop
             0s status closed
             0s > hello 9
             0s > closed lost
             0s > polled ok
      "
    `)
  })

  test('whose clock is set back ten years keeps to its distances', () => {
    const before = step(
      initialState({ streams: false, pollMs: 30_000, nowMs: 1e12 }),
      { type: 'wake' },
      1e12,
      0.5,
    ).state
    const polled = step(before, { type: 'polled', outcome: 'ok' }, 1e12, 0.5).state
    expect(wakeAtMs(polled)).toBe(1e12 + 30_000)
    const back = 1e12 - 315_360_000_000
    const after = step(polled, { type: 'wake' }, back, 0.5).state
    expect(wakeAtMs(after)).toBe(back + 30_000)
  })

  test('whose clock leaps ahead acts once, not once for each interval missed', () => {
    const started = step(
      initialState({ streams: false, pollMs: 30_000, nowMs: 0 }),
      { type: 'wake' },
      0,
      0.5,
    ).state
    const polled = step(started, { type: 'polled', outcome: 'ok' }, 0, 0.5).state
    const leapt = step(polled, { type: 'wake' }, DAY, 0.5)
    expect(leapt.effects.map((effect) => effect.type)).toEqual(['poll'])
    expect(wakeAtMs(leapt.state)).toBeUndefined()
  })

  test('spreads its polls over ± 10 %', () => {
    const dueAfter = (random: number, link: 'open' | 'down'): number | undefined =>
      step(
        {
          ...initialState({ streams: false, pollMs: 30_000, nowMs: 0 }),
          link,
          due: {},
          polling: true,
        },
        { type: 'polled', outcome: 'ok' },
        0,
        random,
      ).state.due.poll
    expect(dueAfter(0, 'down')).toBe(27_000)
    expect(dueAfter(0.999_999, 'down')).toBeCloseTo(33_000, -1)
    expect(dueAfter(0, 'open')).toBe(270_000)
    expect(dueAfter(0.999_999, 'open')).toBeCloseTo(330_000, -1)
  })
})

describe('1,000 clients for one hour of virtual time', () => {
  /** How the world treats an attempt; most are cruel. */
  const worlds: Record<string, (random: () => number) => readonly ClientEvent[]> = {
    'everything fails at once': () => [{ type: 'closed', reason: 'lost' }],
    'connections open and break at once': () => [
      { type: 'opened' },
      { type: 'closed', reason: 'lost' },
    ],
    'connections say goodbye at once': () => [
      { type: 'opened' },
      { type: 'goodbye', reconnectAfterMs: 0, jitterMs: 0 },
    ],
    'every head is refused': () => [
      { type: 'opened' },
      { type: 'rejected' },
      { type: 'closed', reason: 'lost' },
    ],
    'anything may happen': (random) => {
      const all: readonly ClientEvent[] = [
        { type: 'opened' },
        { type: 'frame' },
        { type: 'rejected', order: { epoch: 1, seq: 9 } },
        { type: 'hello', epoch: 1, seq: 9 },
        { type: 'goodbye', reconnectAfterMs: 0, jitterMs: 1000 },
        { type: 'closed', reason: 'full' },
        { type: 'closed', reason: 'lost', retryAfterMs: 1000 },
      ]
      return Array.from(
        { length: 4 },
        () => all[Math.floor(random() * all.length)] ?? { type: 'frame' },
      )
    },
  }

  test.each(Object.keys(worlds))(
    'when %s: at most 12 attempts in any minute, and never none in ten',
    (name) => {
      const world = worlds[name]
      if (!world) return
      for (let client = 0; client < 1000; client++) {
        const random = dice(client * 7919 + 1)
        let nowMs = 1e12
        let state = initialState({ streams: true, pollMs: 30_000, nowMs })
        const attempts: number[] = []
        const feed = (event: ClientEvent): void => {
          const result = step(state, event, nowMs, random())
          state = result.state
          for (const effect of result.effects) {
            if (effect.type !== 'connect' && effect.type !== 'poll') continue
            attempts.push(nowMs)
            nowMs += Math.floor(random() * 50)
            if (effect.type === 'connect') for (const next of world(random)) feed(next)
            else feed({ type: 'polled', outcome: 'failed' })
          }
        }
        while (nowMs < 1e12 + 3_600_000) {
          feed({ type: 'wake' })
          nowMs = Math.max(nowMs, wakeAtMs(state) ?? Infinity)
        }
        const shortest = Math.min(...attempts.slice(12).map((at, i) => at - (attempts[i] ?? 0)))
        const longest = Math.max(...attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0)))
        expect(shortest).toBeGreaterThanOrEqual(60_000)
        expect(longest).toBeLessThan(600_000)
        expect(attempts.length).toBeGreaterThan(40)
      }
    },
  )
})

function dice(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
