/** The audit over HTTP: asked by what is wanted, exported, and verified offline with the published keys alone. */
import { SELF, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { describe, expect, test } from 'vitest'
import { verifyAuditExport } from '../../../admin/contract/audit-verify.ts'
import type { ProjectObject } from '../../../worker/objects/project/project-object.ts'
import { auditQueries } from '../../../worker/objects/audit-chain.ts'
import type { AuditRequest } from '../../../worker/objects/project/interface.ts'
import { digest } from '../../../worker/objects/sha256.ts'
import { booleanFlag, call, done, newProject, OWNER, reason } from './support.ts'

const DAY_MS = 86_400_000

async function exported(path: string): Promise<string> {
  const response = await SELF.fetch(`https://driftless.test/api/v1${path}/audit/export`, {
    headers: { authorization: `Bearer ${OWNER}` },
  })
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  return new TextDecoder().decode(await response.arrayBuffer())
}

/** As somebody does who has the export and the key set, and nothing else. */
async function verify(text: string, audit: string) {
  const keys = await SELF.fetch('https://driftless.test/.well-known/jwks.json')
  const set = createLocalJWKSet(await keys.json<JSONWebKeySet>())
  return verifyAuditExport(
    text,
    {
      digest,
      async openCheckpoint(jws) {
        const opened = await compactVerify(jws, set, { algorithms: ['ES256'] }).catch(() => null)
        if (opened?.protectedHeader.typ !== 'driftless-audit+jwt') return null
        return JSON.parse(new TextDecoder().decode(opened.payload))
      },
    },
    { audit },
  )
}

function object<T>(
  project: string,
  use: (instance: ProjectObject, sql: SqlStorage) => T | Promise<T>,
) {
  const stub = env.PROJECT.getByName(project.slice('/projects/'.length))
  return runInDurableObject<ProjectObject, T>(stub, (instance, state) =>
    use(instance, state.storage.sql),
  )
}

async function write(project: string, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const path = `${project}/flags/flag-${index}`
    await done('PUT', path, { body: { ...booleanFlag, reason: `number ${index}` } })
  }
}

describe('an export', () => {
  test('verifies offline by the published keys, with a checkpoint every hundred rows', async () => {
    const project = await newProject()
    await object(project, async (instance) => {
      for (let row = 0; row < 120; row += 1) {
        await instance.update({ description: null }, `number ${row}`, { tokenId: 't', name: 'ada' })
      }
    })
    const text = await exported(project)
    const verdict = await verify(text, `audit${project.replace('/projects', '')}`)
    expect(verdict).toMatchObject({ ok: true, rows: 121 })
    const found = await object(project, (_, sql) =>
      sql.exec('SELECT seq FROM audit_checkpoint ORDER BY seq').toArray(),
    )
    expect(Number(found[0]?.['seq'])).toBeGreaterThanOrEqual(100)
    expect(Number(found[0]?.['seq'])).toBeLessThan(121)
    expect((await verify(text.replace('number 7"', 'number 8"'), '')).ok).toBe(false)
  })

  test('of the installation verifies, too', async () => {
    await newProject()
    expect(await verify(await exported(''), 'audit')).toMatchObject({ ok: true })
  })

  test('can be had after the project was deleted, and says so', async () => {
    const project = await newProject()
    await done('DELETE', project, { body: { reason } })
    const text = await exported(project)
    expect(text).toContain('project.remove')
    expect((await verify(text, `audit${project.replace('/projects', '')}`)).ok).toBe(true)
    const { body } = await done('GET', `${project}/audit?action=project.remove`)
    expect(body['items']).toHaveLength(1)
    expect((await call('GET', '/projects/never-there/audit/export')).status).toBe(404)
  })

  test('a row without a checkpoint gets one within the hour', async () => {
    const project = await newProject()
    const signed = () =>
      object(project, (_, sql) => sql.exec('SELECT 1 FROM audit_checkpoint').toArray().length)
    const run = (laterMs: number) =>
      object(project, async (instance) => {
        instance.nowMs = () => Date.now() + laterMs
        await instance.alarm()
      })
    await run(3_599_000)
    expect(await signed()).toBe(0)
    await run(3_601_000)
    expect(await signed()).toBe(1)
  })

  test('rows go when they are older than was said, and the rest verifies from a signed row on', async () => {
    const project = await newProject()
    await write(project, 4)
    await exported(project)
    await done('PATCH', project, { body: { auditRetentionDays: 400, reason } })
    const count = () =>
      object(project, (_, sql) => sql.exec('SELECT 1 FROM audit').toArray().length)
    const pass = (days: number) =>
      object(project, async (instance) => {
        instance.nowMs = () => Date.now() + days * DAY_MS
        await instance.alarm()
      })
    await pass(399)
    expect(await count()).toBe(6)
    await pass(401)
    expect(await count()).toBe(1)
    await object(project, (instance) => {
      instance.nowMs = () => Date.now()
    })
    await write(project, 2, 10)
    const verdict = await verify(
      await exported(project),
      `audit${project.replace('/projects', '')}`,
    )
    expect(verdict).toMatchObject({ ok: true, rows: 3, last: { seq: 8 } })
  })
})

