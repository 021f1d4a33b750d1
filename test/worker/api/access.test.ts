/** Every route of the contract against every role, scope and kind of token, as the policy table says. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Operation } from '#core'
import type { Route } from '../../../admin/contract/route.ts'
import { routes } from '../../../admin/contract/routes.ts'
import { type Action, ACTIONS, actionOf, type Role, ROLES } from '../../../worker/domain/access.ts'
import {
  type Access,
  EVERYTHING,
  isAllowed,
  isEverAllowed,
  operationNeeds,
  type Scope,
  type Target,
} from '../../../worker/domain/grants.ts'
import { BODIES, QUERIES } from '../../support/good-bodies.ts'
import { call, done, newProject, OWNER } from './support.ts'

type Named = readonly [name: string, route: Route & { readonly action: Action }]
const table: readonly Named[] = Object.entries(routes)

/** Actions that no route names: checked by what does the change. */
const WITHOUT_ROUTE: readonly Action[] = ['protected.write']

let project = ''
let other = ''
/** An SDK key of production. */
let key = ''

beforeAll(async () => {
  project = nameOf(await newProject())
  other = nameOf(await newProject())
  const body = { name: 'k', environment: 'production', audience: 'server' }
  key = String((await done('POST', `/projects/${project}/keys`, { body })).body['id'])
})

function nameOf(path: string): string {
  return path.slice('/projects/'.length)
}

async function newToken(members: object): Promise<{ readonly id: string; readonly token: string }> {
  const { body } = await done('POST', '/tokens', { body: { name: 'for a test', ...members } })
  return { id: String(body['id']), token: String(body['token']) }
}

/** A request to the route that is good but for its base, and writes nothing. */
function requestOf([name, route]: Named) {
  const path = route.path
    .replace(':project', project)
    .replace(':environment', 'production')
    .replace(':key', key)
    .replace(/:(revision|to)/g, '1')
    .replaceAll(/:\w+/g, 'nothing')
  const query = [
    QUERIES[name],
    route.write && 'dryRun=true',
    route.environmentIn === 'query' && !QUERIES[name] && 'environment=production',
  ]
  const search = query.filter(Boolean).join('&')
  return {
    method: route.method,
    path: search === '' ? path : `${path}?${search}`,
    options: {
      headers: { 'if-match': '"9999"' },
      ...(BODIES[name] !== undefined && { body: BODIES[name] }),
    },
  }
}

/** All that the request of `requestOf` needs, by the table. */
function needsOf([name, route]: Named): readonly (readonly [Action, Target])[] {
  const inPath = route.path.includes(':project')
  const environment = environmentOf([name, route])
  const own = [route.action, { project: inPath ? project : null, environment }] as const
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- good bodies are what the schema takes
  const operations = (BODIES[name]?.['operations'] ?? []) as readonly Operation[]
  const further: { action: Action; environment?: string; project?: string }[] = operations.flatMap(
    (operation) => operationNeeds(operation),
  )
  if (name === 'importDocument') further.push({ action: 'flag.write' })
  if (name === 'createEnvironment')
    further.push({ action: 'config.read', environment: 'production' })
  if (name === 'putSecret') further.push({ action: 'secret.rotate', environment: 'production' })
  if (name === 'shareSecret') {
    further.push({ action: 'secret.read', environment: 'production' })
    further.push({ action: 'secret.write', environment: 'production', project: 'elsewhere' })
  }
  if (name === 'revokeKey') further.push({ action: 'key.write', environment: 'production' })
  return [own, ...further.map(({ action, ...target }) => [action, { project, ...target }] as const)]
}

function environmentOf([name, route]: Named): string | undefined {
  if (route.path.includes(':environment')) return 'production'
  if (route.environmentIn === undefined) return undefined
  if (route.environmentIn === 'query') return 'production'
  const member = route.environmentIn === 'body' ? 'environment' : 'name'
  return String(BODIES[name]?.[member])
}

test('every action of a route is in the policy table, and every entry is used', () => {
  const used = new Set([...table.map(([, route]) => route.action), ...WITHOUT_ROUTE])
  expect([...used].toSorted()).toEqual(ACTIONS.toSorted())
})

test('an operation that writes needs a writing action', () => {
  for (const [member, schema] of Object.entries(BODIES['commitChanges'] ?? {})) {
    if (member !== 'operations' || !Array.isArray(schema)) continue
    for (const operation of schema) expect(actionOf(operation)).toMatch(/\.write$/)
  }
})

