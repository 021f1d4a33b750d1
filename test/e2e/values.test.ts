/** Values and OpenFeature's words, from the admin API through KV to the SDK: nothing on the way changes a value. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type Client, type JsonValue } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const MAX = Number.MAX_SAFE_INTEGER

const VALUES = {
  boolean: { no: false, yes: true },
  string: { empty: '', zero: '0', false: 'false', line: '\u2028 ö 🎉 \u0000' },
  number: {
    zero: 0,
    largest: MAX,
    smallest: -MAX,
    fraction: 0.1,
    tiny: 5e-324,
    huge: 1.7976931348623157e308,
  },
  object: { empty: {}, list: [], nothing: { a: null, b: [0, '', false, MAX] } },
} satisfies Record<string, Record<string, JsonValue>>

const CASES = Object.entries(VALUES).flatMap(([type, variants]) =>
  Object.entries(variants).map(([variant, value]) => [type, variant, value] as const),
)

let platform: TestPlatform
let client: Client

beforeAll(async () => {
  platform = await startTestPlatform()
  const { admin, url } = platform
  await admin.createProject('shop', { production: { protected: false } })
  const { revision } = await admin.change(
    'shop',
    CASES.flatMap(([type, variant]) => {
      const key = `${type}.${variant}`
      return [
        { op: 'putFlag', key, type, variants: VALUES[type as keyof typeof VALUES] },
        {
          op: 'putFlagEnvironment',
          key,
          environment: 'production',
          enabled: true,
          defaultVariant: variant,
        },
      ]
    }),
  )
  const { key } = await admin.createKey('shop', 'production')
  client = createClient({ url, key, stream: false, pollMs: 1_000 })
  await client.ready({ timeoutMs: 30_000 })
  await until('the snapshot of the flags', () => client.revision === revision)
})
afterAll(async () => {
  await client?.close()
  await platform?.close()
})

/** Of each type, and none of the values. */
const FALLBACKS: Record<string, JsonValue> = {
  boolean: true,
  string: 'fallback',
  number: 42,
  object: { fallback: true },
}

function detailsOf(asked: string, key: string) {
  switch (asked) {
    case 'boolean':
      return client.getBooleanDetails(key, true)
    case 'string':
      return client.getStringDetails(key, 'fallback')
    case 'number':
      return client.getNumberDetails(key, 42)
    default:
      return client.getObjectDetails(key, { fallback: true })
  }
}

describe('a value', () => {
  test.each(CASES)(
    'of type %s, variant %s, is served as it was put',
    async (type, variant, value) => {
      const key = `${type}.${variant}`
      expect(detailsOf(type, key)).toEqual({
        flagKey: key,
        value,
        variant,
        reason: 'STATIC',
        flagMetadata: { revision: client.revision },
      })
      const { results } = await platform.admin.ok<{ results: object[] }>(
        'POST',
        '/projects/shop/environments/production/evaluate',
        { body: { flag: key, context: {} } },
      )
      expect(results).toMatchObject([{ value, variant, reason: 'STATIC' }])
    },
  )

  test('that a double cannot hold is refused, not rounded', async () => {
    const refused = await platform.admin.request('PUT', '/projects/shop/flags/beyond', {
      body: '{"type":"number","variants":{"beyond":9007199254740993},"reason":"test"}',
    })
    expect(refused.status).toBe(400)
    expect(refused.json()).toMatchObject({ code: 'malformed_json' })
  })
})

describe('another type', () => {
  const TYPES = ['boolean', 'string', 'number', 'object']
  test.each(
    TYPES.flatMap((asked) =>
      CASES.filter(([type]) => type !== asked).map((one) => [asked, ...one] as const),
    ),
  )('%s asked of a %s, variant %s, is the fallback and TYPE_MISMATCH', (asked, type, variant) => {
    const key = `${type}.${variant}`
    const details = detailsOf(asked, key)
    expect(details).toMatchObject({
      flagKey: key,
      value: FALLBACKS[asked],
      reason: 'ERROR',
      errorCode: 'TYPE_MISMATCH',
    })
    expect(details).not.toHaveProperty('variant')
  })

  test('a flag that is not there is FLAG_NOT_FOUND', () => {
    expect(client.getNumberDetails('nobody', 7)).toMatchObject({
      value: 7,
      reason: 'ERROR',
      errorCode: 'FLAG_NOT_FOUND',
    })
  })
})
