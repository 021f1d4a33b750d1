import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { sealFor } from '../../../admin/seal/seal.ts'
import { createOpener } from '../../../sdk/src/client/open-secret.ts'
import { sealedAad, type SealedJwe } from '#core'
import { projectStub } from '../../../worker/objects/stubs.ts'
import { type Answer, call, done, newProject, reason } from './support.ts'

let project = ''
const environment = 'production'

beforeEach(async () => {
  project = await newProject()
})

const path = (name = 'db-password', rest = ''): string => `${project}/secrets/${name}${rest}`

const put = (members: object, name?: string): Promise<Answer> =>
  call('PUT', path(name), { body: { environment, reason, ...members } })

async function reveal(version?: number, name?: string): Promise<unknown> {
  const query = `environment=production&reason=test${version === undefined ? '' : `&version=${version}`}`
  const answer = await call('GET', `${path(name, '/value')}?${query}`)
  return answer.status === 200 ? answer.body['value'] : answer.status
}

async function content(name?: string): Promise<Record<string, unknown>> {
  const answer = await done('GET', `${path(name)}?environment=production`)
  return answer.body['content'] as Record<string, unknown>
}

const post = (act: string, members: object, options: object = {}): Promise<Answer> =>
  call('POST', path(undefined, `/${act}`), {
    body: { environment, reason, ...members },
    ...options,
  })