const SCOPES: readonly (readonly [string, () => Scope])[] = [
  ['everything', () => EVERYTHING],
  ['this project', () => ({ ...EVERYTHING, projects: [project] })],
  ['another project', () => ({ ...EVERYTHING, projects: [other] })],
  [
    'this environment',
    () => ({ ...EVERYTHING, projects: [project], environments: ['production'] }),
  ],
  [
    'another environment',
    () => ({ ...EVERYTHING, projects: [project], environments: ['development'] }),
  ],
]

describe.each(ROLES)('the role %s', (role) => {
  test.each(SCOPES)('for %s may do what the table allows, and nothing else', async (_, scope) => {
    expect(await faultsFor({ grants: [{ role, ...scope() }] })).toEqual([])
  })
})

test('single actions allow what they name, and nothing else', async () => {
  for (const action of ['flag.read', 'config.write', 'token.write'] as const) {
    expect(await faultsFor({ grants: [{ actions: [action], ...EVERYTHING }] })).toEqual([])
  }
})

/** Asks every route with a token of these grants; where the answer is not what the table says. */
async function faultsFor(access: Access): Promise<readonly string[]> {
  const { token } = await newToken(access)
  const wrong: string[] = []
  for (const entry of table) {
    const { method, path, options } = requestOf(entry)
    const needs = needsOf(entry)
    const allowed = needs.every(([action, target]) => isAllowed(access, action, target))
    const [, route] = entry
    const [[, target] = [route.action, { project: null }]] = needs
    if (allowed && !isEverAllowed(access, route.action, target.project)) wrong.push(`${path}: ever`)
    const { status, body } = await call(method, path, { ...options, token })
    const refused = status === 403 && body['code'] === 'forbidden'
    // Nobody gives more than he has: who may make tokens but not what they would allow is refused, too.
    const gives =
      ['createToken', 'rotateToken'].includes(entry[0]) && !('role' in (access.grants[0] ?? {}))
    if (status === 401 || (refused === allowed && !gives)) {
      wrong.push(`${method} ${path}: ${status}, allowed by the table: ${allowed}`)
    }
  }
  return wrong
}

test('nobody makes a token that allows more than his own', async () => {
  const { token } = await newToken({
    grants: [{ actions: ['token.write', 'flag.read'], ...EVERYTHING }],
  })
  const make = (grant: object) =>
    call('POST', '/tokens', { token, body: { name: 'more', grants: [grant] } })
  expect((await make({ actions: ['flag.read'] })).status).toBe(201)
  expect((await make({ actions: ['flag.write'] })).status).toBe(403)
  expect((await make({ role: 'owner' })).status).toBe(403)
})

test('lists leave out what belongs to environments that are not in the grant', async () => {
  const path = `/projects/${project}`
  const flag = { type: 'boolean', variants: { on: true, off: false }, reason: 'test' }
  await done('PUT', `${path}/flags/seen`, { body: flag })
  await done('PUT', `${path}/configs/seen`, { body: { format: 'json', source: '{}', reason: 't' } })
  for (const name of ['development', 'production']) {
    const settings = { enabled: true, reason: 'test' }
    await done('PUT', `${path}/flags/seen/environments/${name}`, { body: settings })
    const override = { format: 'json', source: '{"a":1}', reason: 'test' }
    await done('PUT', `${path}/configs/seen/environments/${name}`, { body: override })
  }
  const { token } = await newToken({
    grants: [{ role: 'viewer', projects: [project], environments: ['development'] }],
  })
  for (const list of ['flags', 'flags/seen', 'configs', 'environments', 'keys']) {
    const { status, body } = await call('GET', `${path}/${list}`, { token })
    expect(status, list).toBe(200)
    expect(JSON.stringify(body), list).not.toContain('production')
  }
  const { body } = await call('GET', `${path}/flags/seen`, { token })
  expect(Object.keys(body['environments'] ?? {})).toEqual(['development'])
})

test('a bound token lists its own project only', async () => {
  const { token } = await newToken({ role: 'viewer', project: other })
  const { body } = await done('GET', '/projects', { token })
  expect(body['items']).toMatchObject([{ name: other }])
})

