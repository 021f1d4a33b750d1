/** Secrets that one project gives to another, over HTTP. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { createOpener } from '../../../sdk/src/client/open-secret.ts'
import { projectStub } from '../../../worker/objects/stubs.ts'
import { call, done, newProject, reason } from './support.ts'

const environment = 'production'
let a = ''
let b = ''

beforeEach(async () => {
  a = await newProject()
  b = await newProject()
})

const nameOf = (path: string): string => path.slice('/projects/'.length)

const put = (project: string, name: string, members: object, options: object = {}) =>
  call('PUT', `${project}/secrets/${name}`, {
    body: { environment, reason, ...members },
    ...options,
  })

const share = (name = 'token', options: object = {}, to: object = {}) =>
  call('POST', `${a}/secrets/${name}/shares`, {
    body: { environment, to: { project: nameOf(b), environment, ...to }, reason },
    ...options,
  })

/** Whatever is to be told was told. */
async function told(): Promise<void> {
  await runDurableObjectAlarm(env.PROJECT.getByName(nameOf(a)))
}

async function reveal(project: string, name = 'token', version?: number): Promise<unknown> {
  const more = version === undefined ? '' : `&version=${version}`
  const query = `environment=production&reason=test${more}`
  const answer = await call('GET', `${project}/secrets/${name}/value?${query}`)
  return answer.status === 200 ? answer.body['value'] : answer.status
}

async function content(project: string, name = 'token') {
  const { body } = await done('GET', `${project}/secrets/${name}?environment=production`)
  return body['content'] as Record<string, unknown>
}

async function audit(project: string) {
  const { body } = await done('GET', `${project}/audit?limit=50`)
  return body['items'] as readonly {
    action: string
    actor: string
    target: string
    reason: string
  }[]
}

const rotate = (members: object) =>
  done('POST', `${a}/secrets/token/rotate`, { body: { environment, reason, ...members } })

