import { describe, expect, test } from 'vitest'
import { createOpener } from '../../../sdk/src/client/open-secret.ts'
import vectors from '../../vectors/sealed.json' with { type: 'json' }

describe('opening what is sealed', () => {
  test.each(vectors.accepted)('opens: $note', async ({ sdkKey, name, version, jwe, value }) => {
    expect(await createOpener(sdkKey)(name, version, jwe)).toBe(value)
  })

  test.each(vectors.refused)('refuses: $note', async ({ sdkKey, name, version, jwe }) => {
    expect(await createOpener(sdkKey)(name, version, jwe)).toBeUndefined()
  })
})
