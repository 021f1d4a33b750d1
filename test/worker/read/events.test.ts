/** `POST /v1/events` from outside: who may report, what is taken, and what comes of it in the API. */
import { beforeEach, describe, expect, test } from 'vitest'
import { call, done, newProject, booleanFlag, reason } from '../api/support.ts'
import { bearer, refusal } from '../support/http.ts'
import { send } from '../support/requests.ts'

let project: string
let key: string

beforeEach(async () => {
  project = await newProject()
  await done('PUT', `${project}/flags/checkout`, { body: { ...booleanFlag, reason } })
  const made = await done('POST', `${project}/keys`, {
    body: { name: 'app', environment: 'production', audience: 'server', reason },
  })
  key = String(made.body['key'])
})

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  send('/v1/events', {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('a report is taken, and the API tells of it', async () => {
  const before = (await done('GET', `${project}/flags/checkout/usage`)).body
  expect(before).toMatchObject({ key: 'checkout', environments: {} })
  const taken = await post({ flags: { checkout: { on: 3 }, nobody: { on: 1 } } })
  expect(taken.status).toBe(202)
  expect(taken.headers.get('access-control-allow-origin')).toBe('*')
  const again = await post({ flags: { checkout: { '': 1 } } })
  expect(again.status).toBe(202)
  expect((await done('GET', `${project}/flags/checkout/usage`)).body).toMatchObject({
    environments: {
      production: {
        total: 4,
        lastVariant: null,
        notEvaluatedFor30d: false,
        constantFor30d: false,
      },
    },
    stale: { notEvaluatedFor30d: false, constantFor30d: false, isStale: false },
  })
  expect((await call('GET', `${project}/flags/nobody/usage`)).status).toBe(404)
  const items = async (stale: boolean) =>
    (await done('GET', `${project}/flags?stale=${stale}`)).body['items']
  expect(await items(true)).toEqual([])
  expect(await items(false)).toMatchObject([{ key: 'checkout', stale: { isStale: false } }])
})

describe('refused', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{', '400 malformed_json'],
    ['a member twice', '{"flags":{"a":{"on":1},"a":{"on":1}}}', '400 malformed_json'],
    ['__proto__', '{"flags":{"__proto__":{"on":1}}}', '400 malformed_json'],
    ['a list', [], '422 invalid'],
    ['no flags', {}, '422 invalid'],
    ['more than counts', { flags: {}, context: {} }, '422 invalid'],
    ['flags that are a list', { flags: [] }, '422 invalid'],
    ['a flag that is a number', { flags: { a: 1 } }, '422 invalid'],
    ['a count of nothing', { flags: { a: { on: 0 } } }, '422 invalid'],
    ['half a count', { flags: { a: { on: 0.5 } } }, '422 invalid'],
    ['a count as text', { flags: { a: { on: '1' } } }, '422 invalid'],
    ['a count past all reason', { flags: { a: { on: 1e15 } } }, '422 invalid'],
    ['a long variant', { flags: { a: { ['x'.repeat(129)]: 1 } } }, '422 invalid'],
    [
      'too many flags',
      { flags: Object.fromEntries(Array.from({ length: 5_001 }, (_, i) => [`f${i}`, { on: 1 }])) },
      '422 invalid',
    ],
    ['more than a mebibyte', ' '.repeat(1024 * 1024 + 1), '413 too_large'],
  ])('is %s', async (_, body, expected) => {
    const response = await post(body)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await refusal(response)).toBe(expected)
  })

  test('is whoever has no SDK key, before the body is looked at', async () => {
    for (const authorization of ['', 'Bearer nonsense', 'Bearer owner-token-for-tests']) {
      expect(await refusal(await post('{', { authorization }))).toBe('401 unauthorized')
    }
  })

  test('is a body that is not said to be JSON, and every method but POST', async () => {
    expect(await refusal(await post('{"flags":{}}', { 'content-type': 'text/plain' }))).toBe(
      '415 unsupported_media_type',
    )
    const read = await send('/v1/events', { headers: bearer(key) })
    expect(read.headers.get('allow')).toBe('POST, OPTIONS')
    expect(await refusal(read)).toBe('405 method_not_allowed')
    const preflight = await send('/v1/events', { method: 'OPTIONS' })
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Content-Type')
  })
})
