import { describe, expect, test } from 'vitest'
import { matchesTag } from '../../../worker/read/conditional.ts'

describe('If-None-Match', () => {
  test.each([
    ['"1.2"', true],
    ['W/"1.2"', true],
    ['"0.1", "1.2"', true],
    ['"0.1" ,W/"1.2",', true],
    ['*', true],
    [' * ', true],
    ['"1.3"', false],
    ['1.2', false],
    ['"1.2', false],
    ['w/"1.2"', false],
    ['', false],
    [',,,', false],
    ['"*"', false],
    [null, false],
  ])('%j names "1.2": %s', (header, expected) => {
    expect(matchesTag(header, '"1.2"')).toBe(expected)
  })
})