describe('a shared secret', () => {
  test('is a secret of the other project, which its apps read; both audits tell of it', async () => {
    const made = await done('POST', `${b}/keys`, {
      body: { name: 'k', environment, audience: 'server', reason },
    })
    await put(a, 'token', { value: 'hunter2', type: 'token' })
    const shared = await share('token', {}, { name: 'token-of-a' })
    expect(shared.status).toBe(201)
    expect(shared.headers.get('location')).toBe(`/api/v1${a}/shares/${String(shared.body['id'])}`)
    await told()
    expect(await reveal(b, 'token-of-a')).toBe('hunter2')
    const from = { project: nameOf(a), environment, name: 'token', version: 1 }
    expect(await content(b, 'token-of-a')).toMatchObject({ type: 'token', active: 1, from })
    const stub = projectStub(env, nameOf(b))
    const head = await stub.head(environment, 'server')
    const bytes = head && (await stub.body(environment, 'server', head.sha256))
    const body = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())) as {
      secrets: Record<string, { version: number; jwe: unknown }>
    }
    const sealed = body.secrets['token-of-a']
    const open = createOpener(String(made.body['key']))
    expect(await open('token-of-a', sealed?.version ?? 0, sealed?.jwe)).toBe('hunter2')

    const here = (await audit(a)).filter(({ action }) => /share|send/.test(action))
    expect(here.map(({ action, actor }) => [action, actor])).toEqual([
      ['secret.send', 'system'],
      ['secret.share', 'owner'],
    ])
    expect(here[0]?.reason).toBe(`shared with ${nameOf(b)}/production/token-of-a`)
    const there = (await audit(b)).filter(({ action }) => action === 'secret.receive')
    expect(there).toMatchObject([
      { actor: `project ${nameOf(a)}`, reason: `shared by ${nameOf(a)}/production/token` },
    ])
    const { body: list } = await done('GET', `${a}/shares`)
    expect(list['items']).toMatchObject([{ name: 'token', isTold: true }])
  })

  test('follows its source: rotated with its grace, revoked, told twice without effect', async () => {
    await put(a, 'token', { value: 'one' })
    await share()
    await told()
    await rotate({ value: 'two', graceMs: 3_600_000 })
    await told()
    expect([await reveal(b), await reveal(b, 'token', 1)]).toEqual(['two', 'one'])
    expect(await content(b)).toMatchObject({ active: 2, previous: { version: 1 } })
    const { revision } = (await done('GET', b)).body
    await done('PUT', `${a}/secrets/token`, { body: { environment, description: 'x', reason } })
    await told()
    expect((await done('GET', b)).body['revision']).toBe(revision)
    // Without grace the version before must not be served there either.
    await rotate({ value: 'three', graceMs: 0 })
    await told()
    expect([await reveal(b), await reveal(b, 'token', 2)]).toEqual(['three', 404])
    expect(await content(b)).not.toHaveProperty('previous')
    await done('POST', `${a}/secrets/token/revoke`, { body: { environment, version: 3, reason } })
    await told()
    expect(await reveal(b)).toBe(404)
    expect(await content(b)).not.toHaveProperty('active')
    await rotate({ value: 'four' })
    await told()
    expect(await reveal(b)).toBe('four')
  })

  test('is changed by its own project alone, and shared on by nobody', async () => {
    await put(a, 'token', { value: 'v' })
    await share()
    await told()
    for (const answer of [
      await put(b, 'token', { value: 'mine' }),
      await put(b, 'token', { description: 'mine' }),
      await call('POST', `${b}/secrets/token/rotate`, { body: { environment, reason } }),
      await call('POST', `${b}/secrets/token/revoke`, {
        body: { environment, version: 1, reason },
      }),
      await call('DELETE', `${b}/secrets/token?environment=production&reason=test`),
      await call('POST', `${b}/secrets/token/shares`, {
        body: { environment, to: { project: nameOf(a), environment, name: 'back' }, reason },
      }),
    ]) {
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body)).toContain(nameOf(a))
    }
    expect(await reveal(b)).toBe('v')
  })

  test('is destroyed there when that ends: by request, with the secret, or with its environment', async () => {
    const shares = async () => (await done('GET', `${a}/shares`)).body['items']
    await put(a, 'token', { value: 'v' })
    const { body } = await share()
    await told()
    expect(await call('DELETE', `${a}?reason=test`)).toMatchObject({
      status: 409,
      body: { code: 'in_use' },
    })
    await done('DELETE', `${a}/shares/${String(body['id'])}?reason=over`)
    await told()
    expect(await reveal(b)).toBe(404)
    expect(await content(b)).not.toHaveProperty('from')
    expect(await shares()).toEqual([])
    expect((await put(b, 'token', { value: 'ours now', activate: true })).status).toBe(200)
    await rotate({ value: 'later' })
    await told()
    expect(await reveal(b)).toBe('ours now')

    await put(a, 'second', { value: 'v' })
    await share('second')
    await told()
    await done('DELETE', `${a}/secrets/second?environment=production&reason=test`)
    await told()
    expect(await reveal(b, 'second')).toBe(404)

    await put(a, 'third', { value: 'v' })
    await share('third')
    await told()
    await done('DELETE', `${a}/environments/production?reason=test`)
    await told()
    expect([await reveal(b, 'third'), await shares()]).toEqual([404, []])
    expect((await call('DELETE', `${a}?reason=test`)).status).toBe(200)
  })

  test('goes to nobody else: not to a later project of that name', async () => {
    await put(a, 'token', { value: 'v' })
    await share()
    await told()
    const name = nameOf(b)
    await done('DELETE', `${b}?reason=test`)
    await done('POST', '/projects', { body: { name, environments: ['production'] } })
    await rotate({ value: 'not for you' })
    await told()
    expect(await reveal(b)).toBe(404)
    expect((await done('GET', `${b}/secrets`)).body['items']).toEqual([])
    const { body } = await done('GET', `${a}/shares`)
    expect(body['items']).toMatchObject([{ isTold: true, fault: 'not_found' }])
  })
})

