import { describe, expect, test } from 'vitest'
import { booleanFlag, call, done, newProject, reason, changedBy } from './support.ts'

describe('configs', () => {
  test('a base layer and an override resolve to the merged document', async () => {
    const project = await newProject()
    const source = '{"a": 1, "b": {"c": 2}}'
    const put = await done('PUT', `${project}/configs/app`, {
      body: { format: 'json', source, reason },
    })
    expect(put.status).toBe(201)
    expect(put.headers.get('location')).toBe(`/api/v1${project}/configs/app`)
    expect(put.headers.get('etag')).toBe('"2"')
    expect(put.body).toMatchObject({ revision: 2, dryRun: false })
    await done('PUT', `${project}/configs/app/environments/production`, {
      body: { format: 'json', source: '{"b": {"c": 3}}', reason },
    })

    const base = await done('GET', `${project}/configs/app`)
    expect(base.body).toMatchObject({
      name: 'app',
      revision: 2,
      version: 1,
      content: { format: 'json', source, visibility: 'server' },
    })
    expect(base.headers.get('etag')).toBe('"3"')
    const resolved = await done('GET', `${project}/configs/app/resolved?environment=production`)
    expect(resolved.body).toEqual({
      revision: 3,
      document: { a: 1, b: { c: 3 } },
      layers: ['base', 'env:production'],
      origins: { '/a': 'base', '/b/c': 'env:production' },
    })
    const before = await done(
      'GET',
      `${project}/configs/app/resolved?environment=production&revision=2`,
    )
    expect(before.body['document']).toEqual({ a: 1, b: { c: 2 } })
  })

  test('a list names the layers and holds no sources', async () => {
    const project = await newProject()
    const body = { format: 'json', source: '{"secretive": true}', reason }
    await done('PUT', `${project}/configs/one`, { body })
    await done('PUT', `${project}/configs/one/environments/production`, { body })
    const list = await done('GET', `${project}/configs`)
    expect(JSON.stringify(list.body)).not.toContain('secretive')
    expect(list.body['items']).toMatchObject([
      { name: 'one', layers: [{ layer: 'base' }, { layer: 'env:production' }] },
    ])
  })

  test('each layer has a format of its own, and its source stays as it was written', async () => {
    const project = await newProject()
    const yaml = '# the shop\na: 1 # one\nb:\n  c: 2\n'
    await done('PUT', `${project}/configs/app`, { body: { format: 'yaml', source: yaml, reason } })
    const toml = '[b]\nd = 3 # here\n'
    await done('PUT', `${project}/configs/app/environments/production`, {
      body: { format: 'toml', source: toml, reason },
    })
    const resolved = await done('GET', `${project}/configs/app/resolved?environment=production`)
    expect(resolved.body['document']).toEqual({ a: 1, b: { c: 2, d: 3 } })
    expect((await done('GET', `${project}/configs/app`)).body).toMatchObject({
      content: { format: 'yaml', source: yaml },
    })
    for (const [format, source] of [
      ['jsonc', '// c\n{"a": 1,}'],
      ['env', 'A=1 # c'],
      ['ini', '; c\n[a]\nb = 1'],
    ]) {
      await done('PUT', `${project}/configs/${format}`, { body: { format, source, reason } })
      const { body } = await done('GET', `${project}/configs/${format}`)
      expect(body).toMatchObject({ content: { format, source } })
    }
    const bad = await call('PUT', `${project}/configs/app`, {
      body: { format: 'yaml', source: 'a: 1\na: 2\n', reason },
    })
    expect(bad.status).toBe(422)
    expect(bad.body).toMatchObject({
      errors: [{ path: '/source', message: 'line 2, column 1 (/a): duplicate member "a"' }],
    })
  })

  test('a change to one place keeps the comments around it', async () => {
    const project = await newProject()
    const source = '# the shop\na: 1 # one\nb:\n  c: 2\n'
    await done('PUT', `${project}/configs/app`, { body: { format: 'yaml', source, reason } })
    const changes = [
      { path: '/a', value: 5 },
      { path: '/b/d', value: ['x'] },
      { path: '/b/c', remove: true },
    ]
    const patched = await done('PATCH', `${project}/configs/app`, { body: { changes, reason } })
    expect(patched.body).toMatchObject({ revision: 3, changed: [{ key: 'app', layer: 'base' }] })
    expect((await done('GET', `${project}/configs/app`)).body).toMatchObject({
      content: { source: '# the shop\na: 5 # one\nb:\n  d:\n    - x\n' },
    })

    const override = `${project}/configs/app/environments/production`
    const nothing = await call('PATCH', override, { body: { changes, reason } })
    expect(nothing.status).toBe(404)
    await done('PUT', override, { body: { format: 'toml', source: 'a = 1 # mine\n', reason } })
    await done('PATCH', override, { body: { changes: [{ path: '/a', value: 2 }], reason } })
    expect((await done('GET', override)).body).toMatchObject({
      content: { source: 'a = 2 # mine\n' },
    })
  })

  test.each([
    [{ path: '/a/b', value: 1 }, '/changes/0', 'neither an object nor a list'],
    [{ path: '/none', remove: true }, '/changes/0', 'is not there'],
    [{ path: '/a', value: null }, '/changes/0', 'TOML has no null'],
    [{ path: '/a' }, '/changes/0', 'either a value or'],
    [{ path: '/a', value: { $external: 1 } }, '/source', 'reserved'],
  ])('the change %j is refused', async (change, path, message) => {
    const project = await newProject()
    await done('PUT', `${project}/configs/app`, {
      body: { format: 'toml', source: 'a = 1', reason },
    })
    const answer = await call('PATCH', `${project}/configs/app`, {
      body: { changes: [change], reason },
    })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({
      errors: [{ path, message: expect.stringContaining(message) }],
    })
  })

  test('a source that is no JSON is refused at its place in the body', async () => {
    const project = await newProject()
    const answer = await call('PUT', `${project}/configs/app`, {
      body: { format: 'json', source: '{"a": }', reason },
    })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ code: 'invalid', errors: [{ path: '/source' }] })
  })

  test('an override goes, and the config goes with the rest', async () => {
    const project = await newProject()
    const body = { format: 'json', source: '{}', reason }
    await done('PUT', `${project}/configs/app`, { body })
    const override = `${project}/configs/app/environments/production`
    await done('PUT', override, { body })
    await done('DELETE', override, { body: { reason } })
    expect((await call('GET', override)).status).toBe(404)
    await done('DELETE', `${project}/configs/app?reason=gone`)
    expect((await call('GET', `${project}/configs/app`)).status).toBe(404)
    const old = await done('GET', `${project}/configs/app?revision=2`)
    expect(old.body).toMatchObject({ name: 'app' })
    const versions = await done('GET', `${project}/configs/app/versions`)
    expect(versions.body['items']).toMatchObject([
      { version: 2, sha256: null, reason: 'gone' },
      { version: 1, reason: 'test' },
    ])
  })
})