describe('secrets', () => {
  test('the first value is active at once; a second one waits until it is activated', async () => {
    expect((await put({ value: 'one', type: 'password' })).status).toBe(201)
    expect((await put({ value: 'two' })).status).toBe(200)
    expect(await reveal()).toBe('one')
    expect(await reveal(2)).toBe('two')
    expect((await post('activate', { version: 2 })).status).toBe(200)
    expect(await reveal()).toBe('two')
    expect(await content()).toMatchObject({ type: 'password', active: 2, previous: { version: 1 } })
  })

  test('rotating adds a version, makes it active and keeps the one before for the grace period', async () => {
    await put({ value: 'one' })
    expect((await post('rotate', { value: 'two', graceMs: 1_000 })).status).toBe(200)
    expect(await reveal()).toBe('two')
    const generated = await post('rotate', {})
    expect(generated.status).toBe(200)
    expect(await reveal()).toMatch(/^[0-9A-Za-z]{32}$/)
    expect(await content()).toMatchObject({ active: 3, previous: { version: 2 } })
    const hex = await post('rotate', { generate: { length: 64, alphabet: 'hex' } })
    expect(hex.status).toBe(200)
    expect(await reveal()).toMatch(/^[0-9a-f]{64}$/)
    expect(
      (await call('POST', path('other', '/rotate'), { body: { environment, reason } })).status,
    ).toBe(404)
  })

  test('a revoked version is gone for good; without an active one applications get nothing', async () => {
    await put({ value: 'one' })
    await put({ value: 'two', activate: true })
    expect((await post('revoke', { version: 1 })).status).toBe(200)
    expect(await reveal(1)).toBe(404)
    expect((await post('activate', { version: 1 })).status).toBe(404)
    expect((await post('revoke', { version: 2 })).status).toBe(200)
    expect(await reveal()).toBe(404)
    expect(await content()).not.toHaveProperty('active')
    expect(await content()).not.toHaveProperty('previous')
  })

  test('a deleted secret leaves nothing behind but its numbers', async () => {
    await put({ value: 'one' })
    const gone = await call('DELETE', `${path()}?environment=production&reason=test`)
    expect(gone.status).toBe(200)
    expect(await reveal()).toBe(404)
    await put({ value: 'again' })
    expect(await content()).toMatchObject({ active: 2, versions: [{ version: 2 }] })
    expect(await reveal(1)).toBe(404)
  })

  test('an environment has its own secrets, and takes them along when it is deleted', async () => {
    await put({ value: 'of production' })
    await done('PUT', path(), {
      body: { environment: 'development', value: 'of development', reason },
    })
    expect(await reveal()).toBe('of production')
    await done('DELETE', `${project}/environments/production?reason=test`)
    expect(await reveal()).toBe(404)
    await done('POST', `${project}/environments`, { body: { name: 'production', reason } })
    expect(await reveal()).toBe(404)
  })

  test('lists, revisions, differences, audit and export show names and never a value', async () => {
    const value = 'canary-5f0c1e9b'
    await put({ value, description: 'd', owner: 'me', tags: ['db'], maxAgeMs: 1 })
    const pages = ['/secrets', '/revisions', '/audit', '/revisions/1/diff/2', '/export']
    for (const [index, page] of pages.entries()) {
      const { body } = await done('GET', project + page)
      // The last two know of no secrets.
      expect(JSON.stringify(body).includes('db-password'), page).toBe(index < 3)
      expect(JSON.stringify(body), page).not.toContain(value)
    }
    const { body } = await done('GET', `${project}/secrets?environment=production`)
    expect(body['items']).toMatchObject([
      { name: 'db-password', environment, content: { owner: 'me', tags: ['db'] } },
    ])
    expect((await done('GET', `${project}/secrets?environment=development`)).body['items']).toEqual(
      [],
    )
  })

  test('a reading needs a reason and is in the audit before it is answered', async () => {
    await put({ value: 'one' })
    const refused = await call('GET', `${path(undefined, '/value')}?environment=production`)
    expect(refused.status).toBe(422)
    await done('GET', `${path(undefined, '/value')}?environment=production&reason=incident%207`)
    const { body } = await done('GET', `${project}/audit?limit=1`)
    expect(body['items']).toMatchObject([
      {
        action: 'secret.read',
        target: 'secret/db-password/env:production/1',
        reason: 'incident 7',
        actor: 'owner',
      },
    ])
  })

  test('reminders tell what is expired, expires soon, is too old or has nothing active', async () => {
    const inDays = (days: number): number => Date.now() + days * 86_400_000
    await put({ value: 'v', expiresAtMs: inDays(-1) }, 'a')
    await put({ value: 'v', expiresAtMs: inDays(10) }, 'b')
    await put({ value: 'v', expiresAtMs: inDays(20) }, 'c')
    await put({ value: 'v', maxAgeMs: 1 }, 'd')
    await put({ value: 'v' }, 'e')
    await done('POST', path('e', '/revoke'), { body: { environment, version: 1, reason } })
    const { body } = await done('GET', `${project}/secrets`)
    const items = body['items'] as readonly { name: string; reminders: readonly string[] }[]
    expect(items.map(({ name, reminders }) => [name, ...reminders])).toEqual([
      ['a', 'expired'],
      ['b', 'expires-soon'],
      ['c'],
      ['d', 'too-old'],
      ['e', 'nothing-active'],
    ])
  })

  test('alerts are what is due in the whole project, the first in front, of secrets that the token may list', async () => {
    const inDays = (days: number): number => Date.now() + days * 86_400_000
    const [past, soon] = [inDays(-1), inDays(10)]
    await put({ value: 'v', expiresAtMs: soon, owner: 'payments' }, 'soon')
    await put({ value: 'v', expiresAtMs: past }, 'past')
    await put({ value: 'v', expiresAtMs: inDays(20) }, 'fine')
    await put({ value: 'v' }, 'gone')
    await done('POST', path('gone', '/revoke'), { body: { environment, version: 1, reason } })
    const alerts = async (query = '', options: object = {}) => {
      const { body } = await done('GET', `${project}/alerts${query}`, options)
      return [body['total'], ...(body['items'] as readonly object[])]
    }
    const [first, second, third] = [
      { name: 'past', reminder: 'expired', version: 1, dueAtMs: past },
      { name: 'soon', reminder: 'expires-soon', version: 1, dueAtMs: soon, owner: 'payments' },
      { name: 'gone', reminder: 'nothing-active' },
    ].map((one) => ({ kind: 'secret', environment, ...one }))
    expect(await alerts()).toEqual([3, first, second, third])
    expect(await alerts('?environment=development')).toEqual([0])
    const grant = {
      actions: ['secret.list'],
      projects: ['*'],
      environments: ['*'],
      secrets: ['s*'],
    }
    const made = await done('POST', '/tokens', { body: { name: 't', grants: [grant] } })
    expect(await alerts('', { token: String(made.body['token']) })).toEqual([1, second])
  })

  test('a dry run says what would change and stores nothing', async () => {
    const answer = await call('PUT', `${path()}?dryRun=true`, {
      body: { environment, value: 'v', reason },
    })
    expect(answer).toMatchObject({
      status: 200,
      body: { dryRun: true, changed: [{ kind: 'secret' }] },
    })
    expect(await reveal()).toBe(404)
  })

  test('the same request with the same Idempotency-Key writes once; another value is refused', async () => {
    const headers = { 'idempotency-key': 'k1' }
    const body = { environment, value: 'one', reason }
    const first = await done('PUT', path(), { body, headers })
    const again = await done('PUT', path(), { body, headers })
    expect(again.body).toMatchObject({ revision: first.body['revision'], replayed: true })
    const other = await call('PUT', path(), { body: { ...body, value: 'two' }, headers })
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
    expect(await content()).toMatchObject({ versions: [{ version: 1 }] })
  })

  test('a write is based on a revision', async () => {
    const answer = await call('PUT', path(), {
      body: { environment, value: 'v', reason },
      headers: { 'if-match': '"77"' },
    })
    expect(answer.status).toBe(412)
  })

  test('a value has 1 to 65,536 bytes; one that is refused is not repeated', async () => {
    expect((await put({ value: '' })).status).toBe(422)
    expect((await put({ value: 'é'.repeat(32_768) })).status).toBe(201)
    const long = await put({ value: 'é'.repeat(32_769) })
    expect(long).toMatchObject({ status: 422, body: { errors: [{ path: '/value' }] } })
    expect(JSON.stringify(long.body)).not.toContain('éé')
    expect((await put({ value: 'x', generate: {} })).status).toBe(422)
    expect((await put({ generate: { length: 4 } })).status).toBe(422)
    expect((await put({ activate: true })).status).toBe(422)
  })

  test('a .env file becomes secrets in one revision, its values literally', async () => {
    const source = `# comment\nA=1\nexport B="two\\nlines"\nC='pa$word $HOME'\nD=$$x\n`
    const answer = await call('POST', `${project}/secrets`, {
      body: { environment, source, reason },
    })
    expect(answer.status).toBe(201)
    expect(await reveal(undefined, 'A')).toBe('1')
    expect(await reveal(undefined, 'B')).toBe('two\nlines')
    expect(await reveal(undefined, 'C')).toBe('pa$word $HOME')
    expect(await reveal(undefined, 'D')).toBe('$x')
    const again = await done('POST', `${project}/secrets`, {
      body: { environment, source: 'A=2\nE=5', reason },
    })
    expect(again.body['changed']).toHaveLength(2)
    expect(await reveal(undefined, 'A')).toBe('2')
    const bad = await call('POST', `${project}/secrets`, {
      body: { environment, source: 'OK=1\nnot a line hunter2', reason },
    })
    expect(bad.status).toBe(422)
    expect(JSON.stringify(bad.body)).not.toContain('hunter2')
  })

  test('twenty versions are kept, and those that are served', async () => {
    await put({ value: 'v1' })
    for (let version = 2; version <= 25; version++) await put({ value: `v${version}` })
    const { versions } = (await content()) as { versions: readonly { version: number }[] }
    expect(versions).toHaveLength(20)
    expect(versions[0]).toMatchObject({ version: 1 })
    expect(await reveal(1)).toBe('v1')
    expect(await reveal(2)).toBe(404)
    expect(await reveal(25)).toBe('v25')
  })

  test('settings alone change nothing of the versions; null removes', async () => {
    await put({ value: 'v', owner: 'a', description: 'd' })
    await put({ owner: null, type: 'certificate' })
    const item = await content()
    expect(item).toMatchObject({ type: 'certificate', description: 'd', active: 1 })
    expect(item).not.toHaveProperty('owner')
    expect((await put({ owner: 'a' }, 'nobody')).status).toBe(404)
  })

  test('of writes at the same time each has a number of its own', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, index) => put({ value: `v${index}` })))
    const { versions } = (await content()) as { versions: readonly { version: number }[] }
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const values = await Promise.all(versions.map(({ version }) => reveal(version)))
    expect(new Set(values)).toEqual(new Set(Array.from({ length: 10 }, (_, index) => `v${index}`)))
  })

  test('who may write need not be able to read, and a grant may name the secrets it is for', async () => {
    const token = async (grant: object): Promise<string> => {
      const { body } = await done('POST', '/tokens', { body: { name: 't', grants: [grant] } })
      return String(body['token'])
    }
    const writer = await token({ role: 'secret-admin' })
    const reader = await token({ role: 'secret-reader', secrets: ['db-*'] })
    const body = { environment, value: 'v', reason }
    expect((await call('PUT', path(), { token: reader, body })).status).toBe(403)
    expect((await call('PUT', path(), { token: writer, body })).status).toBe(201)
    expect((await call('PUT', path('other'), { token: writer, body })).status).toBe(201)
    const valueOf = (name: string): string =>
      `${path(name, '/value')}?environment=production&reason=r`
    expect((await call('GET', valueOf('db-password'), { token: writer })).status).toBe(403)
    expect((await call('GET', valueOf('db-password'), { token: reader })).status).toBe(200)
    expect((await call('GET', valueOf('other'), { token: reader })).status).toBe(403)
    const list = await done('GET', `${project}/secrets`, { token: reader })
    expect(list.body['items']).toMatchObject([{ name: 'db-password' }])
  })

  test('adding a version and making it the active one are two permissions', async () => {
    const grant = {
      actions: ['secret.write'],
      projects: ['*'],
      environments: ['*'],
      secrets: ['*'],
    }
    const made = await done('POST', '/tokens', { body: { name: 't', grants: [grant] } })
    const token = String(made.body['token'])
    const body = { environment, value: 'v', reason }
    expect((await call('PUT', path(), { token, body })).status).toBe(201)
    expect((await call('PUT', path(), { token, body: { ...body, activate: true } })).status).toBe(
      403,
    )
    const file = { environment, source: 'A=1', reason }
    expect((await call('POST', `${project}/secrets`, { token, body: file })).status).toBe(403)
    const quiet = { ...file, activate: false }
    expect((await call('POST', `${project}/secrets`, { token, body: quiet })).status).toBe(201)
  })

  test('a config may name a secret that some environment has; what a config names is not deleted', async () => {
    const config = (name: string) =>
      call('PUT', `${project}/configs/settings`, {
        body: {
          format: 'json',
          source: JSON.stringify({ url: `db://\${SECRET:${name}}` }),
          reason,
        },
      })
    const unknown = await config('db-password')
    expect(unknown.status).toBe(422)
    expect(JSON.stringify(unknown.body)).toContain('no environment has a secret')
    await put({ value: 'v' })
    expect((await config('db-password')).status).toBe(201)
    const more = { name: 'staging', protected: false, reason }
    expect((await call('POST', `${project}/environments`, { body: more })).status).toBe(201)
    const remove = () => call('DELETE', `${path()}?environment=production&reason=test`)
    expect(await remove()).toMatchObject({
      status: 409,
      body: { code: 'in_use', by: ['config settings in production'] },
    })
    await done('DELETE', `${project}/configs/settings?reason=test`)
    expect((await remove()).status).toBe(200)
  })

  test('an editor does not destroy secrets by deleting their environment, and a viewer does not learn their names', async () => {
    const token = async (role: string): Promise<string> => {
      const made = await done('POST', '/tokens', { body: { name: 't', role } })
      return String(made.body['token'])
    }
    const [editor, viewer] = [await token('editor'), await token('viewer')]
    await put({ environment: 'development', value: 'v' }, 'precious')
    const remove = (who: object) =>
      call('DELETE', `${project}/environments/development?reason=test`, who)
    const refused = await remove({ token: editor })
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(String(refused.body['detail'])).toContain('secret.write in development')
    const body = { reason, operations: [{ op: 'deleteEnvironment', environment: 'development' }] }
    expect((await call('POST', `${project}/changes`, { token: editor, body })).status).toBe(403)
    const revisions = async (who: object) =>
      JSON.stringify((await done('GET', `${project}/revisions`, who)).body)
    expect(await revisions({ token: viewer })).not.toContain('precious')
    expect(await revisions({ token: editor })).toContain('precious')
    const one = `${project}/revisions/${String((await done('GET', project)).body['revision'])}`
    expect((await done('GET', one, { token: viewer })).body['changed']).toEqual([])
    expect((await remove({})).status).toBe(200)
    expect((await call('GET', `${path('precious')}?environment=development`)).status).toBe(404)
  })

  test('who administers secrets does so in protected environments too; an editor nowhere', async () => {
    const body = { name: 'live', protected: true, reason }
    await done('POST', `${project}/environments`, { body })
    const token = async (role: string): Promise<string> => {
      const made = await done('POST', '/tokens', { body: { name: 't', role } })
      return String(made.body['token'])
    }
    const value = { environment: 'live', value: 'v', reason }
    const editor = await token('editor')
    expect((await call('PUT', path(), { token: editor, body: value })).status).toBe(403)
    const admin = await token('secret-admin')
    expect((await call('PUT', path(), { token: admin, body: value })).status).toBe(201)
    const rotate = { environment: 'live', reason }
    const rotated = await call('POST', path(undefined, '/rotate'), { token: admin, body: rotate })
    expect(rotated.status).toBe(200)
  })

  test('without the master key that wraps them, each is a refusal that names the key, and never a fault', async () => {
    await put({ value: 'v' })
    const stub = env.PROJECT.getByName(project.slice('/projects/'.length))
    const wrapped = await runInDurableObject(stub, (_, { storage }) => {
      const before = storage.sql.exec<{ wrapped: string }>('SELECT wrapped FROM project_key').one()
      // The framing of STORAGE.md §5 with the key id "gone".
      const other = btoa(`\u0001\u0004gone${'\0'.repeat(60)}`).replace(/=+$/, '')
      storage.sql.exec('UPDATE project_key SET wrapped = ?', other)
      return before.wrapped
    })
    await evictDurableObject(stub)
    const missing = { status: 503, body: { code: 'not_configured', masterKey: 'gone' } }
    const import_ = { environment, source: 'A=1', reason }
    for (const answer of [
      await put({ value: 'w' }),
      await post('rotate', {}),
      await call('POST', `${project}/secrets`, { body: import_ }),
      await call('GET', `${path(undefined, '/value')}?environment=production&reason=test`),
    ]) {
      expect(answer).toMatchObject(missing)
      expect(String(answer.body['detail'])).toContain('the master key gone')
    }
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE project_key SET wrapped = ?', wrapped)
    })
    await evictDurableObject(stub)
    expect(await reveal()).toBe('v')
    expect((await content())['versions']).toHaveLength(1)
  })
})

