/** What people read: tables as wide as their terminal, values whose difference shows, and names that were meant. */
import { expect, test } from 'vitest'
import { faultOf, faultText } from '../../../admin/cli/frame/fault.ts'
import { AdminError } from '../../../admin/contract/client.ts'
import { table } from '../../../admin/cli/frame/table.ts'
import { pairText } from '../../../admin/cli/frame/values.ts'

test('a table is as wide as its cells, and the last cell of a row goes on below itself', () => {
  const rows = [
    ['  a', 'one two three four five six seven eight'],
    ['  bb', 'x'],
  ]
  expect(table(rows)).toBe('  a   one two three four five six seven eight\n  bb  x')
  expect(table(rows, 32)).toBe('  a   one two three four five\n      six seven eight\n  bb  x')
})

test('where there is hardly room beside the others, the last cell gets lines of its own', () => {
  const rows = [['  a rather long cell', 'by owner in revision 5: for the sale']]
  expect(table(rows, 40)).toBe(
    '  a rather long cell\n      by owner in revision 5: for the\n      sale',
  )
  expect(table([['x'.repeat(50), 'y'.repeat(60)]], 40)).toBe(
    `${'x'.repeat(50)}\n    ${'y'.repeat(60)}`,
  )
  expect(table([], 40)).toBe('')
})

test('of two lists the elements are shown that differ', () => {
  const staff = { id: 'staff', serve: { variant: 'on' } }
  const same = { serve: { variant: 'on' }, id: 'staff' }
  expect(pairText([staff, 1], [same, 2, 1])).toEqual(['[1 same, 1 same]', '[1 same, 2, 1 same]'])
  expect(pairText([1], [])).toEqual(['[1]', '[]'])
  expect(pairText(undefined, [1])).toEqual(['(none)', '[1]'])
})

test('two long texts are shown from shortly before the place where they differ', () => {
  const long = 'a'.repeat(100)
  const [before, after] = pairText(`${long}1`, `${long}2`, 30)
  expect(before).toBe('…aaaaaaaaaaaa1"')
  expect(after).toBe('…aaaaaaaaaaaa2"')
  expect(pairText(`1${long}`, `2${long}`, 10)).toEqual(['"1aaaaaaa…', '"2aaaaaaa…'])
})

test('an answer of another version is no wrong URL only', () => {
  expect(faultOf(new AdminError(200, undefined, undefined)).message).toContain('another version')
  expect(faultOf(new AdminError(404, undefined, undefined)).message).toContain('is the URL right?')
})

test('a single fault is told once, several each with its place', () => {
  const one = { path: '/a', message: 'must be 1' }
  expect(faultText({ code: 'invalid', message: '/a: must be 1.', errors: [one] })).toBe(
    'error: /a: must be 1.',
  )
  expect(
    faultText({ code: 'invalid', message: 'refused', errors: [one, { ...one, path: '' }] }),
  ).toBe('error: refused\n  /a: must be 1\n  (whole): must be 1')
})
