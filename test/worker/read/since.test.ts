/** `GET /v1/snapshot?since=`: the way from the body a reader holds. */
import { describe, expect, test } from 'vitest'
import { emptyDelta } from '../../../worker/domain/delta.ts'
import { createShopStore } from '../support/fake-store.ts'
import { refusal } from '../support/http.ts'
import { SHOP } from '../support/published.ts'
import { createTestReadApp } from '../support/read-app.ts'

const BODY = JSON.stringify({ text: 'x'.repeat(1_000) })
const put = (value: number) => ({ put: { configs: { a: value } }, delete: {} })

async function setUp() {
  const store = await createShopStore(BODY)
  await store.publish(SHOP, BODY, 1, 7)
  const app = createTestReadApp(store)
  const ask = async (since: string) => {
    const response = await app.get(`/v1/snapshot?since=${since}`)
    return { from: response.headers.get('driftless-delta'), text: await response.text(), response }
  }
  return { store, app, ask }
}

describe('GET /v1/snapshot?since=', () => {
  test('answers one delta of all steps, with the manifest', async () => {
    const { store, ask } = await setUp()
    store.putDeltas(SHOP, [
      { from: 6, to: 7, ...put(2) },
      { from: 5, to: 6, ...put(1) },
    ])
    const { from, text, response } = await ask('5')
    expect([from, text]).toEqual(['5', '{"delete":{},"from":5,"put":{"configs":{"a":2}},"to":7}'])
    expect(response.headers.get('etag')).toBe('"1.7"')
    expect(response.headers.get('driftless-manifest')).toMatch(/^ey/)
  })

  test('answers a delta that changes nothing to whoever has the body, under a newer manifest', async () => {
    const { store, ask } = await setUp()
    expect(await ask('7')).toMatchObject({
      from: '7',
      text: '{"delete":{},"from":7,"put":{},"to":7}',
    })
    expect(store.asked.deltas).toBe(0)
  })

  test.each([
    ['no deltas are known', undefined],
    ['the revision is not among them', [{ ...emptyDelta(6), to: 7 }]],
    ['they lead elsewhere', [{ from: 5, to: 6, ...put(1) }]],
    [
      'they are longer than half the body',
      [{ from: 5, to: 7, put: { configs: { a: BODY } }, delete: {} }],
    ],
    ['they are torn', '[{"from":5'],
  ])('answers the body when %s', async (_, list) => {
    const { store, ask } = await setUp()
    if (list !== undefined) store.putDeltas(SHOP, list)
    expect(await ask('5')).toMatchObject({ from: null, text: BODY })
  })

  test('looks deltas up once, also when there are none', async () => {
    const { store, ask } = await setUp()
    await ask('5')
    await ask('5')
    expect(store.asked.deltas).toBe(1)
  })

  test('answers 304 as ever, and refuses what is no revision', async () => {
    const { app } = await setUp()
    const headers = { 'if-none-match': '"1.7"' }
    expect((await app.get('/v1/snapshot?since=5', headers)).status).toBe(304)
    for (const since of ['', '-1', '1.5', 'x', '9'.repeat(16)]) {
      expect(await refusal(await app.get(`/v1/snapshot?since=${since}`))).toBe('400 bad_request')
    }
  })
})
