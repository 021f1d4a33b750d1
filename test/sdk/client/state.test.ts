/**
 * The reducer, as transcripts. `>` is what happened (after `+ms` of waiting), what follows is what the client does about it and
 * when it will act by itself. The dice always show 0.5: jitter of ± 10 % is then 0, a back-off half of its ceiling.
 */
import { describe, expect, test } from 'vitest'
import { createMachine, type Machine } from '../../../sdk/src/client/state.ts'

const HASH = 'a'.repeat(64)
const DAY = 86_400_000
const START_MS = 1_000_000_000_000

interface Rig {
  readonly machine: Machine
  /** What the machine did, and when, in seconds. */
  readonly lines: string[]
  nowMs: number
  /** When it wants to be woken; Infinity: never. */
  wakeAtMs: number
  /** Lets time pass, waking the machine whenever it asked for it. */
  pass(ms: number): void
  log(text: string): void
}

function rig(streams: boolean, random: () => number = () => 0.5, pollMs = 30_000): Rig {
  const world = {
    lines: [] as string[],
    nowMs: START_MS,
    wakeAtMs: Infinity,
    log(text: string) {
      world.lines.push(`${String((world.nowMs - START_MS) / 1000).padStart(8)}s ${text}`)
    },
  }
  const machine = createMachine(streams, pollMs, () => world.nowMs, random, {
    connect: () => world.log('connect'),
    drop: () => world.log('drop'),
    ping: () => world.log('ping'),
    poll() {
      const { wanted } = machine
      world.log(wanted ? `poll min=${wanted.epoch}.${wanted.seq}` : 'poll')
    },
    status: (status) => world.log(status),
    // Clocks tick in whole milliseconds.
    wakeIn: (ms) => void (world.wakeAtMs = world.nowMs + Math.ceil(ms)),
  })
  return Object.assign(world, {
    machine,
    pass(ms: number) {
      const untilMs = world.nowMs + ms
      while (world.wakeAtMs <= untilMs) {
        world.nowMs = Math.max(world.wakeAtMs, world.nowMs)
        machine.wake()
      }
      world.nowMs = untilMs
    },
  })
}

/** Plays a script: `+ms` waits, doing what comes due on the way; every other line is an event. */
function play(script: string, options: { streams?: boolean } = {}): string {
  const self = rig(options.streams ?? true)
  self.machine.wake()
  for (const line of script.split('\n').map((text) => text.trim())) {
    if (line.startsWith('#') || line === '') continue
    if (line.startsWith('+')) self.pass(Number(line.slice(1).replaceAll('_', '')))
    else {
      self.log(`> ${line}`)
      happen(self, line)
    }
  }
  return `\n${self.lines.join('\n')}\n`
}