describe('references between secrets', () => {
  const refer = (name: string, value: string) => put({ value, references: true }, name)

  test('are named in the list, and the value stays as it was written', async () => {
    await put({ value: 'pw' })
    const value = 'db://app:${SECRET:db-password}@db?cost=$$5&home=${HOME}'
    expect((await refer('db-url', value)).status).toBe(201)
    const versions = (await content('db-url'))['versions'] as readonly object[]
    expect(versions).toMatchObject([{ version: 1, references: ['db-password'] }])
    expect(await reveal(undefined, 'db-url')).toBe(value)
    await put({ value: '${SECRET:nothing}' }, 'literal')
    expect((await content('literal'))['versions']).not.toHaveProperty('0.references')
  })

  test('to what is not there, malformed ones and those without a value are refused, and the value is in no answer', async () => {
    for (const value of ['hunter2${SECRET:none}', 'hunter2${SECRET:a b}', 'hunter2${SECRET:}']) {
      const answer = await refer('db-url', value)
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body)).not.toContain('hunter2')
    }
    expect(JSON.stringify((await refer('db-url', '${SECRET:none}')).body)).toContain('none')
    expect((await put({ references: true })).status).toBe(422)
    expect((await put({ generate: {}, references: true })).status).toBe(422)
    await put({ value: 'v' })
    expect((await post('rotate', { references: true })).status).toBe(422)
  })

  test('that lead back, or through more than eight secrets, are refused, whichever of them is written last', async () => {
    await put({ value: 'v' }, 's0')
    for (let index = 1; index <= 8; index += 1) {
      expect((await refer(`s${index}`, `\${SECRET:s${index - 1}}`)).status).toBe(201)
    }
    const deep = await refer('s9', '${SECRET:s8}')
    expect(deep.status).toBe(422)
    expect(JSON.stringify(deep.body)).toContain('leads through 9 secrets')
    await put({ value: 'v' }, 'below')
    expect(JSON.stringify((await refer('s0', '${SECRET:below}')).body)).toContain('through 9')
    const cycle = await refer('s0', '${SECRET:s2}')
    expect(cycle.status).toBe(422)
    expect(JSON.stringify(cycle.body)).toContain('s0 → s2 → s1 → s0')
    const itself = await refer('s0', '${SECRET:s0}')
    expect(JSON.stringify(itself.body)).toContain('s0 → s0')
  })

  test('keep what they name from being deleted, until no version names it', async () => {
    await put({ value: 'pw' })
    await refer('db-url', '${SECRET:db-password}')
    const remove = () => call('DELETE', `${path()}?environment=production&reason=test`)
    expect(await remove()).toMatchObject({
      status: 409,
      body: { code: 'in_use', by: ['secret db-url in production'] },
    })
    await done('DELETE', `${path('db-url')}?environment=production&reason=test`)
    expect((await remove()).status).toBe(200)
  })
})

