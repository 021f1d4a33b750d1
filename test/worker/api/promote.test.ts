/** History at work: differences between environments and layers, promotion, rollback of one item and by a number of steps. */
import { describe, expect, test } from 'vitest'
import { call, changedBy, done, newProject, reason } from './support.ts'

/** Applies a change set, and answers its revision. */
async function change(project: string, ...operations: readonly object[]): Promise<number> {
  const { body } = await done('POST', `${project}/changes`, { body: { reason, operations } })
  return Number(body['revision'])
}

const base = (source: string, name = 'app') => ({ op: 'putConfig', name, format: 'json', source })
const override = (source: string, environment = 'development', name = 'app', format = 'json') => ({
  op: 'putConfigOverride',
  name,
  environment,
  format,
  source,
})
const flag = { op: 'putFlag', key: 'f', type: 'boolean', variants: { on: true, off: false } }
const settings = { op: 'putFlagEnvironment', key: 'f', environment: 'development', enabled: true }

async function documentIn(project: string, environment: string): Promise<unknown> {
  const path = `${project}/configs/app/resolved?environment=${environment}`
  return (await done('GET', path)).body['document']
}

describe('promoting', () => {
  test('shows what differs first, then does it, in one revision', async () => {
    const project = await newProject()
    await change(
      project,
      base('{"a":1}'),
      override('a: 2 # why\n', 'development', 'app', 'yaml'),
      flag,
      settings,
    )
    const body = { from: 'development', to: 'production', reason }
    const shown = await done('POST', `${project}/promote?dryRun=true`, { body })
    expect(shown.body).toMatchObject({
      dryRun: true,
      differences: [
        {
          kind: 'config',
          key: 'app',
          change: 'changed',
          patch: [{ op: 'replace', path: '/a', value: 2 }],
          text: '--- production, before/app\n+++ production, after/app\n@@ -1,3 +1,3 @@\n {\n-  "a": 1\n+  "a": 2\n }\n',
        },
        { kind: 'flag', key: 'f', change: 'changed', patch: [{ path: '/enabled', value: true }] },
      ],
    })
    expect(await documentIn(project, 'production')).toEqual({ a: 1 })
    const promoted = await done('POST', `${project}/promote`, { body })
    expect(changedBy(promoted)).toEqual(['config app env:production', 'flag f env:production'])
    expect(promoted.body['differences']).toEqual(shown.body['differences'])
    expect(promoted.body['environments']).toEqual(['production'])
    expect(await documentIn(project, 'production')).toEqual({ a: 2 })
    const copied = await done('GET', `${project}/configs/app/environments/production`)
    expect(copied.body).toMatchObject({ content: { format: 'yaml', source: 'a: 2 # why\n' } })
    const { revision } = promoted.body
    const entry = await done('GET', `${project}/revisions/${String(revision)}`)
    expect(entry.body).toMatchObject({ kind: 'promotion', reason })
  })

  test('of chosen items leaves the others, and of what is not there is refused', async () => {
    const project = await newProject()
    await change(project, base('{"a":1}'), override('{"a":2}'), flag, settings)
    const body = {
      from: 'development',
      to: 'production',
      reason,
      items: [{ kind: 'flag', key: 'f' }],
    }
    expect(changedBy(await done('POST', `${project}/promote`, { body }))).toEqual([
      'flag f env:production',
    ])
    const unknown = { ...body, items: [{ kind: 'config', key: 'nope' }] }
    expect((await call('POST', `${project}/promote`, { body: unknown })).status).toBe(404)
    const same = { ...body, to: 'development' }
    expect((await call('POST', `${project}/promote`, { body: same })).status).toBe(422)
  })

  test('needs the right to read here and to write there', async () => {
    const project = await newProject()
    await change(project, base('{"a":1}'), override('{"a":2}'))
    const name = project.slice('/projects/'.length)
    const tokenFor = async (environments: readonly string[]): Promise<string> => {
      const grants = [{ role: 'editor', projects: [name], environments, secrets: ['*'] }]
      const made = await done('POST', '/tokens', { body: { name: 't', grants, reason } })
      return String(made.body['token'])
    }
    const body = { from: 'development', to: 'production', reason }
    for (const environments of [['development'], ['production']]) {
      const token = await tokenFor(environments)
      expect((await call('POST', `${project}/promote`, { body, token })).status).toBe(403)
    }
    const token = await tokenFor(['development', 'production'])
    expect((await call('POST', `${project}/promote`, { body, token })).status).toBe(200)
  })
})