describe('rows', () => {
  test('are found by who, what, item, outcome and time, a page at a time', async () => {
    const project = await newProject()
    const made = await done('POST', '/tokens', { body: { name: 'ada', role: 'editor' } })
    const [id, token] = [String(made.body['id']), String(made.body['token'])]
    await write(project, 3)
    await done('PATCH', `${project}/flags/flag-1`, { token, body: { description: 'd', reason } })
    await done('POST', `${project}/changes`, {
      body: {
        reason,
        operations: [
          { op: 'deleteFlag', key: 'flag-1' },
          { op: 'deleteFlag', key: 'flag-2' },
        ],
      },
    })
    await call('POST', `${project}/keys`, {
      token,
      body: { name: 'k', environment: 'production', audience: 'server' },
    })
    const ask = async (query: string) => {
      const { body } = await done('GET', `${project}/audit?${query}`)
      const items = body['items']
      return {
        next: body['next'],
        items: Array.isArray(items) ? (items as Record<string, unknown>[]) : [],
      }
    }
    expect((await ask('actor=ada')).items).toHaveLength(2)
    expect((await ask(`actor=${id}&outcome=allowed`)).items).toHaveLength(1)
    expect((await ask('outcome=denied')).items).toMatchObject([{ action: 'key.write' }])
    expect((await ask('action=project.create')).items).toHaveLength(1)
    const ofFlag = (await ask('item=flag/flag-1')).items.map(({ revision }) => revision)
    expect(ofFlag).toEqual([6, 5, 3])
    expect((await ask('item=flag/flag')).items).toEqual([])
    const [newest] = (await ask('limit=1')).items
    expect((await ask(`sinceMs=${Number(newest?.['atMs']) + 1}`)).items).toEqual([])
    expect((await ask('untilMs=1')).items).toEqual([])
    const first = await ask('limit=2&action=change')
    const second = await ask(`limit=2&action=change&cursor=${String(first.next)}`)
    const seqs = [...first.items, ...second.items].map(({ seq }) => seq)
    expect(seqs).toEqual([6, 5, 4, 3])
    for (const query of ['outcome=no', 'sinceMs=-1', 'untilMs=x', 'actor=', 'who=ada']) {
      expect((await call('GET', `${project}/audit?${query}`)).status).toBe(422)
    }
  })
})

test('what cannot be written into the audit does not happen', async () => {
  const project = await newProject()
  const stop = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END"
  await object(project, (_, sql) => void sql.exec(stop))
  const before = (await done('GET', `${project}/export`)).body
  const writes = [
    ['PUT', `${project}/flags/new`, { ...booleanFlag, reason }],
    ['PATCH', project, { displayName: 'x', reason }],
    ['DELETE', project, { reason }],
    ['POST', `${project}/keys`, { name: 'k', environment: 'production', audience: 'server' }],
  ] as const
  for (const [method, path, body] of writes) {
    expect((await call(method, path, { body })).status, `${method} ${path}`).toBe(500)
  }
  expect((await done('GET', `${project}/export`)).body).toEqual(before)
  expect((await done('GET', `${project}/keys`)).body['items']).toEqual([])
  expect((await done('GET', project)).body).toMatchObject({ displayName: null, revision: 1 })

  const directory = env.DIRECTORY.getByName('directory')
  const tokens = (await done('GET', '/tokens')).body
  await runInDurableObject(directory, (_, state) => void state.storage.sql.exec(stop))
  expect((await call('POST', '/tokens', { body: { name: 't', role: 'viewer' } })).status).toBe(500)
  await runInDurableObject(
    directory,
    (_, state) => void state.storage.sql.exec('DROP TRIGGER full'),
  )
  expect((await done('GET', '/tokens')).body).toEqual(tokens)
})

