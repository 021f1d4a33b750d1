/** The change guard, asked as from outside: refused, shown, acknowledged, passed by. */
import { beforeEach, describe, expect, test } from 'vitest'
import { call, done, reason } from './support.ts'

let path: string
let count = 0

const source = (length: number) => JSON.stringify({ a: 'x'.repeat(length) })
const put = (length: number) => ({ format: 'json', source: source(length), reason })
const NAMES = Array.from({ length: 10 }, (_, index) => `config-${index}`)

beforeEach(async () => {
  count += 1
  const name = `guarded-${count}`
  const environments = {
    development: {},
    production: { protected: true, deployment: 'all-at-once' },
  }
  await done('POST', '/projects', { body: { name, environments } })
  path = `/projects/${name}`
  await done('PUT', `${path}/configs/web`, { body: put(5_000) })
})

const revisionNow = async () => (await done('GET', path)).body['revision']

describe('a large change of a protected environment', () => {
  test('is refused with what was found, and nothing is written', async () => {
    const before = await revisionNow()
    const answer = await call('PUT', `${path}/configs/web`, { body: put(10_000) })
    const found = { environment: 'production', kind: 'grows', before: 5_008, after: 10_008 }
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({ code: 'acknowledgement_required', guard: [found] })
    expect(answer.body['detail']).toBe(
      'production grows from 5008 to 10008 characters, over 1.5 times. If that is meant, acknowledge grows.',
    )
    expect(await revisionNow()).toBe(before)
    const dry = await done('PUT', `${path}/configs/web?dryRun=true`, { body: put(10_000) })
    expect(dry.body).toMatchObject({ dryRun: true, guard: [found] })
    const grown = `${path}/configs/web?acknowledge=grows,changes`
    expect((await done('PUT', grown, { body: put(10_000) })).body).toMatchObject({ guard: [found] })
  })

  test('wants the kind that was found, and every one', async () => {
    const operations = NAMES.map((name) => ({
      op: 'putConfig',
      name,
      format: 'json',
      source: '{}',
      visibility: 'server',
    }))
    const changes = `${path}/changes`
    await done('POST', changes, { body: { reason, operations } })
    const grown = operations.map((operation) => ({ ...operation, source: source(5_000) }))
    const kindsOf = async (acknowledge: readonly string[]) => {
      const { status, body } = await call('POST', changes, {
        body: { reason, operations: grown, acknowledge },
      })
      const findings: unknown = body['guard']
      return [status, Array.isArray(findings) ? findings.map(({ kind }) => kind) : findings]
    }
    expect(await kindsOf([])).toEqual([409, ['grows', 'changes']])
    expect(await kindsOf(['shrinks'])).toEqual([409, ['grows', 'changes']])
    expect(await kindsOf(['grows'])).toEqual([409, ['changes']])
    expect(await kindsOf(['changes', 'grows'])).toEqual([200, ['grows', 'changes']])
  })

  test('is refused for a deletion, an override and a promotion alike', async () => {
    const deleted = await call('DELETE', `${path}/configs/web?reason=test`)
    expect(deleted.body).toMatchObject({ guard: [{ kind: 'shrinks', before: 5_008, after: 0 }] })
    const override = `${path}/configs/web/environments`
    const { reason: why, ...large } = put(10_000)
    await done('PUT', `${override}/development`, { body: { ...large, reason: why } })
    const refused = await call('PUT', `${override}/production`, { body: put(10_000) })
    expect(refused.status).toBe(409)
    const body = { from: 'development', to: 'production', reason }
    expect((await call('POST', `${path}/promote`, { body })).status).toBe(409)
    await done('POST', `${path}/promote`, { body: { ...body, acknowledge: ['grows'] } })
  })

  test('is taken back without asking', async () => {
    const to = await revisionNow()
    await done('PUT', `${path}/configs/web?acknowledge=grows`, { body: put(50_000) })
    const back = await done('POST', `${path}/rollback`, { body: { to, reason } })
    expect(back.body['guard']).toBeUndefined()
  })

  test('goes by the settings before it', async () => {
    const environment = `${path}/environments/production`
    const operations = [
      { op: 'updateEnvironment', environment: 'production', guard: false },
      { op: 'putConfig', name: 'web', visibility: 'server', format: 'json', source: source(9_000) },
    ]
    const sly = await call('POST', `${path}/changes`, { body: { reason, operations } })
    expect(sly.status).toBe(409)
    await done('PATCH', environment, { body: { guard: false, reason } })
    await done('POST', `${path}/changes`, { body: { reason, operations } })
  })

  test.each(['', 'everything', 'grows,', 'grows, changes'])(
    'is not acknowledged by "%s"',
    async (said) => {
      const query = `acknowledge=${encodeURIComponent(said)}`
      const answer = await call('PUT', `${path}/configs/web?${query}`, { body: put(10_000) })
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body['errors'])).toContain('?acknowledge')
    },
  )
})
