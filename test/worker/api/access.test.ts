/** Every route of the contract against every kind of token, as the policy table says. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../../../admin/contract/route.ts'
import { routes } from '../../../admin/contract/routes.ts'
import { ACTIONS, type Action, isAllowed, type Role } from '../../../worker/domain/access.ts'
import { call, done, newProject, OWNER } from './support.ts'

const ROLES: readonly Role[] = ['owner', 'editor', 'viewer']
const table: readonly (Route & { readonly action: Action })[] = Object.values(routes)

let project = ''
let other = ''
const tokens = new Map<string, string>()

beforeAll(async () => {
  project = await newProject()
  other = await newProject()
  for (const role of ROLES) {
    tokens.set(role, await newToken({ role }))
    tokens.set(`${role} of this project`, await newToken({ role, project: nameOf(project) }))
    tokens.set(`${role} of another project`, await newToken({ role, project: nameOf(other) }))
  }
})

function nameOf(path: string): string {
  return path.slice('/projects/'.length)
}

async function newToken(members: object): Promise<string> {
  const { body } = await done('POST', '/tokens', { body: { name: 'for a test', ...members } })
  const token = body['token']
  if (typeof token !== 'string') throw new Error('no token')
  return token
}

function pathOf({ path }: Route): string {
  return path
    .replace(':project', nameOf(project))
    .replace(':environment', 'production')
    .replace(/:(revision|to)/g, '1')
    .replaceAll(/:\w+/g, 'nothing')
}

test('every action of a route is in the policy table, and every entry is used', () => {
  const used = new Set(table.map((route) => route.action))
  expect([...used].toSorted()).toEqual(ACTIONS.toSorted())
})

test('an action that is not in the table is denied to everybody', () => {
  for (const action of ['nothing', 'constructor', '__proto__', 'toString']) {
    // @ts-expect-error -- not an action
    expect(isAllowed({ role: 'owner', project: null }, action, 'shop')).toBe(false)
  }
})

describe.each(ROLES)('the role %s', (role) => {
  const reaches: readonly (readonly [string, string, () => string | null])[] = [
    ['all projects', role, () => null],
    ['this project', `${role} of this project`, () => nameOf(project)],
    ['another project', `${role} of another project`, () => nameOf(other)],
  ]
  test.each(reaches)(
    'for %s may do what the table allows, and nothing else',
    async (_, key, bound) => {
      for (const route of table) {
        const names = route.path.includes(':project')
        const allowed = isAllowed(
          { role, project: bound() },
          route.action,
          names ? nameOf(project) : null,
        )
        // Without a body and a reason nothing is written: an allowed request fails later, for another reason.
        const answer = await call(route.method, pathOf(route), {
          token: tokens.get(key) ?? '',
          headers: { 'if-match': '"9999"' },
          ...(route.method === 'POST' && { body: 'null' }),
        })
        const what = `${key}: ${route.method} ${route.path}`
        if (allowed) expect([401, 403], what).not.toContain(answer.status)
        else {
          expect(answer.status, what).toBe(403)
          expect(answer.body['code'], what).toBe('forbidden')
        }
      }
    },
  )
})

test('a viewer writes nothing and an editor makes no tokens', () => {
  const writes = table.filter((route) => route.write !== undefined)
  expect(writes.length).toBeGreaterThan(15)
  for (const { action } of writes) {
    expect(isAllowed({ role: 'viewer', project: null }, action, 'shop')).toBe(false)
  }
  expect(isAllowed({ role: 'editor', project: null }, 'token.write', null)).toBe(false)
  expect(isAllowed({ role: 'owner', project: 'shop' }, 'token.write', null)).toBe(false)
})

test('a bound token lists its own project only', async () => {
  const { body } = await done('GET', '/projects', {
    token: tokens.get('viewer of another project') ?? '',
  })
  expect(body['items']).toMatchObject([{ name: nameOf(other) }])
})

describe('a token that is none', () => {
  test('every route answers the same 401', async () => {
    const revoked = await done('POST', '/tokens', { body: { name: 'r', role: 'owner' } })
    await done('DELETE', `/tokens/${String(revoked.body['id'])}`)
    const expired = await done('POST', '/tokens', {
      body: { name: 'e', role: 'owner', expiresAtMs: Date.now() + 3_600_000 },
    })
    const directory = env.DIRECTORY.getByName('directory')
    await runInDurableObject(directory, (_, state) => {
      state.storage.sql.exec(
        'UPDATE admin_token SET expires_at_ms = 1 WHERE id = ?',
        expired.body['id'],
      )
    })
    const sdkKey = await done('POST', `${project}/keys`, {
      body: { name: 'k', environment: 'production', audience: 'server' },
    })
    const mistyped = String(tokens.get('owner')).replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
    const strangers = {
      none: null,
      revoked: String(revoked.body['token']),
      expired: String(expired.body['token']),
      mistyped,
      'an SDK key': String(sdkKey.body['key']),
      'too long': 'x'.repeat(600),
      'almost the owner': `${OWNER}x`,
    }
    const answers = new Set<string>()
    for (const [what, token] of Object.entries(strangers)) {
      for (const route of what === 'none' || what === 'revoked' ? table : table.slice(0, 3)) {
        const answer = await call(route.method, pathOf(route), { token })
        expect(answer.status, `${what}: ${route.method} ${route.path}`).toBe(401)
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
        answers.add(JSON.stringify(answer.body))
      }
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
