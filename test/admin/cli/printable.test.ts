import { expect, test } from 'vitest'
import { printable } from '../../../admin/cli/frame/printable.ts'

test.each([
  [
    'plain text, with ümlauts and 🙂\n\tindented\r\n',
    'plain text, with ümlauts and 🙂\n\tindented\r\n',
  ],
  [
    '\u001B[1mbold\u001B[22m \u001B[31mred\u001B[39m',
    '\u001B[1mbold\u001B[22m \u001B[31mred\u001B[39m',
  ],
  ['title \u001B]0;owned\u0007', 'title \\u001b]0;owned\\u0007'],
  ['clears \u001B[2J\u001B[H', 'clears \\u001b[2J\\u001b[H'],
  ['hidden \u001B[8m', 'hidden \\u001b[8m'],
  ['over\rwritten', 'over\\u000dwritten'],
  ['back\b\u007F', 'back\\u0008\\u007f'],
  ['C1 \u009B2J', 'C1 \\u009b2J'],
  ['turned \u202Egnp.exe', 'turned \\u202egnp.exe'],
  ['\u001B\u001B[31m', '\\u001b\u001B[31m'],
])('%j is printed on a terminal as %j', (text, printed) => {
  expect(printable(text)).toBe(printed)
})