function happen({ machine, nowMs }: Rig, line: string): void {
  const [type = '', a, b] = line.split(' ')
  switch (type) {
    case 'opened':
      return machine.opened()
    case 'frame':
      return machine.heard()
    case 'close':
      return machine.close()
    case 'hello':
      return machine.hello({ epoch: 1, seq: Number(a) })
    case 'goodbye':
      return machine.goodbye({ reconnectAfterMs: Number(a), jitterMs: Number(b) })
    case 'closed':
      return machine.closed(a === 'denied' ? 4401 : a === 'full' ? 1013 : 1006, Number(b ?? 0))
    case 'polled':
      return machine.polled(a === 'ok', { code: a ?? '', retryAfterMs: Number(b ?? 0) })
    case 'rejected':
      return machine.rejected(a ? { epoch: 1, seq: Number(a) } : undefined)
    case 'accepted': {
      const source = a === 'poll' || a === 'cache' || a === 'bootstrap' ? a : 'stream'
      const exp = (nowMs + DAY) / 1000
      return machine.accepted(source, { epoch: 1, seq: Number(b), sha256: HASH, exp })
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
             0s ready
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
             3s ready
             3s > polled ok
            10s drop
          10.5s connect
          30.5s drop
          31.5s connect
            33s poll
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
             0s ready
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
             0s ready
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
             0s ready
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
             0s ready
             3s poll
            10s drop
      "
    `)
  })

  test('gives a server that is slow to take it more time with each attempt, up to 40 s', () => {
    const self = rig(true)
    self.machine.wake()
    self.pass(200_000)
    const atSec = (what: string): number[] =>
      self.lines.filter((line) => line.endsWith(what)).map((line) => Number.parseFloat(line))
    const [connects, drops] = [atSec('s connect'), atSec('s drop')]
    const waits = drops.map((at, index) => at - (connects[index] ?? 0))
    expect(waits.slice(0, 5)).toEqual([10, 20, 40, 40, 40])
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
             0s ready
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
    const self = rig(true)
    self.machine.goodbye({ reconnectAfterMs: 1e15, jitterMs: 1e15 })
    self.machine.polled(true)
    self.lines.length = 0
    self.pass(5_399_999)
    expect(self.lines.filter((line) => line.endsWith('connect'))).toEqual([])
    self.pass(1)
    expect(self.lines.at(-1)).toBe('    5400s connect')
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
             0s ready
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
             0s ready
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
             0s ready
             0s > closed full
            30s connect
            30s poll
      "
    `)
  })

  test('heeds Retry-After, and adds up to half of it so that not all who heed it come back at once', () => {
    expect(
      play(
        `
        polled failed 20000
        +24_999
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
            25s poll
            25s > polled failed
            26s poll
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
             0s ready
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
             0s ready
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
             0s ready
             0s > hello 9000
             3s poll min=1.9000
             3s > polled ok
             3s > rejected
           3.5s poll
      "
    `)
  })

  test('whose document is never to be had asks ever more seldom', () => {
    const self = rig(false, () => 0.5, 3_600_000)
    const waits: number[] = []
    self.machine.wake()
    for (let i = 0; i < 9; i++) {
      self.machine.polled(true)
      self.machine.rejected()
      waits.push(self.wakeAtMs - self.nowMs)
      self.pass(self.wakeAtMs - self.nowMs)
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
      .filter((line) => /ready|stale|>/.test(line))
    expect(lines.map((line) => line.trim())).toMatchInlineSnapshot(`
      [
        "0s > accepted cache 7",
        "0s ready",
        "86400s stale",
        "86400s > opened",
        "86400s > accepted stream 8",
        "86400s ready",
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
             0s ready
             0s > close
             0s drop
             0s > hello 9
             0s > closed lost
             0s > polled ok
      "
    `)
  })

  test('whose clock is set back ten years keeps to its distances', () => {
    const self = rig(false)
    self.machine.wake()
    self.machine.polled(true)
    expect(self.wakeAtMs - self.nowMs).toBe(30_000)
    self.nowMs -= 315_360_000_000
    self.machine.wake()
    expect(self.wakeAtMs - self.nowMs).toBe(30_000)
  })

  test('whose clock leaps ahead acts once, not once for each interval missed', () => {
    const self = rig(false)
    self.machine.wake()
    self.machine.polled(true)
    self.lines.length = 0
    self.nowMs += DAY
    self.machine.wake()
    expect(self.lines).toEqual(['   86400s poll'])
    expect(self.wakeAtMs).toBe(Infinity)
  })

  test('spreads its polls over ± 10 %', () => {
    const waitMs = (random: number): number => {
      const self = rig(false, () => random)
      self.machine.wake()
      self.machine.polled(true)
      return self.wakeAtMs - self.nowMs
    }
    expect(waitMs(0)).toBe(27_000)
    expect(waitMs(0.999_999)).toBeCloseTo(33_000, -1)
  })

  test('spreads its polls over ± 10 % of ten times that beside an open stream', () => {
    const waitMs = (random: number): number => {
      const self = rig(true, () => random)
      self.machine.wake()
      self.machine.opened()
      const startMs = self.nowMs
      self.machine.accepted('stream', { epoch: 1, seq: 1, sha256: HASH, exp: 1e12 })
      while (!self.lines.some((line) => line.endsWith('poll'))) {
        self.pass(1000)
        self.machine.heard()
      }
      return self.nowMs - startMs
    }
    expect(waitMs(0)).toBe(270_000)
    expect(waitMs(0.999_999)).toBe(330_000)
  })
})

