import { describe, expect, test } from 'vitest'
import { booleanFlag, call, done, newProject, reason } from './support.ts'

const body = { ...booleanFlag, reason }
const noMatch = { 'if-match': '' }

describe('the base of a write', () => {
  test('a write that does not say what it is based on is refused with 428', async () => {
    const project = await newProject()
    const { SELF } = await import('cloudflare:test')
    const response = await SELF.fetch(`https://driftless.test/api/v1${project}/flags/f`, {
      method: 'PUT',
      headers: {
        authorization: 'Bearer owner-token-for-tests',
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(428)
    expect(await response.json()).toMatchObject({ code: 'precondition_required' })
  })

  test('a write on an older revision is refused with what changed since', async () => {
    const project = await newProject()
    await done('PUT', `${project}/flags/f`, { body, headers: { 'if-match': '"1"' } })
    const stale = await call('PUT', `${project}/flags/f`, {
      body: { ...body, description: 'mine' },
      headers: { 'if-match': '"1"' },
    })
    expect(stale.status).toBe(412)
    expect(stale.headers.get('etag')).toBe('"2"')
    expect(stale.body).toMatchObject({
      code: 'revision_conflict',
      current: 2,
      changed: [{ kind: 'flag', key: 'f', layer: 'base', revision: 2, author: 'owner' }],
    })
    const read = await done('GET', `${project}/flags/f`)
    await done('PUT', `${project}/flags/f`, {
      body: { ...body, description: 'mine' },
      headers: { 'if-match': read.headers.get('etag') ?? '' },
    })
  })

  test('a base in the body of a change set counts, and must agree with If-Match', async () => {
    const project = await newProject()
    const operations = [{ op: 'putFlag', key: 'f', ...booleanFlag }]
    const disagreeing = await call('POST', `${project}/changes`, {
      body: { base: 1, reason, operations },
      headers: { 'if-match': '"2"' },
    })
    expect(disagreeing.status).toBe(400)
    await done('POST', `${project}/changes`, {
      body: { base: 1, reason, operations },
      headers: { 'if-match': '"1"' },
    })
  })

  test.each(['1', '"x"', 'W/"1"', '"1", "2"', '"-1"', '"01"', '""'])(
    'If-Match %s is malformed',
    async (tag) => {
      const project = await newProject()
      const answer = await call('PUT', `${project}/flags/f`, { body, headers: { 'if-match': tag } })
      expect(answer.status).toBe(400)
      expect(answer.body['code']).toBe('bad_request')
    },
  )
})

test('a dry run answers what would change and writes nothing', async () => {
  const project = await newProject()
  const dry = await call('PUT', `${project}/flags/f?dryRun=true`, { body })
  expect(dry.status).toBe(200)
  expect(dry.body).toMatchObject({ dryRun: true, changed: [{ kind: 'flag', key: 'f' }] })
  expect((await call('GET', `${project}/flags/f`)).status).toBe(404)
  expect((await done('GET', project)).body['revision']).toBe(1)
  const misspelt = await call('PUT', `${project}/flags/f?dryrun=true`, { body })
  expect(misspelt.status).toBe(422)
})

test('a repeated Idempotency-Key is answered once; with another request it is refused', async () => {
  const project = await newProject()
  const headers = { 'idempotency-key': 'once' }
  const first = await done('PUT', `${project}/flags/f`, { body, headers })
  const again = await done('PUT', `${project}/flags/f`, { body, headers })
  expect(again.body).toMatchObject({ revision: first.body['revision'], replayed: true })
  expect((await done('GET', project)).body['revision']).toBe(2)
  const other = await call('PUT', `${project}/flags/g`, { body, headers })
  expect(other.status).toBe(422)
  expect(other.body['code']).toBe('idempotency_key_reused')
  const malformed = await call('PUT', `${project}/flags/f`, {
    body,
    headers: { 'idempotency-key': 'x'.repeat(256) },
  })
  expect(malformed.status).toBe(400)
})

test('a write that makes no revision takes no Idempotency-Key, since it would run twice', async () => {
  const project = await newProject()
  const answer = await call('POST', `${project}/keys`, {
    body: { name: 'k', environment: 'production', audience: 'server' },
    headers: { 'idempotency-key': 'once' },
  })
  expect(answer.status).toBe(400)
  expect(answer.body['code']).toBe('idempotency_key_unsupported')
})

test('a deletion says why, once', async () => {
  const project = await newProject()
  await done('PUT', `${project}/flags/f`, { body })
  expect((await call('DELETE', `${project}/flags/f`)).status).toBe(422)
  const twice = await call('DELETE', `${project}/flags/f?reason=a`, { body: { reason: 'b' } })
  expect(twice.status).toBe(422)
  await done('DELETE', `${project}/flags/f?reason=a`)
})

describe('bodies', () => {
  test('one that is too large is refused before it is read', async () => {
    const project = await newProject()
    const large = JSON.stringify({ ...body, description: 'x'.repeat(1024 * 1024) })
    const answer = await call('PUT', `${project}/flags/f`, { body: large })
    expect(answer.status).toBe(413)
    expect(answer.body['code']).toBe('too_large')
  })

  test('the source of a config may be larger', async () => {
    const project = await newProject()
    const source = JSON.stringify({ text: 'ü'.repeat(1024 * 1024) })
    await done('PUT', `${project}/configs/large`, { body: { format: 'json', source, reason } })
    const stored = await done('GET', `${project}/configs/large`)
    expect(stored.body['content']).toMatchObject({ source })
  })

  test('the source of a config over 10 MiB is refused', async () => {
    const project = await newProject()
    const source = JSON.stringify({ text: 'x'.repeat(10 * 1024 * 1024) })
    const answer = await call('PUT', `${project}/configs/large`, {
      body: { format: 'json', source, reason },
    })
    expect(answer.status).toBe(413)
    expect(answer.body['code']).toBe('too_large')
  })

  test.each(['text/plain', 'application/json; charset=latin1', 'application/jsonx', ''])(
    'the content type %j is refused',
    async (type) => {
      const project = await newProject()
      const answer = await call('PUT', `${project}/flags/f`, {
        body,
        headers: { 'content-type': type },
      })
      expect(answer.status).toBe(415)
      expect(answer.body['code']).toBe('unsupported_media_type')
    },
  )

  test('malformed JSON is refused with the place', async () => {
    const project = await newProject()
    const answer = await call('PUT', `${project}/flags/f`, {
      body: '{"reason":\n "a", "reason": 1}',
    })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ code: 'malformed_json' })
    expect(answer.body['detail']).toContain('line 2')
  })

  test('a refusal does not repeat what was sent', async () => {
    const project = await newProject()
    const secret = 'hunter2-hunter2'
    for (const sent of [
      { ...body, type: secret },
      { ...body, visibility: secret },
      { ...body, seed: { secret } },
      { format: secret, source: secret, reason },
    ]) {
      const answer = await call('PUT', `${project}/flags/f`, { body: sent })
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body)).not.toContain(secret)
    }
  })
})

test('a path that is none is 404, another method is 405 with what is allowed', async () => {
  const project = await newProject()
  expect((await call('GET', '/nothing')).status).toBe(404)
  const answer = await call('POST', `${project}/flags/f`, { body, headers: noMatch })
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toBe('GET, PUT, PATCH, DELETE')
})
