/**
 * Every route of the contract against malformed, oversized, misplaced and hostile input. Whatever comes in, the answer is
 * a problem document with the right 4xx, never a 5xx, and nothing has changed.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BODY_LIMITS } from '../../admin/contract/limits.ts'
import type { Route } from '../../admin/contract/route.ts'
import { routes } from '../../admin/contract/routes.ts'
import {
  BODIES,
  flag,
  flagEnvironment,
  QUERIES,
  reason,
  segment,
  settings,
} from '../support/good-bodies.ts'
import {
  hostileRequests,
  wrongMethods,
  type HostileRequest,
  type Target,
} from '../support/hostile.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'

const CONCURRENCY = 16

let platform: TestPlatform
let parameters: Record<string, string>
let sdkKey: string

const ROUTES: readonly (readonly [string, Route])[] = Object.entries(routes)

beforeAll(async () => {
  platform = await startTestPlatform()
  const { admin } = platform
  await admin.createProject('shop', { production: { protected: false } })
  await admin.change('shop', [
    { op: 'putConfig', name: 'settings', ...settings },
    {
      op: 'putConfigOverride',
      name: 'settings',
      environment: 'production',
      format: 'json',
      source: '{"a":3}',
    },
    { op: 'putSegment', key: 'segment-1', ...segment },
    { op: 'putFlag', key: 'flag-1', ...flag },
    { op: 'putFlagEnvironment', key: 'flag-1', environment: 'production', ...flagEnvironment },
  ])
  const made = await admin.createKey('shop', 'production')
  sdkKey = made.key
  const token = await admin.ok<{ id: string }>('POST', '/tokens', {
    body: { name: 'viewer', role: 'viewer', reason },
  })
  await admin.ok('PUT', '/projects/shop/secrets/secret-1', {
    body: { environment: 'production', value: 'v', reason },
  })
  parameters = {
    project: 'shop',
    secret: 'secret-1',
    environment: 'production',
    config: 'settings',
    flag: 'flag-1',
    segment: 'segment-1',
    mirror: 'mirror-1',
    revision: '1',
    to: '2',
    key: made.id,
    token: token.id,
  }
})

afterAll(async () => platform?.close())

const fill = (path: string): string =>
  path.replace(/:([a-z]+)/gi, (_, name: string) => parameters[name] ?? name)

/** What is wrong with the answer; `undefined` when nothing is. */
async function fault(origin: string, request: HostileRequest): Promise<string | undefined> {
  const { method, path, headers, body, expect: expected, what } = request
  const name = `${method} ${path.slice(0, 160)}, ${what}`
  let response: Response
  try {
    response = await fetch(`${origin}${path}`, {
      method,
      headers,
      ...(body !== undefined && method !== 'GET' && method !== 'HEAD' && { body }),
      signal: AbortSignal.timeout(20_000),
    })
  } catch (error) {
    return `${name}: no answer: ${String(error)}`
  }
  const { status } = response
  const text = await response.text()
  const said = `${name}: ${status} ${text.slice(0, 300)}`
  if (status >= 500) return said
  if (expected === 'refused' && (status < 400 || status > 499)) return `${said} (not refused)`
  if (typeof expected === 'number' && status !== expected) return `${said} (not ${expected})`
  if (status < 400 || method === 'HEAD') return undefined
  if (response.headers.get('content-type') !== 'application/problem+json')
    return `${said} (no problem document)`
  const problem = JSON.parse(text) as { status?: unknown; code?: unknown; detail?: unknown }
  if (
    problem.status !== status ||
    typeof problem.code !== 'string' ||
    typeof problem.detail !== 'string'
  )
    return `${said} (no status, code or detail)`
  if (text.includes(platform.admin.token) || text.includes(sdkKey)) return `${name}: names a token`
  return undefined
}