describe('flags', () => {
  test('a flag is put, patched, switched on in one environment, and evaluated', async () => {
    const project = await newProject()
    const flag = `${project}/flags/checkout`
    const body = { ...booleanFlag, offVariant: 'off', defaultVariant: 'on', reason }
    await done('PUT', flag, { body })
    await done('PATCH', flag, { body: { description: 'the new one', reason } })
    await done('PUT', `${flag}/environments/production`, {
      body: {
        enabled: false,
        rules: [
          {
            id: 'pro',
            when: { attribute: 'plan', operator: 'equals', value: 'pro' },
            serve: { variant: 'on' },
          },
        ],
        defaultVariant: 'off',
        reason,
      },
    })
    const evaluate = async (context: object) =>
      (
        await done('POST', `${project}/environments/production/evaluate`, {
          body: { flag: 'checkout', context },
        })
      ).body['results']
    expect(await evaluate({ plan: 'pro' })).toMatchObject([{ value: false, reason: 'DISABLED' }])

    await done('PATCH', `${flag}/environments/production`, { body: { enabled: true, reason } })
    expect(await evaluate({ plan: 'pro' })).toMatchObject([
      { flagKey: 'checkout', value: true, variant: 'on', reason: 'TARGETING_MATCH' },
    ])
    expect(await evaluate({ plan: 'free' })).toMatchObject([{ value: false, reason: 'DEFAULT' }])

    const stored = await done('GET', flag)
    expect(stored.body).toMatchObject({
      key: 'checkout',
      version: 2,
      content: { type: 'boolean', description: 'the new one', visibility: 'server' },
      environments: { production: { version: 2, content: { enabled: true } } },
    })
  })

  test('the faults of a flag are told where they stand in the body', async () => {
    const project = await newProject()
    const answer = await call('PUT', `${project}/flags/f`, {
      body: { ...booleanFlag, defaultVariant: 'maybe', reason },
    })
    expect(answer.status).toBe(422)
    expect(answer.body['errors']).toMatchObject([{ path: '/defaultVariant' }])
    await done('PUT', `${project}/flags/f`, { body: { ...booleanFlag, reason } })
    const patched = await call('PATCH', `${project}/flags/f`, {
      body: { variants: { on: 'yes' }, reason },
    })
    expect(patched.status).toBe(422)
    expect(patched.body['errors']).toMatchObject([{ path: '/variants/on' }])
  })

  test('a name that cannot be one is refused when it is put, and not there when it is read', async () => {
    const project = await newProject()
    const body = { ...booleanFlag, reason }
    expect((await call('PUT', `${project}/flags/-x`, { body })).status).toBe(422)
    expect((await call('GET', `${project}/flags/-x`)).status).toBe(404)
    expect((await call('GET', `${project}/flags/..%2F..`)).status).toBe(404)
  })

  test('variants with the names of object members are kept', async () => {
    const project = await newProject()
    const variants = { constructor: 'a', toString: 'b', hasOwnProperty: 'c' }
    await done('PUT', `${project}/flags/f`, { body: { type: 'string', variants, reason } })
    const stored = await done('GET', `${project}/flags/f`)
    expect(stored.body['content']).toMatchObject({ variants })
  })

  test('lists come in pages of one revision', async () => {
    const project = await newProject()
    const operations = ['a', 'b', 'c'].map((key) => ({ op: 'putFlag', key, ...booleanFlag }))
    await done('POST', `${project}/changes`, { body: { reason, operations } })
    const first = await done('GET', `${project}/flags?limit=2`)
    expect(first.body['items']).toMatchObject([{ key: 'a' }, { key: 'b' }])
    await done('PUT', `${project}/flags/bb`, { body: { ...booleanFlag, reason } })
    const second = await done(
      'GET',
      `${project}/flags?limit=2&cursor=${String(first.body['next'])}`,
    )
    expect(second.body['items']).toMatchObject([{ key: 'c' }])
    expect(second.body['next']).toBeUndefined()
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'limit=1&limit=2', 'x=1']) {
      const refused = await call('GET', `${project}/flags?${query}`)
      expect(refused.status).toBe(422)
    }
  })
})

