import { expect, test } from 'vitest'
import { canonicalize } from '#core'
import { operatorsFor } from '../../../sdk/src/client/operators.ts'
import { MORE_OPERATORS } from '../../../sdk/src/core/more-operators.ts'

const bodyWith = (operator: string): Uint8Array =>
  new TextEncoder().encode(
    canonicalize({ flags: { f: { rules: [{ when: { attribute: 'a', operator, value: 'x' } }] } } }),
  )

test('every operator with much code is fetched when a body mentions it, negated or not', async () => {
  for (const name of Object.keys(MORE_OPERATORS)) {
    const negated = `not${name.charAt(0).toUpperCase()}${name.slice(1)}`
    expect(await operatorsFor(bodyWith(name))).toBe(MORE_OPERATORS)
    expect(await operatorsFor(bodyWith(negated))).toBe(MORE_OPERATORS)
  }
})

test('nothing is fetched for a body that does without', async () => {
  expect(await operatorsFor(bodyWith('contains'))).toBeUndefined()
  expect(await operatorsFor(bodyWith('unleash.inCidr'))).toBeUndefined()
})