describe('1,000 clients for one hour of virtual time', () => {
  /** How the world treats an attempt; most are cruel. */
  const worlds: Record<string, (machine: Machine, random: () => number) => void> = {
    'everything fails at once': (machine) => machine.closed(),
    'connections open and break at once': (machine) => {
      machine.opened()
      machine.closed()
    },
    'connections say goodbye at once': (machine) => {
      machine.opened()
      machine.goodbye({ reconnectAfterMs: 0, jitterMs: 0 })
    },
    'every head is refused': (machine) => {
      machine.opened()
      machine.rejected()
      machine.closed()
    },
    'anything may happen': (machine, random) => {
      const all = [
        () => machine.opened(),
        () => machine.heard(),
        () => machine.rejected({ epoch: 1, seq: 9 }),
        () => machine.hello({ epoch: 1, seq: 9 }),
        () => machine.goodbye({ reconnectAfterMs: 0, jitterMs: 1000 }),
        () => machine.closed(1013),
        () => machine.closed(1006, 1000),
      ]
      for (let i = 0; i < 4; i++) all[Math.floor(random() * all.length)]?.()
    },
  }

  /** Of an HTTP answer: what it makes of a poll, and of a stream that was asked for by HTTP. */
  const statuses: readonly (readonly [status: number, retryAfterMs: number])[] = [
    [400, 0],
    [401, 0],
    [403, 0],
    [404, 0],
    [408, 0],
    [429, 0],
    [429, 7_000],
    [500, 0],
    [502, 0],
    [503, 0],
    [503, 30_000],
    [503, 400_000],
    [504, 0],
  ]

  test.each(statuses)(
    'when everything is answered %i, Retry-After %i ms: spread out, at most 12 attempts in any minute, for ever',
    (status, retryAfterMs) => {
      const code = status === 401 || status === 403 ? 'denied' : 'network'
      const seconds = new Set<number>()
      for (let client = 0; client < 1000; client++) {
        const attempts = hour(client, {
          connect: (machine) => machine.closed(code === 'denied' ? 4401 : 1006, retryAfterMs),
          poll: (machine) => machine.polled(false, { code, retryAfterMs }),
        })
        const gaps = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0))
        const dozens = attempts.slice(12).map((at, i) => at - (attempts[i] ?? 0))
        expect(Math.min(Infinity, ...dozens)).toBeGreaterThanOrEqual(60_000)
        // What the server asked for, or the longest back-off, or that of a refused key; two clocks in turn.
        const longestMs = code === 'denied' ? 330_000 : 60_000 + retryAfterMs
        expect(Math.max(...gaps)).toBeLessThanOrEqual(longestMs + 1000)
        if (retryAfterMs > 0)
          expect(attempts.length).toBeLessThan(10 + (2 * 3_600_000) / retryAfterMs)
        for (const at of attempts.slice(4)) seconds.add(Math.floor(at / 1000))
      }
      // No two of a thousand clients keep step: after the first attempts they are everywhere in the hour.
      expect(seconds.size).toBeGreaterThan(code === 'denied' || retryAfterMs > 60_000 ? 300 : 1000)
    },
  )

  test.each(Object.keys(worlds))(
    'when %s: at most 12 attempts in any minute, and never none in ten',
    (name) => {
      for (let client = 0; client < 1000; client++) {
        const attempts = hour(client, {
          connect: (machine, random) => worlds[name]?.(machine, random),
          poll: (machine) => machine.polled(false),
        })
        const shortest = Math.min(...attempts.slice(12).map((at, i) => at - (attempts[i] ?? 0)))
        const longest = Math.max(...attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0)))
        expect(shortest).toBeGreaterThanOrEqual(60_000)
        expect(longest).toBeLessThan(600_000)
        expect(attempts.length).toBeGreaterThan(40)
      }
    },
  )
})

type Answer = (machine: Machine, random: () => number) => void

/** When one client tries anything in an hour in which its attempts are answered so. */
function hour(
  client: number,
  answers: { readonly connect: Answer; readonly poll: Answer },
): number[] {
  const random = dice(client * 7919 + 1)
  const startMs = 1e12
  let nowMs = startMs
  let wakeAtMs = Infinity
  const attempts: number[] = []
  const todo: (() => void)[] = []
  const attempt = (answer: Answer): void => {
    attempts.push(nowMs)
    nowMs += Math.floor(random() * 50)
    todo.push(() => answer(machine, random))
  }
  const machine = createMachine(true, 30_000, () => nowMs, random, {
    connect: () => attempt(answers.connect),
    poll: () => attempt(answers.poll),
    drop() {},
    ping() {},
    status() {},
    wakeIn: (ms) => void (wakeAtMs = nowMs + Math.ceil(ms)),
  })
  while (nowMs < startMs + 3_600_000) {
    machine.wake()
    for (let next = todo.shift(); next; next = todo.shift()) next()
    nowMs = Math.max(nowMs, wakeAtMs)
  }
  return attempts
}

function dice(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
