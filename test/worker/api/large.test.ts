/** A project may hold far more than one answer between the Worker and its object, which is 32 MiB. */
import { beforeAll, describe, expect, test } from 'vitest'
import { booleanFlag, done, reason } from './support.ts'

const CONFIGS = 2
const MIB = 1024 * 1024

// One letter past Latin-1, and V8 gives every other two bytes as well: 17 MiB each on the way. Without environments
// nothing is published, which would take longer than all else here.
const sourceOf = (index: number): string =>
  JSON.stringify(`\u20ac${String(index).repeat(Math.floor(8.5 * MIB))}`)

describe('a project with 34 MiB of configs', () => {
  const project = '/projects/large'

  beforeAll(async () => {
    await done('POST', '/projects', { body: { name: 'large', environments: ['test'] } })
    await done('DELETE', `${project}/environments/test?reason=none`)
    await done('PUT', `${project}/flags/f`, { body: { ...booleanFlag, reason } })
    for (let index = 0; index < CONFIGS; index += 1) {
      const body = { format: 'json', source: sourceOf(index), reason }
      await done('PUT', `${project}/configs/c${index}`, { body })
    }
  }, 60_000)

  test('lists them, page by page', async () => {
    const first = await done('GET', `${project}/configs?limit=1`)
    expect(first.body['items']).toMatchObject([{ name: 'c0', layers: [{ layer: 'base' }] }])
    const second = await done('GET', `${project}/configs?cursor=${String(first.body['next'])}`)
    expect(second.body['items']).toMatchObject([{ name: 'c1' }])
  })

  test('is exported whole', async () => {
    const { body } = await done('GET', `${project}/export`)
    expect(body).toMatchObject({ revision: 3 + CONFIGS })
    expect(contents(body)).toEqual([
      ...Array.from({ length: CONFIGS }, (_, index) => `config c${index}`),
      'flag f',
    ])
  }, 30_000)

  test('tells what differs between two revisions', async () => {
    const { body } = await done('GET', `${project}/revisions/3/diff/${3 + CONFIGS}`)
    expect(contents(body)).toHaveLength(CONFIGS)
  }, 30_000)
})

function contents(body: Readonly<Record<string, unknown>>): readonly string[] {
  const items: readonly Record<string, unknown>[] = Array.isArray(body['items'])
    ? body['items']
    : []
  return items.map(({ kind, key }) => `${String(kind)} ${String(key)}`)
}
