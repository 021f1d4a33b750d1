/** Differences between texts as `diff -u` writes them. */

/** Lines around a change that are shown with it. */
const CONTEXT = 3
/** Edits after which the shortest script is no longer sought: then all that differs is taken out and put in. */
const MAX_EDITS = 1_000

/** The header and hunks that make `b` of `a`; `''` when they are equal. A missing newline at the end is told as diff does. */
export function unifiedDiff(a: string, b: string, nameA: string, nameB: string): string {
  if (a === b) return ''
  const before = linesOf(a)
  const after = linesOf(b)
  const edits = editsBetween(before, after)
  const lines = [`--- ${nameA}`, `+++ ${nameB}`]
  for (const hunk of hunksOf(edits)) lines.push(...writeHunk(hunk))
  return `${lines.join('\n')}\n`
}

/** One line: where it stands in either text (from 0), and whether it goes, comes or stays. */
interface Edit {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
  readonly a: number
  readonly b: number
}

/** Lines with their newline, so that a last one without differs. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function editsBetween(a: readonly string[], b: readonly string[]): readonly Edit[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) {
    end++
  }
  const keeps = keptPairs(a.slice(start, a.length - end), b.slice(start, b.length - end))
  const edits: Edit[] = []
  let next = { a: 0, b: 0 }
  const upTo = (nextA: number, nextB: number): void => {
    for (; next.a < nextA; next.a++) edits.push({ sign: '-', line: a[next.a] ?? '', ...next })
    for (; next.b < nextB; next.b++) edits.push({ sign: '+', line: b[next.b] ?? '', ...next })
  }
  const keep = (nextA: number, nextB: number): void => {
    upTo(nextA, nextB)
    edits.push({ sign: ' ', line: a[nextA] ?? '', a: nextA, b: nextB })
    next = { a: nextA + 1, b: nextB + 1 }
  }
  for (let i = 0; i < start; i++) keep(i, i)
  for (const [i, j] of keeps) keep(start + i, start + j)
  for (let i = end; i > 0; i--) keep(a.length - i, b.length - i)
  upTo(a.length, b.length)
  return edits
}

/** Lines of both that stay, by Myers' algorithm (An O(ND) Difference Algorithm, 1986); none past `MAX_EDITS`. */
function keptPairs(
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] {
  const furthest = new Map<number, number>([[1, 0]])
  const trace: ReadonlyMap<number, number>[] = []
  for (let edits = 0; edits <= Math.min(a.length + b.length, MAX_EDITS); edits++) {
    trace.push(new Map(furthest))
    for (let k = -edits; k <= edits; k += 2) {
      let x = fromAbove(furthest, k, edits) ? at(furthest, k + 1) : at(furthest, k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      furthest.set(k, x)
      if (x >= a.length && x - k >= b.length) return wayBack(trace, a.length, b.length)
    }
  }
  return []
}

function wayBack(
  trace: readonly ReadonlyMap<number, number>[],
  endA: number,
  endB: number,
): readonly (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = []
  let x = endA
  let y = endB
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] ?? new Map<number, number>()
    const k = x - y
    const previous = fromAbove(furthest, k, edits) ? k + 1 : k - 1
    const fromX = at(furthest, previous)
    const fromY = fromX - previous
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) kept.push([--x, --y])
    x = fromX
    y = fromY
  }
  return kept.toReversed()
}

function fromAbove(furthest: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && at(furthest, k - 1) < at(furthest, k + 1))
}

function at(furthest: ReadonlyMap<number, number>, k: number): number {
  return furthest.get(k) ?? -1
}

/** Changes with the lines around them; those whose surroundings meet are one. */
function hunksOf(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const hunks: Edit[][] = []
  let last = -Infinity
  for (const [index, { sign }] of edits.entries()) {
    if (sign === ' ') continue
    const from = Math.max(index - CONTEXT, last + 1, 0)
    const hunk = from <= last + 1 ? hunks.at(-1) : undefined
    const until = Math.min(index + CONTEXT, edits.length - 1)
    const lines = edits.slice(hunk ? last + 1 : from, until + 1)
    if (hunk) hunk.push(...lines)
    else hunks.push(lines)
    last = until
  }
  return hunks
}

function writeHunk(hunk: readonly Edit[]): readonly string[] {
  const [first] = hunk
  const removed = hunk.filter(({ sign }) => sign !== '+').length
  const added = hunk.filter(({ sign }) => sign !== '-').length
  const head = `@@ -${range(first?.a ?? 0, removed)} +${range(first?.b ?? 0, added)} @@`
  const lines = hunk.flatMap(({ sign, line }) =>
    line.endsWith('\n')
      ? [sign + line.slice(0, -1)]
      : [sign + line, '\\ No newline at end of file'],
  )
  return [head, ...lines]
}

/** Lines are counted from 1; of an empty range the line before it is named. */
function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`
}