/** Sends all of them, some at a time; what is wrong, and how many there were. */
async function send(
  origin: string,
  requests: Iterable<HostileRequest>,
): Promise<{ faults: string[]; count: number }> {
  const faults: string[] = []
  let count = 0
  const source = requests[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) {
      count += 1
      const found = await fault(origin, next.value)
      if (found !== undefined) faults.push(found)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return { faults, count }
}

const everything = async (): Promise<unknown> => ({
  items: await platform.admin.ok('GET', '/projects/shop/export'),
  projects: await platform.admin.ok('GET', '/projects'),
  keys: await platform.admin.ok('GET', '/projects/shop/keys'),
  secrets: await platform.admin.ok('GET', '/projects/shop/secrets'),
  tokens: await platform.admin.ok('GET', '/tokens'),
})

test('every route that takes a body is tried with one', () => {
  const taking = ROUTES.filter(([, route]) => route.body !== undefined).map(([name]) => name)
  expect(Object.keys(BODIES).toSorted()).toEqual(taking.toSorted())
})

test(
  'hostile input is refused by every route, and changes nothing',
  { timeout: 300_000 },
  async () => {
    const before = await everything()
    const targets = ROUTES.map(([name, route]): Target => ({
      route,
      path: fill(route.path),
      token: platform.admin.token,
      ...(BODIES[name] !== undefined && { good: BODIES[name] }),
      ...(QUERIES[name] !== undefined && { query: QUERIES[name] }),
    }))
    const { faults, count } = await send(
      `${platform.url}/api/v1`,
      targets.flatMap((target) => [...hostileRequests(target)]),
    )
    console.log(
      `${count} hostile requests to ${targets.length} routes, ${faults.length} answered wrongly`,
    )
    expect(faults.slice(0, 20)).toEqual([])
    expect(count).toBeGreaterThan(3_000)
    expect(await everything()).toEqual(before)
  },
)

test('methods that a path does not take are refused', async () => {
  const paths = new Map<string, Set<string>>()
  for (const [, { path, method }] of ROUTES)
    paths.set(fill(path), (paths.get(fill(path)) ?? new Set()).add(method))
  const { faults } = await send(`${platform.url}/api/v1`, wrongMethods(paths, platform.admin.token))
  expect(faults).toEqual([])
})

test('a body that says it is over the limit is refused with 413 before it is sent', async () => {
  const answers = await Promise.all(
    ROUTES.filter(([, route]) => route.body !== undefined).map(async ([name, route]) => {
      const status = await statusOf(`/api/v1${fill(route.path)}?${QUERIES[name] ?? ''}`, {
        method: route.method,
        headers: {
          authorization: `Bearer ${platform.admin.token}`,
          'content-type': 'application/json',
          'content-length': BODY_LIMITS[route.size ?? 'small'] + 1,
          'if-match': '*',
        },
      })
      return [name, status]
    }),
  )
  expect(answers.filter(([, status]) => status !== 413)).toEqual([])
})

test('a body that turns out to be over the limit is refused with 413', async () => {
  const { faults } = await send(`${platform.url}/api/v1`, [
    {
      what: 'oversized',
      method: 'PUT',
      path: fill('/projects/:project/flags/:flag'),
      headers: {
        authorization: `Bearer ${platform.admin.token}`,
        'content-type': 'application/json',
        'if-match': '*',
      },
      body: ' '.repeat(BODY_LIMITS.small + 1),
      expect: 413,
    },
  ])
  expect(faults).toEqual([])
})

test('an upgrade that is no WebSocket, or comes without a valid key, is refused', async () => {
  const upgrade = { connection: 'upgrade', 'sec-websocket-version': '13' }
  const key = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  const tries = [
    { ...upgrade, upgrade: 'h2c' },
    { ...upgrade, upgrade: 'websocket', ...key },
    { ...upgrade, upgrade: 'websocket', ...key, 'sec-websocket-protocol': 'driftless.v1' },
    {
      ...upgrade,
      upgrade: 'websocket',
      ...key,
      'sec-websocket-protocol': 'driftless.v1, nonsense',
    },
    { ...upgrade, upgrade: 'websocket', ...key, 'sec-websocket-protocol': sdkKey },
    { ...upgrade, upgrade: 'websocket', ...key, 'sec-websocket-protocol': `other, ${sdkKey}` },
  ]
  const statuses = await Promise.all(
    tries.map((headers) => statusOf('/v1/stream', { method: 'GET', headers })),
  )
  for (const status of statuses) expect([400, 401, 426]).toContain(status)
})

/** The status of a request whose body, if any, is never sent. */
async function statusOf(
  path: string,
  options: { method: string; headers: Record<string, string | number> },
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${platform.url}${path}`, { ...options, agent: false })
    const settle = (answer: IncomingMessage): void => {
      resolve(answer.statusCode)
      sent.destroy()
    }
    sent.on('response', settle).on('upgrade', settle).on('error', reject)
    sent.flushHeaders()
  })
}

test('an SDK key opens no admin route, and a viewer writes nothing', async () => {
  const viewer = await platform.admin.ok<{ token: string }>('POST', '/tokens', {
    body: { name: 'reader', role: 'viewer', reason },
  })
  const requests = ROUTES.flatMap(([name, route]): HostileRequest[] => {
    const request = {
      method: route.method,
      path: `${fill(route.path)}?${[QUERIES[name], route.write && 'dryRun=true'].filter(Boolean).join('&')}`,
      ...(BODIES[name] !== undefined && { body: JSON.stringify(BODIES[name]) }),
    }
    const headers = { 'content-type': 'application/json', 'if-match': '*' }
    const asKey: HostileRequest = {
      ...request,
      what: 'an SDK key',
      headers: { ...headers, authorization: `Bearer ${sdkKey}` },
      expect: 401,
    }
    const asViewer: HostileRequest = {
      ...request,
      what: 'a viewer',
      headers: { ...headers, authorization: `Bearer ${viewer.token}` },
      expect: 403,
    }
    // His own session is everybody's to begin and end.
    const own = route.write === undefined || route.action === 'session.use'
    return own ? [asKey] : [asKey, asViewer]
  })
  expect((await send(`${platform.url}/api/v1`, requests)).faults).toEqual([])
})

test('the read path refuses what it does not know, and never fails', async () => {
  const paths = `
    /v1/manifest /v1/snapshot /v1/stream /v1/bodies/${'0'.repeat(64)}
    /v1/bodies/ /v1/bodies/nope /v1/bodies/%00 /v1/bodies/..%2f /v1/bodies/%
    /v1/manifest?min= /v1/snapshot?min=x /v1/snapshot?min=99999999999999999999.1
    /v1/stream?seen=x /v1/manifest?since=-1 /v1/manifest?min=1.1&min=2.2
    / /v1 /v2/manifest /api /api/v1 /api/v1/nope /api/v2/projects // /%`
    .trim()
    .split(/\s+/)
  const authorizations = [undefined, '', 'Bearer', 'Bearer x', 'Basic x', `Bearer ${sdkKey}`]
  const requests = paths.flatMap((path) =>
    authorizations.flatMap((authorization) =>
      ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].flatMap((method) =>
        [{}, { 'sec-websocket-protocol': ',,,' }, { 'if-none-match': '"' }].map(
          (odd): HostileRequest => ({
            what: `${String(authorization).slice(0, 12)} ${JSON.stringify(odd)}`,
            method,
            path,
            headers: {
              ...odd,
              ...(authorization !== undefined && { authorization }),
            },
            expect: 'any',
          }),
        ),
      ),
    ),
  )
  expect((await send(platform.url, requests)).faults.slice(0, 20)).toEqual([])
})