describe('a project’s settings', () => {
  test('are changed one by one, removed by null, and audited', async () => {
    const project = await newProject()
    await done('PATCH', project, { body: { displayName: 'The shop', description: 'd', reason } })
    const answer = await done('PATCH', project, { body: { description: null, reason: 'why not' } })
    expect(answer.body).toMatchObject({ displayName: 'The shop', description: null, revision: 1 })
    expect((await done('GET', project)).body).toMatchObject({ displayName: 'The shop' })
    const { body } = await done('GET', `${project}/audit?action=project.update`)
    expect(body['items']).toMatchObject([{ reason: 'why not' }, { reason }])
    expect(
      (await call('PATCH', project, { body: { auditRetentionDays: 399, reason } })).status,
    ).toBe(422)
    const stale = { body: { displayName: 'y', reason }, headers: { 'if-match': '"9"' } }
    expect((await call('PATCH', project, stale)).status).toBe(412)
    await done('PATCH', `${project}?dryRun=true`, { body: { displayName: 'z', reason } })
    expect((await done('GET', project)).body).toMatchObject({ displayName: 'The shop' })
  })
})

describe('a filter', () => {
  const revisions = {
    condition:
      'revision IN (SELECT revision FROM item_version WHERE kind = ? AND key = ? AND layer = ?)',
    bindings: ['flag', 'a', 'base'],
  }
  const filters: readonly [name: string, Omit<AuditRequest, 'limit'>][] = [
    ['actor', { actor: 'ada' }],
    ['action', { action: 'change' }],
    ['item', { item: 'flag/a/base' }],
    ['outcome', { outcome: 'denied' }],
    ['beginning', { sinceMs: 5 }],
    ['end', { untilMs: 5 }],
    ['actor and item', { actor: 'ada', item: 'flag/a', outcome: 'allowed' }],
  ]

  test.each(filters)(
    'by %s reads no more of the audit than an index leads to',
    async (_, request) => {
      const project = await newProject()
      const plans = await object(project, (__, sql) =>
        auditQueries({ limit: 50, ...request }, revisions).flatMap(({ condition, bindings }) =>
          sql
            .exec<{ detail: string }>(
              `EXPLAIN QUERY PLAN SELECT seq FROM audit WHERE ${condition} AND seq < ? ORDER BY seq DESC LIMIT ?`,
              ...bindings,
              1_000,
              51,
            )
            .toArray()
            .map(({ detail }) => detail)
            .filter((detail) => /\baudit\b/.test(detail)),
        ),
      )
      expect(plans.length).toBeGreaterThan(0)
      for (const plan of plans) expect(plan).toMatch(/USING (COVERING )?INDEX audit_/)
    },
  )

  test('of an item finds its own rows, those below it and the revisions it was one of, and no neighbour', async () => {
    const project = await newProject()
    await write(project, 2)
    await object(project, (instance) =>
      instance.update({ description: null }, 'x', { tokenId: 't', name: 'ada' }),
    )
    const targets = async (item: string) => {
      const path = `${project}/audit?item=${encodeURIComponent(item)}`
      const { body } = await done('GET', path)
      return (body['items'] as readonly { target: string }[]).map(({ target }) => target)
    }
    expect(await targets('flag/flag-1')).toEqual(['flag/flag-1/base'])
    expect(await targets('flag/flag-1/base')).toEqual(['flag/flag-1/base'])
    expect(await targets('flag/flag')).toEqual([])
    expect(await targets('flag/flag-')).toEqual([])
  })
})
