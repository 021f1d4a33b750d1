/** Owner, tags, kind and archive of a flag: kept, listed by, and never in a snapshot. */
import { describe, expect, test } from 'vitest'
import { booleanFlag, call, done, newProject, reason } from './support.ts'

const lifecycle = {
  owner: 'team-checkout',
  tags: ['web', 'q3'],
  kind: 'release',
  temporary: true,
  archived: false,
}

const keysOf = async (path: string): Promise<readonly unknown[]> => {
  const { items } = (await done('GET', path)).body
  return Array.isArray(items) ? items.map(({ key }: { key: unknown }) => key) : []
}

describe('lifecycle of a flag', () => {
  test('is stored, patched and removed like the rest of it', async () => {
    const project = await newProject()
    const flag = `${project}/flags/f`
    await done('PUT', flag, { body: { ...booleanFlag, ...lifecycle, reason } })
    expect((await done('GET', flag)).body['content']).toMatchObject(lifecycle)
    await done('PATCH', flag, { body: { owner: null, kind: 'permission', reason } })
    const { content } = (await done('GET', flag)).body
    expect(content).toMatchObject({ kind: 'permission', tags: ['web', 'q3'] })
    expect(content).not.toHaveProperty('owner')
  })

  test.each([
    ['owner', 'x'.repeat(129), '/owner'],
    ['owner', '', '/owner'],
    ['tags', Array.from({ length: 21 }, (_, i) => `t${i}`), '/tags'],
    ['tags', ['x'.repeat(65)], '/tags/0'],
    ['tags', ['a', 'a'], '/tags/1'],
    ['kind', 'toggle', '/kind'],
    ['temporary', 'yes', '/temporary'],
    ['archived', 1, '/archived'],
  ])('%s %j is refused', async (member, value, path) => {
    const project = await newProject()
    const refused = await call('PUT', `${project}/flags/f`, {
      body: { ...booleanFlag, [member]: value, reason },
    })
    expect(refused.status).toBe(422)
    expect(refused.body['errors']).toMatchObject([{ path }])
  })

  test('the list is filtered before it is cut into pages, and hides what is archived', async () => {
    const project = await newProject()
    const operations = [
      { key: 'a', tags: ['web'], kind: 'release', owner: 'ada' },
      { key: 'b', tags: ['web', 'api'], kind: 'experiment', owner: 'bob' },
      { key: 'c', tags: ['api'], kind: 'release', owner: 'ada' },
      { key: 'd', tags: ['api'], archived: true },
    ].map((flag) => ({ op: 'putFlag', ...booleanFlag, ...flag }))
    await done('POST', `${project}/changes`, { body: { reason, operations } })
    expect(await keysOf(`${project}/flags`)).toEqual(['a', 'b', 'c'])
    expect(await keysOf(`${project}/flags?tag=api`)).toEqual(['b', 'c'])
    expect(await keysOf(`${project}/flags?tag=api&limit=1`)).toEqual(['b'])
    expect(await keysOf(`${project}/flags?kind=release&owner=ada`)).toEqual(['a', 'c'])
    expect(await keysOf(`${project}/flags?archived=true`)).toEqual(['d'])
    expect(await keysOf(`${project}/flags?archived=true&tag=web`)).toEqual([])
    expect((await call('GET', `${project}/flags?kind=toggle`)).status).toBe(422)
    // By its key it is still to be had.
    expect((await done('GET', `${project}/flags/d`)).body['key']).toBe('d')
  })
})

describe('archiving', () => {
  test('takes a flag out of evaluation, and back', async () => {
    const project = await newProject()
    const flag = `${project}/flags/f`
    await done('PUT', flag, { body: { ...booleanFlag, defaultVariant: 'on', reason } })
    await done('PATCH', `${flag}/environments/production`, { body: { enabled: true, reason } })
    const ask = async () =>
      (
        await done('POST', `${project}/environments/production/evaluate`, {
          body: { flag: 'f', context: {} },
        })
      ).body['results']
    expect(await ask()).toMatchObject([{ value: true }])
    await done('PATCH', flag, { body: { archived: true, reason } })
    expect(await ask()).toMatchObject([{ errorCode: 'FLAG_NOT_FOUND' }])
    await done('PATCH', flag, { body: { archived: false, reason } })
    expect(await ask()).toMatchObject([{ value: true }])
  })

  test('is refused while another flag asks for it, and an archived one cannot be asked for', async () => {
    const project = await newProject()
    for (const key of ['base', 'above']) {
      await done('PUT', `${project}/flags/${key}`, { body: { ...booleanFlag, reason } })
    }
    const settings = `${project}/flags/above/environments/production`
    const prerequisites = [{ flag: 'base', variants: ['on'] }]
    await done('PATCH', settings, { body: { prerequisites, reason } })
    const refused = await call('PATCH', `${project}/flags/base`, {
      body: { archived: true, reason },
    })
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({ code: 'in_use', by: ['flag above in production'] })

    await done('PATCH', settings, { body: { prerequisites: [], reason } })
    await done('PATCH', `${project}/flags/base`, { body: { archived: true, reason } })
    const late = await call('PATCH', settings, { body: { prerequisites, reason } })
    expect(late.status).toBe(422)
    expect(late.body['errors']).toMatchObject([
      { path: '/prerequisites/0/flag', message: 'flag "base" is archived' },
    ])
  })
})
