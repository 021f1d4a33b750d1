/**
 * Regular expressions in RE2 syntax, decided in time linear in the text: V8's own RegExp backtracks, and one pattern of a
 * flag could then stop a process. Answers only whether a text contains a match; there are no captures to return.
 *
 * A pattern becomes a small program (Thompson's NFA), run as a DFA whose states are made when first needed. V8 is asked
 * about single code points only, for classes, `\p{…}` and case folding: that cannot backtrack.
 */

import { parsePattern, type Node, type Test } from './pattern-syntax.ts'

/**
 * Longest program, in places. A counted repetition is written out, so `(x{100}){100}` is refused, as RE2 refuses it. The
 * worst texts cost a look at every place for every character, so this bounds the time as well.
 */
const MAX_PROGRAM = 300
/** States kept before all are forgotten and made again: bounds memory whatever the pattern and the texts. */
const MAX_STATES = 500
const MAX_EDGES = 20_000

/** Whether `text` contains a match. */
export type Pattern = (text: string) => boolean

/**
 * Compiles `source`.
 *
 * @throws SyntaxError naming the place, for what RE2 does not take either (back-references, look-around, nested
 * quantifiers) and for programs past {@link MAX_PROGRAM}.
 */
export function compilePattern(source: string): Pattern {
  return run(assemble(parsePattern(source), source))
}

/** What stands beside a position: 0 the edge of the text, 1 a newline, 2 a word character, 3 anything else. */
const kindOf = (c: number): number =>
  c < 0 ? 0 : c === 10 ? 1 : c === 95 || isIn(c, 48, 57) || isIn(c | 32, 97, 122) ? 2 : 3

const isIn = (c: number, from: number, to: number): boolean => c >= from && c <= to

/** One place of a program: a test to pass or an assertion to hold, and where to go on: one place, two, or none at the match. */
interface Step {
  readonly test?: Test
  readonly holds?: (before: number, after: number) => boolean
  to?: number | undefined
  or?: number
}

function assemble(root: Node, source: string): readonly Step[] {
  const steps: Step[] = []
  const put = (step: Step): number => {
    if (steps.length >= MAX_PROGRAM)
      throw new SyntaxError(
        `pattern of ${source.length} characters is too large once its counts are written out`,
      )
    return steps.push(step) - 1
  }
  /** Writes `node` so that it goes on at `to`; answers where it starts. Built from the end. */
  const write = (node: Node, to: number): number => {
    switch (node.t) {
      case 'char':
        return put({ test: node.test, to })
      case 'assert':
        return put({ holds: node.holds, to })
      case 'seq':
        return node.of.reduceRight((next, part) => write(part, next), to)
      case 'alt':
        return node.of
          .map((part) => write(part, to))
          .reduceRight((or, start) => put({ to: start, or }))
      case 'repeat': {
        // A single character may be passed or not at one place; anything larger needs a place of its own to choose at.
        const test = node.node.t === 'char' ? node.node.test : undefined
        const choose = (then: number | undefined, or: number): Step =>
          test ? { test, to: then, or } : { to: then, or }
        let start = to
        if (node.max === Infinity) {
          const loop = choose(undefined, to)
          start = put(loop)
          loop.to = test ? start : write(node.node, start)
        } else
          for (let i = node.min; i < node.max; i++)
            start = put(choose(test ? start : write(node.node, start), to))
        for (let i = 0; i < node.min; i++) start = write(node.node, start)
        return start
      }
    }
  }
  const match = put({})
  const start = write(root, match)
  // The program starts at its last place; one more step makes that so for an empty pattern as well.
  put({ to: start })
  return steps
}

/** Where the program may be before the next code point is seen, what stood before it, and where each code point led. */
interface State {
  readonly places: Int32Array
  readonly before: number
  readonly edges: Map<number, State>
}

/** Instead of the number of a test: a place that is passed without looking, or if its assertion holds. */
const FREE = -1
const GUARDED = -2

