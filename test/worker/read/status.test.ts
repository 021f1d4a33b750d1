/** `POST /v1/status` from outside: who may report, and what is taken. */
import { beforeEach, describe, expect, test } from 'vitest'
import { hub } from '../support/objects.ts'
import { bearer, refusal } from '../support/http.ts'
import { send } from '../support/requests.ts'
import { makeProject, type TestProject } from '../support/shop.ts'

const REPORT = {
  instance: 'web-1',
  state: 'applied',
  revision: 2,
  seq: 1,
  sdk: { name: 'js', version: '1' },
}

let shop: TestProject
let key: string

beforeEach(async () => {
  shop = await makeProject()
  key = (await shop.makeKey()).key
})

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  send('/v1/status', {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('a report is taken, and is in the fleet of its audience alone', async () => {
  const taken = await post(REPORT)
  expect(taken.status).toBe(202)
  expect(taken.headers.get('access-control-allow-origin')).toBe('*')
  expect(await hub(shop.audience('server')).fleet()).toMatchObject({ instances: 1 })
  expect(await hub(shop.audience('client')).fleet()).toMatchObject({ instances: 0 })
})

describe('refused', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{', '400 malformed_json'],
    ['a member twice', '{"instance":"a","instance":"b"}', '400 malformed_json'],
    ['no report', {}, '422 invalid'],
    ['a state nobody knows', { ...REPORT, state: 'fine' }, '422 invalid'],
    ['more than 8 KiB', ' '.repeat(8_193), '413 too_large'],
  ])('is %s', async (_, body, expected) => {
    expect(await refusal(await post(body))).toBe(expected)
  })

  test('is whoever has no SDK key, and every method but POST', async () => {
    for (const authorization of ['', 'Bearer nonsense', 'Bearer owner-token-for-tests']) {
      expect(await refusal(await post('{', { authorization }))).toBe('401 unauthorized')
    }
    const read = await send('/v1/status', { headers: bearer(key) })
    expect(read.headers.get('allow')).toBe('POST, OPTIONS')
    expect(await refusal(read)).toBe('405 method_not_allowed')
  })
})
