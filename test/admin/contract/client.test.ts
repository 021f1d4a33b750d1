import { describe, expect, test } from 'vitest'
import { AdminError, createAdminClient } from '../../../admin/contract/client.ts'

interface Sent {
  readonly url: string
  readonly init: RequestInit
}

function clientAnswering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const sent: Sent[] = []
  const client = createAdminClient({
    url: 'https://example.test/',
    token: 'secret',
    fetch: async (url, init) => {
      sent.push({ url, init })
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return new Response(text, { status, headers })
    },
  })
  return { client, sent }
}

const committed = { revision: 4, dryRun: false, changed: [], environments: ['production'] }

describe('a request', () => {
  test('goes to the route with its parameters, query, body and conditions', async () => {
    const { client, sent } = clientAnswering(200, committed, { etag: '"4"' })
    const answer = await client.putFlag({
      parameters: { project: 'shop', flag: 'a b/c' },
      query: { dryRun: 'true' },
      body: { type: 'boolean', variants: { on: true }, reason: 'r' },
      ifMatch: 3,
      idempotencyKey: 'k',
    })
    expect(answer).toEqual({ status: 200, revision: 4, body: committed })
    expect(sent[0]?.url).toBe(
      'https://example.test/api/v1/projects/shop/flags/a%20b%2Fc?dryRun=true',
    )
    expect(sent[0]?.init).toMatchObject({
      method: 'PUT',
      headers: {
        authorization: 'Bearer secret',
        'content-type': 'application/json',
        'if-match': '"3"',
        'idempotency-key': 'k',
      },
    })
    expect(sent[0]?.init.body).toBe('{"type":"boolean","variants":{"on":true},"reason":"r"}')
  })

  test('without a token leaves it to the browser’s cookie', async () => {
    const sent: RequestInit[] = []
    const client = createAdminClient({
      url: 'https://example.test',
      fetch: async (_, init) => {
        sent.push(init)
        return new Response('{"items":[]}')
      },
    })
    await client.listProjects()
    expect(sent[0]?.headers).not.toHaveProperty('authorization')
  })

  test('for lines of JSON answers them as they are', async () => {
    const { client } = clientAnswering(200, '{"kind":"audit"}\n{"kind":"row"}\n')
    const answer = await client.exportAudit({ parameters: { project: 'shop' } })
    expect(answer.body).toBe('{"kind":"audit"}\n{"kind":"row"}\n')
  })

  test('without a body has no content type, and * stays *', async () => {
    const { client, sent } = clientAnswering(200, committed)
    await client.deleteFlag({
      parameters: { project: 'shop', flag: 'f' },
      query: { reason: 'r' },
      ifMatch: '*',
    })
    expect(sent[0]?.init.headers).not.toHaveProperty('content-type')
    expect(sent[0]?.init.headers).toMatchObject({ 'if-match': '*' })
    expect(sent[0]?.init.body).toBeUndefined()
  })

  test('with an empty parameter is not sent: it would be another route', async () => {
    const { client, sent } = clientAnswering(200, committed)
    await expect(
      client.getFlag({ parameters: { project: 'shop', flag: '' } }),
    ).rejects.toBeInstanceOf(TypeError)
    expect(sent).toEqual([])
  })
})

describe('a refusal', () => {
  const conflict = {
    type: 'urn:driftless:problem:revision_conflict',
    title: 't',
    status: 412,
    code: 'revision_conflict',
    detail: 'The request is based on revision 1, the newest is 2.',
    current: 2,
    changed: [{ kind: 'flag', key: 'f', layer: 'base', revision: 2, author: 'ada' }],
  }

  test('is an error with the code and all that was said', async () => {
    const { client } = clientAnswering(412, conflict, { 'retry-after': '7' })
    const error: unknown = await client.listProjects().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AdminError)
    expect(error).toMatchObject({
      status: 412,
      code: 'revision_conflict',
      message: conflict.detail,
      problem: conflict,
      retryAfterSec: 7,
    })
    expect(String(error)).not.toContain('secret')
  })

  test.each(['<html>', '', '{}', '[]'])('that is not the API’s (%j) has no code', async (text) => {
    const { client } = clientAnswering(502, text)
    await expect(client.listProjects()).rejects.toMatchObject({
      status: 502,
      code: 'unknown',
      problem: undefined,
    })
  })
})

test('an answer that does not fit the contract is an error, one that says more is read', async () => {
  await expect(clientAnswering(200, { items: 1 }).client.listProjects()).rejects.toThrow(AdminError)
  const { client } = clientAnswering(200, { items: [], more: 'of it' })
  expect((await client.listProjects()).body).toEqual({ items: [] })
})