function run(steps: readonly Step[]): Pattern {
  const size = steps.length
  const tests = [...new Set(steps.flatMap((step) => step.test ?? []))]
  const testOf = Int32Array.from(steps, ({ test, holds }) =>
    test ? tests.indexOf(test) : holds ? GUARDED : FREE,
  )
  const to = Int32Array.from(steps, (step) => step.to ?? -1)
  const or = Int32Array.from(steps, (step) => step.or ?? -1)
  const holdsOf = steps.map((step) => step.holds)
  // Written over by every step: the numbers of the steps that last came by a place, and that led to it.
  const seen = new Int32Array(size)
  const taken = new Int32Array(size)
  const stack = new Int32Array(size)
  const known = new Map<string, State>()
  // By code point, then by test: 0 where it was not asked yet, 1 passed, 2 did not.
  const answersTo = new Map<number, Uint8Array>()
  let number = 0
  let edges = 0

  /**
   * Follows the first `count` of `places` over `codePoint` (-1: the end of the text), each place and each test once. Writes
   * the places it leads to into `next`; answers how many, or -1 for a match.
   */
  const step = (
    places: Int32Array,
    count: number,
    before: number,
    codePoint: number,
    next: Int32Array,
  ): number => {
    const after = kindOf(codePoint)
    if (++number > 0x3fffffff) {
      number = 1
      for (const marks of [seen, taken]) marks.fill(0)
    }
    let answers = answersTo.get(codePoint)
    if (!answers) {
      if (answersTo.size > MAX_STATES) answersTo.clear()
      answers = new Uint8Array(tests.length)
      answersTo.set(codePoint, answers)
    }
    // A match may start anywhere.
    next[0] = size - 1
    taken[size - 1] = number
    let found = 1
    for (let i = 0; i < count; i++) {
      let place = places[i] ?? 0
      for (let height = 0; ;) {
        if (seen[place] !== number) {
          seen[place] = number
          const test = testOf[place] ?? -1
          const then = to[place] ?? -1
          const other = or[place] ?? -1
          if (other >= 0 && seen[other] !== number) stack[height++] = other
          if (test >= 0) {
            if (answers[test] === 0)
              answers[test] = codePoint >= 0 && tests[test]?.(codePoint) ? 1 : 2
            if (answers[test] === 1 && taken[then] !== number) {
              taken[then] = number
              next[found++] = then
            }
          } else if (then < 0) return -1
          else if (test === FREE || holdsOf[place]?.(before, after)) {
            place = then
            continue
          }
        }
        if (height === 0) break
        place = stack[--height] ?? 0
      }
    }
    return found
  }

  return (text) => {
    let places: Int32Array = Int32Array.of(size - 1)
    let count = 1
    let before = 0
    let spare: Int32Array = new Int32Array(size)
    // Undefined once it does not pay to remember.
    let state: State | undefined = { places, before, edges: new Map() }
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i) ?? 0
      if (codePoint > 0xffff) i++
      let next: State | undefined = state?.edges.get(codePoint)
      if (next) {
        state = next
        ;({ places, before } = next)
        count = places.length
        continue
      }
      const found = step(places, count, before, codePoint, spare)
      if (found < 0) return true
      before = kindOf(codePoint)
      count = found
      if (state) {
        places = spare.subarray(0, found).toSorted()
        const name = `${before}:${places.join()}`
        next = known.get(name) ?? { places, before, edges: new Map() }
        known.set(name, next)
        state.edges.set(codePoint, next)
        state = next
        if (++edges > MAX_EDGES || known.size > MAX_STATES) {
          // This text makes more states than it uses again: forget them, and run the rest of it without.
          known.clear()
          edges = 0
          state = undefined
          places = new Int32Array(size)
          places.set(next.places)
        }
      } else [places, spare] = [spare, places]
    }
    return step(places, count, before, -1, spare) < 0
  }
}
