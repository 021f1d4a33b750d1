/** What the Worker seals, opened by the SDK's own reader. */
import { formatKey, sealedAad } from '#core'
import { expect, test } from 'vitest'
import { createOpener } from '../../../sdk/src/client/open-secret.ts'
import { recipientOf } from '../../../worker/crypto/recipient.ts'
import { sealFor } from '../../../worker/crypto/seal.ts'

const keys = Array.from({ length: 3 }, (_, index) =>
  formatKey('server', 'shop', 'production', String(index).repeat(30)),
)
const aad = sealedAad('shop', 'production', 'token', 1)

test.each([1, 2, 3])(
  'sealed for %i keys, each of them opens it and no other does',
  async (count) => {
    const readers = await Promise.all(keys.slice(0, count).map(recipientOf))
    const jwe = await sealFor('the value', aad, readers)
    expect(JSON.stringify(jwe)).not.toContain('the value')
    const opened = await Promise.all(keys.map((key) => createOpener(key)('token', 1, jwe)))
    expect(opened).toEqual(keys.map((_, index) => (index < count ? 'the value' : undefined)))
  },
)

test('sealed twice it has another text each time: what is kept is what makes it the same', async () => {
  const readers = await Promise.all(keys.map(recipientOf))
  const [a, b] = [await sealFor('v', aad, readers), await sealFor('v', aad, readers)]
  expect(JSON.stringify(a)).not.toBe(JSON.stringify(b))
})
