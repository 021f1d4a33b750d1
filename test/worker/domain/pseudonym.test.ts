import { expect, test } from 'vitest'
import { bucketOf, hashText } from '#core'
import { pseudonymOf } from '../../../worker/domain/pseudonym.ts'
import { createDice } from '../../support/random.ts'

test('a pseudonym has the hash it is asked for, whichever that is', () => {
  const dice = createDice(3)
  const hashes = [0, 1, 2 ** 31, 2 ** 31 - 1, 2 ** 32 - 1]
  for (let run = 0; run < 5_000; run++) hashes.push(dice.below(2 ** 32))
  for (const hash of hashes) {
    const text = pseudonymOf(hash)
    expect(text).toMatch(/^[\0-\x7f]{8}$/)
    expect(hashText(text) >>> 0).toBe(hash)
  }
})

test('whoever is known by a pseudonym is in the same bucket of every seed', () => {
  for (const id of ['ada', 'user-123456789', 'ünï©ode 🎈', 'x']) {
    const text = pseudonymOf(hashText(id) >>> 0)
    for (const seed of ['', 'a', 'checkout', 'f3b1']) {
      expect(bucketOf(text, seed)).toBe(bucketOf(id, seed))
    }
  }
})