describe('a value that its author sealed', () => {
  const name = 'db-password'
  const projectName = () => project.slice('/projects/'.length)

  const newKey = async (): Promise<{ id: string; key: string }> => {
    const body = { name: 'k', environment, audience: 'server', reason }
    const made = await done('POST', `${project}/keys`, { body })
    return { id: String(made.body['id']), key: String(made.body['key']) }
  }
  async function recipients() {
    const { body } = await done('GET', `${path(name, '/recipients')}?environment=production`)
    return body as unknown as {
      version: number
      recipients: readonly { id: string; publicKey: string; key: { id: string } }[]
    }
  }
  async function sealed(
    value = 'hunter2',
    version?: number,
  ): Promise<{ version: number; jwe: SealedJwe }> {
    const answer = await recipients()
    const number = version ?? answer.version
    const aad = sealedAad(projectName(), environment, name, number)
    return { version: number, jwe: await sealFor(value, aad, answer.recipients) }
  }
  /** The secret as the environment's snapshot has it. */
  async function published(): Promise<{ version: number; jwe: SealedJwe } | undefined> {
    const stub = projectStub(env, projectName())
    const head = await stub.head(environment, 'server')
    const bytes = head && (await stub.body(environment, 'server', head.sha256))
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()))
    return Reflect.get(Object(Reflect.get(Object(body), 'secrets')), name)
  }
  const open = async (key: string): Promise<string | undefined> => {
    const secret = await published()
    return secret && createOpener(key)(name, secret.version, secret.jwe)
  }
  const reminders = async () =>
    (await done('GET', `${path()}?environment=production`)).body['reminders']

  test('is opened by the keys it was sealed for, and revealed to nobody', async () => {
    const [a, b] = [await newKey(), await newKey()]
    const { version, recipients: known } = await recipients()
    expect([version, known.map(({ key }) => key.id).toSorted()]).toEqual([
      1,
      [a.id, b.id].toSorted(),
    ])
    expect((await put({ sealed: await sealed() })).status).toBe(201)
    expect([await open(a.key), await open(b.key)]).toEqual(['hunter2', 'hunter2'])
    const refused = await call(
      'GET',
      `${path(undefined, '/value')}?environment=production&reason=test`,
    )
    expect(refused).toMatchObject({ status: 409, body: { code: 'sealed' } })
    expect((await content())['versions']).toMatchObject([
      { version: 1, sealedFor: known.map(({ id }) => id).toSorted() },
    ])
    const listed = await done('GET', `${project}/secrets`)
    expect(JSON.stringify(listed.body)).not.toContain('hunter2')
    expect((await recipients()).version).toBe(2)
  })

  test('does not reach a key made later, which is said, until it is set anew', async () => {
    const first = await newKey()
    await put({ sealed: await sealed() })
    expect(await reminders()).toEqual([])
    const later = await newKey()
    expect(await open(later.key)).toBeUndefined()
    expect(await open(first.key)).toBe('hunter2')
    expect(await reminders()).toEqual(['needs-sealing'])
    expect((await put({ sealed: await sealed('hunter3'), activate: true })).status).toBe(200)
    expect([await open(first.key), await open(later.key)]).toEqual(['hunter3', 'hunter3'])
    expect(await reminders()).toEqual([])
  })

  test('is published without the keys that were revoked, and not at all when none is left', async () => {
    const [a, b] = [await newKey(), await newKey()]
    await put({ sealed: await sealed() })
    const revoke = (id: string) => done('DELETE', `${project}/keys/${id}?reason=test`)
    await revoke(a.id)
    expect((await published())?.jwe.recipients).toHaveLength(1)
    expect([await open(a.key), await open(b.key)]).toEqual([undefined, 'hunter2'])
    await revoke(b.id)
    const third = await newKey()
    expect(await published()).toBeUndefined()
    expect(await reminders()).toEqual(['needs-sealing'])
    await put({ sealed: await sealed('new'), activate: true })
    expect(await open(third.key)).toBe('new')
  })

  test('lives beside those that the platform seals: rotated, given grace, referred to and revoked as they are', async () => {
    const { key } = await newKey()
    await put({ value: 'plain' })
    await put({ sealed: await sealed('hunter2'), activate: true })
    expect(await open(key)).toBe('hunter2')
    expect((await published()) as object).toMatchObject({ version: 2, previous: { version: 1 } })
    await put({ value: 'x${SECRET:db-password}', references: true }, 'url')
    expect((await post('rotate', { value: 'third' })).status).toBe(200)
    expect(await open(key)).toBe('third')
    expect(await reveal()).toBe('third')
    expect((await post('revoke', { version: 2 })).status).toBe(200)
    expect((await post('activate', { version: 2 })).status).toBe(404)
    expect((await done('POST', `${project}/key-rotation`, { body: { reason } })).status).toBe(200)
  })

  test('of another form, place, number or for another key is refused, and nothing of it is stored', async () => {
    await newKey()
    const good = await sealed()
    const { jwe } = good
    const [recipient] = jwe.recipients
    if (recipient === undefined) throw new Error('it has one')
    const elsewhere = await sealed('hunter2', 7)
    const other = btoa(JSON.stringify({ enc: 'A128GCM' })).replace(/=+$/, '')
    const bad: readonly object[] = [
      { ...good, version: 2 },
      elsewhere,
      { ...elsewhere, version: 1 },
      { ...good, jwe: { ...jwe, protected: other } },
      { ...good, jwe: { ...jwe, protected: `${jwe.protected}A` } },
      { ...good, jwe: { ...jwe, ciphertext: '' } },
      { ...good, jwe: { ...jwe, iv: jwe.iv.slice(1) } },
      { ...good, jwe: { ...jwe, tag: `${jwe.tag.slice(0, -1)}_` } },
      { ...good, jwe: { ...jwe, unprotected: {} } },
      { ...good, jwe: { ...jwe, recipients: [] } },
      { ...good, jwe: { ...jwe, recipients: [recipient, recipient] } },
      {
        ...good,
        jwe: {
          ...jwe,
          recipients: [{ ...recipient, header: { ...recipient.header, kid: 'A'.repeat(22) } }],
        },
      },
      {
        ...good,
        jwe: {
          ...jwe,
          recipients: [{ ...recipient, header: { ...recipient.header, alg: 'dir' } }],
        },
      },
    ]
    for (const one of bad) {
      expect([(await put({ sealed: one })).status, JSON.stringify(one)]).toEqual([
        422,
        JSON.stringify(one),
      ])
    }
    expect((await put({ sealed: good, value: 'v' })).status).toBe(422)
    expect((await call('GET', `${path()}?environment=production`)).status).toBe(404)
    expect((await put({ sealed: good })).status).toBe(201)
    // The same again is for a number that is taken.
    expect((await put({ sealed: good })).status).toBe(422)
  })
})