describe('segments', () => {
  test('a segment that a rule asks for cannot be deleted', async () => {
    const project = await newProject()
    await done('PUT', `${project}/segments/staff`, { body: { ids: ['ada'], reason } })
    await done('POST', `${project}/changes`, {
      body: {
        reason,
        operations: [
          { op: 'putFlag', key: 'f', ...booleanFlag },
          {
            op: 'putFlagEnvironment',
            key: 'f',
            environment: 'production',
            enabled: true,
            rules: [
              {
                id: 'r',
                when: { operator: 'inSegment', value: 'staff' },
                serve: { variant: 'on' },
              },
            ],
          },
        ],
      },
    })
    const refused = await call('DELETE', `${project}/segments/staff`, { body: { reason } })
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({ code: 'in_use', by: [expect.stringContaining('f')] })
    const evaluated = await done('POST', `${project}/environments/production/evaluate`, {
      body: { context: { targetingKey: 'ada' } },
    })
    expect(evaluated.body['results']).toMatchObject([{ flagKey: 'f', value: true }])
    const stored = await done('GET', `${project}/segments`)
    expect(stored.body['items']).toMatchObject([{ key: 'staff', content: { ids: ['ada'] } }])
  })
})

describe('environments', () => {
  test('one is created with a parent, changed and deleted', async () => {
    const project = await newProject()
    const created = await done('POST', `${project}/environments`, {
      body: { name: 'staging', parent: 'development', reason },
    })
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe(`/api/v1${project}/environments/staging`)
    await done('PATCH', `${project}/environments/staging`, {
      body: { parent: null, protected: true, reason },
    })
    const stored = await done('GET', `${project}/environments/staging`)
    expect(stored.body['content']).toEqual({ protected: true })
    const list = await done('GET', `${project}/environments`)
    expect(list.body['items']).toMatchObject([
      { name: 'development' },
      { name: 'production' },
      { name: 'staging' },
    ])
    await done('DELETE', `${project}/environments/staging`, { body: { reason } })
    expect((await call('GET', `${project}/environments/staging`)).status).toBe(404)
  })

  test('creating one that is there changes nothing when it is the same, and is refused when not', async () => {
    const project = await newProject()
    const again = await call('POST', `${project}/environments`, {
      body: { name: 'production', reason },
    })
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ revision: 1, changed: [] })
    const other = await call('POST', `${project}/environments`, {
      body: { name: 'production', protected: true, reason },
    })
    expect(other.status).toBe(409)
    expect(other.body['code']).toBe('already_exists')
  })
})

