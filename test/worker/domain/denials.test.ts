import { describe, expect, test } from 'vitest'
import { Denials, withLeftOut } from '../../../worker/domain/denials.ts'

describe('refused attempts', () => {
  test('the first of a kind in a minute is written, and the next one says how many were not', () => {
    const denials = new Denials()
    expect(denials.admit('a', 0)).toEqual({ leftOut: 0 })
    for (let count = 0; count < 9; count += 1) expect(denials.admit('a', 59_999)).toBeNull()
    expect(denials.admit('b', 59_999)).toEqual({ leftOut: 9 })
    expect(denials.admit('a', 60_000)).toEqual({ leftOut: 0 })
  })

  test('a flood of a million attempts of as many kinds writes a hundred and one a minute', () => {
    const denials = new Denials()
    let written = 0
    for (let count = 0; count < 1_000_000; count += 1) {
      if (denials.admit(`kind ${count}`, 1_000) !== null) written += 1
    }
    expect(written).toBe(101)
  })

  test('the reason says so', () => {
    expect(withLeftOut('no', 0)).toBe('no')
    expect(withLeftOut('no', 3)).toBe('no (and 3 others since the last one written)')
  })
})