describe('a token that is none', () => {
  const answers = new Set<string>()
  const expect401 = async (token: string | null, entries: readonly Named[], what: string) => {
    for (const entry of entries) {
      const { method, path, options } = requestOf(entry)
      const { status, headers, body } = await call(method, path, { ...options, token })
      expect(status, `${what}: ${method} ${path}`).toBe(401)
      answers.add(JSON.stringify([[...headers], body]))
    }
  }

  test.each(ROLES)(
    'a revoked, expired or mistyped one of the role %s gets the same 401 everywhere',
    async (role: Role) => {
      const [revoked, expired] = [await newToken({ role }), await newToken({ role })]
      await done('DELETE', `/tokens/${revoked.id}`)
      await runInDurableObject(env.DIRECTORY.getByName('directory'), (_, state) => {
        state.storage.sql.exec('UPDATE admin_token SET expires_at_ms = 1 WHERE id = ?', expired.id)
      })
      const mistyped = expired.token.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
      await expect401(revoked.token, table, 'revoked')
      await expect401(expired.token, table, 'expired')
      await expect401(mistyped, table, 'mistyped')
      expect(answers.size).toBe(1)
    },
  )

  test('so does every other text', async () => {
    const body = { name: 'k', environment: 'production', audience: 'server' }
    const sdkKey = await done('POST', `/projects/${project}/keys`, { body })
    const elsewhere = await newToken({ role: 'owner', cidrs: ['203.0.113.1'] })
    const strangers = {
      none: null,
      'from elsewhere': elsewhere.token,
      'an SDK key': String(sdkKey.body['key']),
      'too long': 'x'.repeat(600),
      'almost the owner': `${OWNER}x`,
    }
    for (const [what, token] of Object.entries(strangers)) {
      await expect401(token, what === 'none' ? table : table.slice(0, 3), what)
    }
    expect(answers.size).toBe(1)
  })

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic b3duZXI6',
    OWNER,
    `Bearer  ${OWNER}`,
    `Bearer ${OWNER} x`,
  ])('the header %j is refused', async (authorization) => {
    const answer = await call('GET', '/projects', { token: null, headers: { authorization } })
    expect(answer.status).toBe(401)
  })
})

test('10,000 ids put in the place of others read nothing of another project', async () => {
  // In everything of the project that is not ours; whoever reads this read what he must not.
  const canary = 'canary-of-another-project'
  const there = `/projects/${project}`
  const flag = { type: 'boolean', variants: { on: true, off: false }, reason: canary }
  await done('PUT', `${there}/flags/canary`, { body: { ...flag, description: canary } })
  await done('PUT', `${there}/configs/canary`, {
    body: { format: 'json', source: JSON.stringify({ canary }), reason: canary },
  })
  await done('PATCH', there, { body: { description: canary, reason: canary } })
  const body = { name: canary, environment: 'production', audience: 'server' }
  const foreign = String((await done('POST', `${there}/keys`, { body })).body['id'])
  const { token } = await newToken({ role: 'owner', project: other })

  const reads = table.filter(
    ([, route]) => route.method === 'GET' && route.path.startsWith('/projects/:project'),
  )
  const projects = [
    project,
    other,
    `${other}/../${project}`,
    `${other}%2f..%2f${project}`,
    `${project}%00`,
  ]
  const ids = ['canary', foreign, key, 'production', 'development', '1', '2', '3', project, other]
  let state = 7
  const pick = (list: readonly string[]): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return list[Math.floor((state / 2 ** 32) * list.length)] ?? ''
  }
  const leaks: string[] = []
  for (let asked = 0; asked < 10_000; asked += 1) {
    const [, route] = reads[asked % reads.length] ?? []
    const query = route?.environmentIn === 'query' ? '?environment=production' : ''
    const path = `${route?.path ?? ''}${query}`.replaceAll(/:(\w+)/g, (_, name: string) =>
      pick(name === 'project' ? projects : ids),
    )
    const answer = await call('GET', path, { token })
    if (JSON.stringify(answer.body).includes(canary)) leaks.push(path)
    const { pathname } = new URL(path, 'https://x')
    if (!pathname.startsWith(`/projects/${other}/`) && pathname !== `/projects/${other}`) {
      if (![401, 403, 404].includes(answer.status)) leaks.push(`${path}: ${answer.status}`)
    }
  }
  expect(leaks.slice(0, 5)).toEqual([])
}, 240_000)