test('a change set is atomic, and its difference and rollback follow', async () => {
  const project = await newProject()
  const good = { op: 'putFlag', key: 'f', ...booleanFlag }
  const refused = await call('POST', `${project}/changes`, {
    body: { reason, operations: [good, { op: 'deleteFlag', key: 'nobody' }] },
  })
  expect(refused.status).toBe(404)
  expect((await call('GET', `${project}/flags/f`)).status).toBe(404)

  const committed = await done('POST', `${project}/changes`, {
    body: { reason: 'both', operations: [good, { op: 'putSegment', key: 's', ids: ['a'] }] },
  })
  expect(changedBy(committed)).toEqual(['flag f base', 'segment s base'])
  const revision = await done('GET', `${project}/revisions/2`)
  expect(revision.body).toMatchObject({ revision: 2, author: 'owner', reason: 'both' })
  const difference = await done('GET', `${project}/revisions/1/diff/2`)
  expect(difference.body).toMatchObject({
    from: 1,
    to: 2,
    items: [
      { kind: 'flag', change: 'added' },
      { kind: 'segment', change: 'added' },
    ],
  })
  await done('POST', `${project}/rollback`, { body: { to: 1, reason: 'back' } })
  expect((await call('GET', `${project}/flags/f`)).status).toBe(404)
  const revisions = await done('GET', `${project}/revisions?limit=2`)
  expect(revisions.body['items']).toMatchObject([
    { revision: 3, kind: 'rollback', restores: 1 },
    { revision: 2 },
  ])
  expect(revisions.body['next']).toEqual(expect.any(String))
  const audit = await done('GET', `${project}/audit`)
  expect(audit.body['items']).toMatchObject([{ reason: 'back' }, { reason: 'both' }, {}])
  const exported = await done('GET', `${project}/export?revision=2`)
  expect(exported.body).toMatchObject({ revision: 2 })
  expect(exported.body['items']).toHaveLength(4)
})

test('the difference of two revisions has both contents', async () => {
  const project = await newProject()
  const config = (source: string) => ({ op: 'putConfig', name: 'settings', format: 'json', source })
  const override = { op: 'putConfigOverride', name: 'settings', format: 'json', source: '{"a":3}' }
  const change = (...operations: readonly object[]) =>
    done('POST', `${project}/changes`, { body: { reason, operations } })
  await change(config('{"a":1}'), { op: 'putFlag', key: 'gone', ...booleanFlag })
  await change(
    config('{"a":2}'),
    { ...override, environment: 'development' },
    { op: 'deleteFlag', key: 'gone' },
  )
  const all = await done('GET', `${project}/revisions/2/diff/3`)
  expect(all.body['items']).toMatchObject([
    {
      key: 'settings',
      layer: 'base',
      change: 'changed',
      before: { source: '{"a":1}' },
      after: { source: '{"a":2}' },
    },
    { key: 'settings', layer: 'env:development', change: 'added' },
    { key: 'gone', layer: 'base', change: 'removed' },
  ])
  const production = await done('GET', `${project}/revisions/2/diff/3?environment=production`)
  expect(production.body['items']).toMatchObject([{ layer: 'base' }, { layer: 'base' }])
  expect((await done('GET', `${project}/revisions/3/diff/3`)).body['items']).toEqual([])
})

test('what names a revision that is not there is not found', async () => {
  const project = await newProject()
  for (const path of [
    '/revisions/9',
    '/revisions/0',
    '/revisions/x',
    '/revisions/1/diff/9',
    '/flags?revision=9',
    '/export?revision=9',
  ]) {
    expect((await call('GET', `${project}${path}`)).status).toBe(404)
  }
})