describe('a difference', () => {
  test('between environments, between layers, and of one environment with what it was', async () => {
    const project = await newProject()
    const before = await change(project, base('{"a":1}'), override('{"a":2,"b":1}'))
    await change(project, override('{\n  "a": 3\n}\n'))
    const asked = async (query: string) => (await done('GET', `${project}/diff?${query}`)).body
    const item = { kind: 'config', key: 'app', change: 'changed' }
    expect(await asked('from=production&to=development')).toMatchObject({
      items: [{ ...item, patch: [{ op: 'replace', path: '/a', value: 3 }] }],
    })
    expect(await asked(`from=development&to=development&fromRevision=${before}`)).toMatchObject({
      items: [
        {
          ...item,
          patch: [
            { op: 'remove', path: '/b' },
            { op: 'replace', path: '/a', value: 3 },
          ],
        },
      ],
    })
    expect(await asked('from=development&of=layers')).toMatchObject({
      items: [
        { ...item, text: expect.stringContaining('+{"a":1}\n\\ No newline at end of file\n') },
      ],
    })
    expect(await asked('from=production&to=production')).toEqual({ items: [] })
    expect(await asked('from=production&to=development&flag=f')).toEqual({ items: [] })
    expect((await call('GET', `${project}/diff?from=nope&to=production`)).status).toBe(404)
    expect((await call('GET', `${project}/diff?fromRevision=99`)).status).toBe(404)
    expect((await call('GET', `${project}/diff?config=a&flag=b`)).status).toBe(422)
  })

  test('between revisions is told as contents, as a patch or as text', async () => {
    const project = await newProject()
    const first = await change(project, base('{"a":1}'))
    const second = await change(project, base('{"a":2}'))
    const asked = async (as: string) =>
      (await done('GET', `${project}/revisions/${first}/diff/${second}${as}`)).body['items']
    const item = { kind: 'config', key: 'app', layer: 'base', change: 'changed' }
    expect(await asked('')).toMatchObject([{ ...item, before: { source: '{"a":1}' } }])
    expect(await asked('?as=patch')).toEqual([
      { ...item, patch: [{ op: 'replace', path: '/a', value: 2 }] },
    ])
    expect(await asked('?as=text')).toMatchObject([
      { ...item, text: expect.stringContaining('-{"a":1}\n\\ No newline') },
    ])
  })
})

describe('rolling back', () => {
  test('one item by a number of its own changes, whatever else happened', async () => {
    const project = await newProject()
    await change(project, base('{"a":1}'))
    await change(project, base('{"a":2}'), override('{"b":2}'))
    await change(project, base('{}', 'other'))
    await change(project, base('{"a":3}'))
    const rollback = (body: object) =>
      call('POST', `${project}/rollback`, { body: { reason, ...body } })
    const item = { kind: 'config', key: 'app' }
    expect(changedBy(await rollback({ back: 1, item }))).toEqual(['config app base'])
    expect(await documentIn(project, 'development')).toEqual({ a: 2, b: 2 })
    expect(changedBy(await rollback({ back: 3, item }))).toEqual([
      'config app base',
      'config app env:development',
    ])
    expect(await documentIn(project, 'development')).toEqual({ a: 1 })
    expect(await rollback({ back: 99, item })).toMatchObject({ status: 422 })
    expect(await rollback({ back: 1, item: { kind: 'flag', key: 'app' } })).toMatchObject({
      status: 404,
    })
  })

  test('all or one environment by a number of revisions', async () => {
    const project = await newProject()
    await change(project, base('{"a":1}'), override('{"b":1}'))
    await change(project, base('{"a":2}'), override('{"b":2}'))
    const body = { back: 1, environment: 'development', reason }
    await done('POST', `${project}/rollback`, { body })
    expect(await documentIn(project, 'development')).toEqual({ a: 2, b: 1 })
    await done('POST', `${project}/rollback`, { body: { back: 2, reason } })
    expect(await documentIn(project, 'development')).toEqual({ a: 1, b: 1 })
    const both = { back: 1, to: 1, reason }
    expect((await call('POST', `${project}/rollback`, { body: both })).status).toBe(422)
    expect(
      (await call('POST', `${project}/rollback`, { body: { back: 999, reason } })).status,
    ).toBe(422)
  })
})
