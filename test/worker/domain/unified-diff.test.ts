/** Unified text: what `patch` would make of it is the other text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../../worker/domain/unified-diff.ts'

/** Applies what {@link unifiedDiff} wrote, as `patch` does. */
function patched(text: string, diff: string): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  let out = ''
  let at = 0
  const rows = diff.split('\n').slice(2, -1)
  for (const [index, row] of rows.entries()) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+/.exec(row)
    if (hunk) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1)
      for (; at < start; at++) out += lines[at] ?? ''
      continue
    }
    if (row.startsWith('\\')) continue
    const end = rows[index + 1]?.startsWith('\\') === true ? '' : '\n'
    if (row.startsWith('+')) out += row.slice(1) + end
    else {
      expect(lines[at]).toBe(row.slice(1) + end)
      if (row.startsWith(' ')) out += lines[at] ?? ''
      at++
    }
  }
  return out + lines.slice(at).join('')
}

describe('a unified diff', () => {
  test('is nothing between equal texts', () => {
    expect(unifiedDiff('a\n', 'a\n', 'x', 'y')).toBe('')
  })

  test('shows three lines around a change, and joins what is near', () => {
    const before = Array.from({ length: 20 }, (_, i) => `${i}\n`)
    const after = before.with(2, 'two\n').with(7, 'seven\n').toSpliced(18, 1)
    expect(unifiedDiff(before.join(''), after.join(''), 'a', 'b')).toBe(
      `--- a
+++ b
@@ -1,11 +1,11 @@
 0
 1
-2
+two
 3
 4
 5
 6
-7
+seven
 8
 9
 10
@@ -16,5 +16,4 @@
 15
 16
 17
-18
 19
`,
    )
  })

  test('tells of a newline that is missing at the end', () => {
    expect(unifiedDiff('a', 'a\n', 'x', 'y')).toBe(
      '--- x\n+++ y\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n',
    )
    expect(unifiedDiff('', 'a\n', 'x', 'y')).toBe('--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n')
  })

  test('makes the other text of the one', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', '-d\n', '@@\n')
    const text = fc
      .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', 'end'))
      .map(([lines, end]) => lines.join('') + end)
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(a !== b)
        expect(patched(a, unifiedDiff(a, b, 'a', 'b'))).toBe(b)
      }),
    )
  })

  test('of texts that have nothing in common is still right, and quick', () => {
    const a = Array.from({ length: 5_000 }, (_, i) => `a${i}\n`).join('')
    const b = Array.from({ length: 5_000 }, (_, i) => `b${i}\n`).join('')
    expect(patched(a, unifiedDiff(a, b, 'a', 'b'))).toBe(b)
  })
})