describe('sharing', () => {
  async function tokenFor(...grants: readonly object[]): Promise<string> {
    const { body } = await done('POST', '/tokens', { body: { name: 't', grants } })
    return String(body['token'])
  }
  const grant = (project: string, ...actions: readonly string[]) => ({
    actions,
    projects: [nameOf(project)],
    environments: [environment],
    secrets: ['token'],
  })

  test('needs leave to share and read here, and to write there; refusals are in the audit', async () => {
    await put(a, 'token', { value: 'v' })
    const here = grant(a, 'secret.share', 'secret.read')
    const there = grant(b, 'secret.write')
    for (const grants of [
      [here],
      [there],
      [grant(a, 'secret.share'), there],
      [grant(a, 'secret.read'), there],
      [here, grant(b, 'secret.read', 'secret.share')],
      [{ ...here, secrets: ['other'] }, there],
      [here, { ...there, environments: ['development'] }],
    ]) {
      expect((await share('token', { token: await tokenFor(...grants) })).status).toBe(403)
    }
    await told()
    expect(await reveal(b)).toBe(404)
    const denied = await done('GET', `${a}/audit?action=secret.share&outcome=denied`)
    expect(denied.body['items']).not.toEqual([])
    expect((await share('token', { token: await tokenFor(here, there) })).status).toBe(201)
    const end = (token: string) => call('DELETE', `${a}/shares/1?reason=test`, { token })
    expect((await end(await tokenFor(grant(a, 'secret.read')))).status).toBe(403)
    expect((await end(await tokenFor({ ...here, secrets: ['other'] }))).status).toBe(403)
    expect((await end(await tokenFor(here))).status).toBe(200)
  })

  test('what cannot be shared, or not there, is refused', async () => {
    await put(a, 'token', { value: 'v' })
    await put(a, 'url', { value: 'x${SECRET:token}', references: true })
    expect((await share('url')).status).toBe(422)
    expect((await share('none')).status).toBe(404)
    expect((await share('token', {}, { project: nameOf(a), name: 'x' })).status).toBe(422)
    expect((await share('token', {}, { project: 'nowhere' })).status).toBe(404)
    expect((await share('token', {}, { environment: 'nowhere' })).status).toBe(404)
    await put(b, 'token', { value: 'own' })
    expect((await share()).status).toBe(409)
    expect((await share('token', {}, { name: 'free' })).status).toBe(201)
    expect((await share('token', {}, { name: 'free' })).status).toBe(409)
    const later = await put(a, 'token', {
      value: '${SECRET:url}',
      references: true,
      activate: true,
    })
    expect(later.status).toBe(422)
  })

  test('what another secret took the name of meanwhile is said, and nothing of the other is changed', async () => {
    await put(a, 'token', { value: 'v' })
    const stub = env.PROJECT.getByName(nameOf(a))
    await share()
    await told()
    // As if it had been there before the first word of it came.
    await done('DELETE', `${a}/shares/1?reason=test`)
    await told()
    await put(b, 'token', { value: 'own', activate: true })
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO secret_share (environment, name, to_project, to_epoch, to_environment, to_name, created_at_ms, told, mark, attempts, not_before_ms)
         VALUES ('production', 'token', ?, 1, 'production', 'token', 0, 0, 0, 0, 0)`,
        nameOf(b),
      )
    })
    await rotate({ value: 'w' })
    await told()
    expect(await reveal(b)).toBe('own')
    const { body } = await done('GET', `${a}/shares`)
    expect(body['items']).toMatchObject([{ fault: 'another secret has that name there' }])
  })

  test('a project that cannot take it now is told again', async () => {
    await put(a, 'token', { value: 'v' })
    const full = (change: string) =>
      runInDurableObject(env.PROJECT.getByName(nameOf(b)), (_, { storage }) => {
        storage.sql.exec(change)
      })
    await full(
      `CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
    )
    await share()
    await told()
    const shares = async () => (await done('GET', `${a}/shares`)).body['items']
    expect(await shares()).toMatchObject([{ isTold: false, fault: 'storage_full' }])
    await full('DROP TRIGGER full')
    await runInDurableObject(env.PROJECT.getByName(nameOf(a)), (_, { storage }) => {
      storage.sql.exec('UPDATE secret_share SET not_before_ms = 0')
    })
    await told()
    expect(await shares()).toMatchObject([{ isTold: true }])
    expect(await reveal(b)).toBe('v')
  })
})
