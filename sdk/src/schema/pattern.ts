/**
 * Patterns of schemas, decided in time linear in the text whatever the pattern: all places where it may be are followed
 * at once, and what a look-ahead or look-behind says of each position is found by a pass of its own before. There is no
 * back-reference, which cannot be had at this price.
 */
import { kindOf, parsePattern } from './pattern-parser.ts'
import type { Node, Test } from './pattern-parser.ts'

/** Longest program, in places; a counted repetition is written out. */
const MAX_PROGRAM = 20_000

/** What one text may cost against one pattern, as {@link Fuel}: some tenths of a second. */
const MAX_COST = 500_000

/** What a validation may still cost; goes down by one for about every place looked at. Throws {@link OutOfFuel} below 0. */
export interface Fuel {
  left: number
}

/** Ends a validation that costs too much. */
export class OutOfFuel extends Error {}

export interface Pattern {
  /** Whether `text` contains a match. */
  readonly test: (text: string, fuel: Fuel) => boolean
  /** Places of its programs: what it costs to keep. */
  readonly size: number
}

/** @throws SyntaxError naming the place. */
export function compilePattern(source: string): Pattern {
  const root = parsePattern(source)
  const simple = countedClass(root)
  if (simple) return { test: simple, size: 1 }
  const looks: Look[] = []
  const program = assemble(root, false, looks)
  const size = looks.reduce((sum, look) => sum + look.program.size, program.size)
  return {
    size,
    test(text, fuel) {
      const own = { left: Math.min(fuel.left, MAX_COST) }
      const start = own.left
      const points = toPoints(text)
      // Inner ones come first in the list.
      for (const look of looks) look.holdsAt = scanAll(look.program, points, own)
      const found = scan(program, points, own, undefined)
      for (const look of looks) look.holdsAt = undefined
      burn(fuel, start - own.left)
      return found
    },
  }
}

/** `^[a-z]{1,63}$` and its like, most patterns there are: a loop, and counts of any size. */
function countedClass(root: Node): Pattern['test'] | undefined {
  if (root.t !== 'seq' || root.of.length !== 3) return undefined
  const [start, repeat, end] = root.of
  if (start?.t !== 'assert' || end?.t !== 'assert' || repeat?.t !== 'repeat') return undefined
  const isStart = start.holds(0, 2) && !start.holds(2, 2) && !start.holds(1, 2)
  const isEnd = end.holds(2, 0) && !end.holds(2, 2) && !end.holds(2, 1)
  if (!isStart || !isEnd || repeat.node.t !== 'char') return undefined
  const { min, max } = repeat
  const { test } = repeat.node
  return (text, fuel) => {
    burn(fuel, text.length)
    let count = 0
    for (let i = 0; i < text.length; i++, count++) {
      const point = text.codePointAt(i) ?? 0
      if (point > 0xffff) i++
      if (!test(point)) return false
    }
    return count >= min && count <= max
  }
}

function toPoints(text: string): readonly number[] {
  const points: number[] = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0
    if (point > 0xffff) i++
    points.push(point)
  }
  return points
}

interface Look {
  readonly program: Program
  /** By position: 1 where it matches. There while a text is looked at. */
  holdsAt: Uint8Array | undefined
}

type Holds = (before: number, after: number, position: number) => boolean

/** One place: a test to pass or something to hold, and where to go on: one place, two, or none at the match. */
interface Step {
  readonly test?: Test
  readonly holds?: Holds
  to?: number
  or?: number
}

interface Program {
  readonly steps: readonly Step[]
  readonly start: number
  readonly size: number
  /** From the end of the text to its start. */
  readonly backward: boolean
  /** Written over by every scan: what was reached in which round. */
  readonly seen: Int32Array
  round: number
}

function assemble(root: Node, backward: boolean, looks: Look[]): Program {
  const steps: Step[] = []
  const put = (step: Step): number => {
    if (steps.length >= MAX_PROGRAM) {
      throw new SyntaxError(`pattern is too large once its counts are written out`)
    }
    return steps.push(step) - 1
  }
  /** Writes `node` so that it goes on at `to`; answers where it starts. */
  const write = (node: Node, to: number): number => {
    switch (node.t) {
      case 'char':
        return put({ test: node.test, to })
      case 'assert':
        return put({ holds: node.holds, to })
      case 'look': {
        // What begins at a place is found by reading backwards to it, what ends there by reading forwards.
        const look: Look = {
          program: assemble(node.node, node.ahead, looks),
          holdsAt: undefined,
        }
        looks.push(look)
        const { negated } = node
        return put({ holds: (_, __, at) => (look.holdsAt?.[at] === 1) !== negated, to })
      }
      case 'seq': {
        const inOrder = backward ? node.of : node.of.toReversed()
        return inOrder.reduce((next, part) => write(part, next), to)
      }
      case 'alt':
        return node.of
          .map((part) => write(part, to))
          .reduceRight((or, start) => put({ to: start, or }))
      case 'repeat': {
        let start = to
        if (node.max === Infinity) {
          const loop: Step = { or: to }
          start = put(loop)
          loop.to = write(node.node, start)
        } else {
          for (let i = node.min; i < node.max; i++) {
            start = put({ to: write(node.node, start), or: to })
          }
        }
        for (let i = 0; i < node.min; i++) start = write(node.node, start)
        return start
      }
    }
  }
  const match = put({})
  const start = write(root, match)
  return {
    steps,
    start,
    size: steps.length,
    backward,
    seen: new Int32Array(steps.length),
    round: 0,
  }
}

function scanAll(program: Program, points: readonly number[], fuel: Fuel): Uint8Array {
  const marks = new Uint8Array(points.length + 1)
  scan(program, points, fuel, marks)
  return marks
}

/** Whether there is a match, at once; or, with `marks`, where all of them end. */
function scan(
  program: Program,
  points: readonly number[],
  fuel: Fuel,
  marks: Uint8Array | undefined,
): boolean {
  const { steps, start, backward, seen } = program
  const length = points.length
  let found = false
  let current: number[] = []
  let next: number[] = []
  const stack: number[] = []
  for (let turn = 0; turn <= length; turn++) {
    const position = backward ? length - turn : turn
    const before = kindOf(position > 0 ? (points[position - 1] ?? -1) : -1)
    const after = kindOf(position < length ? (points[position] ?? -1) : -1)
    const point = (backward ? points[position - 1] : points[position]) ?? -1
    if (++program.round > 0x3fffffff) {
      program.round = 1
      seen.fill(0)
    }
    const round = program.round
    next = []
    // A match may start anywhere.
    current.push(start)
    let looked = 0
    for (const first of current) {
      stack.push(first)
      for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
        if (seen[place] === round) continue
        seen[place] = round
        looked++
        const step = steps[place]
        if (!step) continue
        if (step.test) {
          if (point >= 0 && step.test(point) && step.to !== undefined) next.push(step.to)
          continue
        }
        if (step.holds && !step.holds(before, after, position)) continue
        if (step.to === undefined) {
          found = true
          if (!marks) return true
          marks[position] = 1
          continue
        }
        if (step.or !== undefined) stack.push(step.or)
        stack.push(step.to)
      }
    }
    burn(fuel, looked / 4)
    current = next
  }
  return found
}

/** @throws OutOfFuel */
export function burn(fuel: Fuel, cost: number): void {
  fuel.left -= cost
  if (fuel.left < 0) throw new OutOfFuel()
}
