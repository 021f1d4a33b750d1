import { beforeAll, expect, test } from 'vitest'
import { call, done, newProject, reason } from './support.ts'

let project: string
const schema = {
  required: ['port'],
  properties: { port: { type: 'integer', maximum: 9_007_199_254_740_991 } },
}

beforeAll(async () => {
  project = await newProject()
  await done('PUT', `${project}/configs/app/schema`, { body: { schema, reason } })
})

const put = (source: string) =>
  call('PUT', `${project}/configs/app`, { body: { format: 'yaml', source, reason } })

test('a schema is stored with a version, listed, exported and read back', async () => {
  const { body, headers } = await done('GET', `${project}/configs/app/schema`)
  expect(body).toMatchObject({ name: 'app', version: 1, content: { version: '1.0.0', schema } })
  expect(headers.get('etag')).toMatch(/^"\d+"$/)
  const { body: list } = await done('GET', `${project}/schemas`)
  expect(list['items']).toMatchObject([{ name: 'app' }])
  const { body: versions } = await done('GET', `${project}/configs/app/schema/versions`)
  expect(versions['items']).toMatchObject([{ kind: 'schema', key: 'app', layer: 'base' }])
  const { body: exported } = await done('GET', `${project}/export`)
  expect(JSON.stringify(exported)).toContain('"kind":"schema"')
})

test('a document that does not fit is refused with its place, and told without its value', async () => {
  const answer = await put('port: hunter2')
  expect(answer.status).toBe(422)
  expect(answer.body).toMatchObject({
    code: 'invalid',
    errors: [
      { config: 'app', environment: 'development', pointer: '/port', rule: 'type' },
      { environment: 'production' },
    ],
  })
  expect(JSON.stringify(answer.body)).not.toContain('hunter2')
  expect((await put('port: 1')).status).toBe(201)
})

test('a document is checked without being written', async () => {
  const path = `${project}/configs/app/validate`
  const { body } = await done('POST', path, { body: { document: { port: 'x' } } })
  expect(body).toMatchObject({ valid: false, issues: [{ path: '/port', rule: 'type' }] })
  const other = { document: {}, schema: { required: ['a'] } }
  expect((await done('POST', path, { body: other })).body).toMatchObject({
    issues: [{ path: '/a' }],
    change: { kind: 'breaking' },
  })
  expect((await call('POST', path, { body: { source: 'a' } })).status).toBe(422)
})

test('bounds of 64-bit integers are rounded, in schemas only', async () => {
  const path = `${project}/configs/long/schema`
  const body = `{"schema":{"minimum":-9223372036854775808,"maximum":9223372036854775807},"reason":"r"}`
  await done('PUT', path, { body })
  const document = '{"document":9223372036854775807}'
  expect((await call('POST', `${project}/configs/long/validate`, { body: document })).status).toBe(
    400,
  )
})

test('a schema is inferred, and deleted', async () => {
  const { body } = await done('GET', `${project}/configs/app/schema/inferred`)
  expect(body['schema']).toMatchObject({ required: ['port'] })
  await done('DELETE', `${project}/configs/app/schema?reason=test`)
  expect((await call('GET', `${project}/configs/app/schema`)).status).toBe(404)
  expect((await put('port: x')).status).toBe(200)
})

test('a migration tried without writing says which layers it would change, and changes none', async () => {
  const path = `${project}/configs/moving`
  const first = { schema: true, version: '1.0.0', reason }
  await done('PUT', `${path}/schema`, { body: first })
  const source = 'a: 1 # one\n'
  await done('PUT', path, { body: { format: 'yaml', source, reason } })
  const up = [{ op: 'rename', path: '/a', name: 'b' }]
  const migrations = [{ from: '1.0.0', to: '2.0.0', up }]
  const body = { schema: { required: ['b'] }, version: '2.0.0', migrations, migrate: true, reason }
  const tried = await done('PUT', `${path}/schema?dryRun=true`, { body })
  expect(tried.body).toMatchObject({
    dryRun: true,
    changed: [{ kind: 'config' }, { kind: 'schema' }],
  })
  expect((await done('GET', path)).body).toMatchObject({ content: { source } })
  const { migrate: _, ...alone } = body
  expect((await call('PUT', `${path}/schema`, { body: alone })).status).toBe(422)
  await done('PUT', `${path}/schema`, { body })
  expect((await done('GET', path)).body).toMatchObject({ content: { source: 'b: 1\n' } })
  const { body: stored } = await done('GET', `${path}/schema`)
  expect(stored['content']).toEqual({ version: '2.0.0', schema: body.schema, migrations })
})

test('a change set tried without writing answers what each layer would hold, to who may read it all', async () => {
  const path = `${project}/changes`
  const up = [{ op: 'rename', path: '/b', name: 'c' }]
  const migrations = [{ from: '2.0.0', to: '3.0.0', up }]
  const moving = { op: 'putSchema', name: 'moving', version: '3.0.0', schema: true, migrations }
  const body = { reason, operations: [{ ...moving, migrate: true }] }
  const tried = await done('POST', `${path}?dryRun=true&contents=true`, { body })
  expect(tried.body).toMatchObject({
    dryRun: true,
    changed: [
      { kind: 'config', layer: 'base', content: { format: 'yaml', source: 'c: 1\n' } },
      { kind: 'schema', content: { version: '3.0.0' } },
    ],
  })
  const without = await done('POST', `${path}?dryRun=true`, { body })
  expect(JSON.stringify(without.body)).not.toContain('c: 1')
  expect((await call('POST', `${path}?contents=true`, { body })).status).toBe(422)
  const actions = ['change.commit', 'schema.write', 'config.write', 'protected.write']
  const scope = { projects: ['*'], environments: ['*'], secrets: ['*'] }
  const grants = [{ actions, ...scope }]
  const made = await done('POST', '/tokens', { body: { name: 'writes-only', grants } })
  const token = String(made.body['token'])
  const ask = (query: string) => call('POST', `${path}?dryRun=true${query}`, { body, token })
  expect((await ask('')).status).toBe(200)
  expect((await ask('&contents=true')).status).toBe(403)
})
