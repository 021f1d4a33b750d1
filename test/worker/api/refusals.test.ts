/** Every route against input that no route takes: a problem document with a 4xx, and never a 5xx. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../../../admin/contract/route.ts'
import { type RouteName, routes } from '../../../admin/contract/routes.ts'
import { problem } from '../../../admin/contract/problem.ts'
import { parseWith } from '../../../admin/contract/schema.ts'
import { type Answer, call, newProject } from './support.ts'

const table: readonly (readonly [string, Route])[] = Object.entries(routes)
const withBody = table.filter(([, route]) => route.body !== undefined)

let project = ''
beforeAll(async () => {
  project = (await newProject()).slice('/projects/'.length)
})

/** A project that is there, everything else not. */
function pathOf(route: Route, name = project): string {
  const path = route.path
    .replace(':project', name)
    .replace(':environment', 'production')
    .replace(/:(revision|to)/g, '1')
    .replaceAll(/:\w+/g, 'nothing')
  return path.endsWith('/import') ? `${path}?from=flagd&environment=production` : path
}

function expectProblem(answer: Answer, what: string): void {
  expect(answer.status, what).toBeGreaterThanOrEqual(400)
  expect(answer.status, what).toBeLessThan(500)
  expect(answer.headers.get('content-type'), what).toBe('application/problem+json')
  expect(answer.headers.get('cache-control'), what).toBe('no-store')
  const parsed = parseWith(problem, answer.body)
  expect(parsed.ok, what).toBe(true)
  expect(answer.body['status'], what).toBe(answer.status)
  expect(answer.body['type'], what).toBe(`urn:driftless:problem:${String(answer.body['code'])}`)
}

const MALFORMED = [
  '{',
  '{"reason": "a", "reason": "b"}',
  '{"__proto__": {"admin": true}}',
  '{"reason": 1e400}',
  '{"reason": 9007199254740993}',
  '{"reason": "\\ud800"}',
  '\uFEFF{}',
  `${'['.repeat(33)}${']'.repeat(33)}`,
]

describe.each(withBody)('%s', (name, route) => {
  test('malformed JSON', async () => {
    for (const body of MALFORMED) {
      const answer = await call(route.method, pathOf(route), { body })
      expectProblem(answer, `${name} ${body}`)
      expect(answer.status, body).toBe(400)
      expect(answer.body['code'], body).toBe('malformed_json')
    }
  })

  test('wrong types and unknown members', async () => {
    for (const body of [
      'null',
      '1',
      '"x"',
      '[]',
      '{"unknown": 1}',
      '{"reason": {}}',
      '{"constructor": {}}',
    ]) {
      const answer = await call(route.method, pathOf(route), { body })
      expectProblem(answer, `${name} ${body}`)
      expect(answer.status, body).toBe(422)
      expect(answer.body['errors'], body).not.toHaveLength(0)
    }
  })

  test('another content type, and more than its limit', async () => {
    const headers = { 'content-type': 'text/plain' }
    const typed = await call(route.method, pathOf(route), { body: '{}', headers })
    expectProblem(typed, name)
    expect(typed.status).toBe(415)
    const declared = await call(route.method, pathOf(route), { body: ' '.repeat(26 * 1024 * 1024) })
    expectProblem(declared, name)
    expect(declared.status).toBe(413)
  })
})

test('an unknown project is not found on every route that names one', async () => {
  const good: Partial<Record<RouteName, object>> = {
    createEnvironment: { name: 'e', reason: 'r' },
    updateEnvironment: { protected: true, reason: 'r' },
    createKey: { name: 'k', environment: 'production', audience: 'server' },
    putConfig: { format: 'json', source: '{}', reason: 'r' },
    patchConfig: { changes: [{ path: '/a', value: 1 }], reason: 'r' },
    patchConfigOverride: { changes: [{ path: '/a', value: 1 }], reason: 'r' },
    putConfigOverride: { format: 'json', source: '{}', reason: 'r' },
    putFlag: { type: 'boolean', variants: { on: true }, reason: 'r' },
    patchFlag: { description: 'd', reason: 'r' },
    putFlagEnvironment: { enabled: true, reason: 'r' },
    patchFlagEnvironment: { enabled: true, reason: 'r' },
    putSegment: { ids: [], reason: 'r' },
    commitChanges: { reason: 'r', operations: [{ op: 'deleteFlag', key: 'f' }] },
    rollback: { to: 1, reason: 'r' },
    importDocument: { flags: { f: { state: 'ENABLED', variants: { on: true } } } },
    evaluate: { context: {} },
  }
  for (const [name, route] of table) {
    if (!route.path.includes(':project')) continue
    for (const unknown of ['nobody', '-', 'X'.repeat(300), '__proto__']) {
      const body = Object.entries(good).find(([key]) => key === name)?.[1]
      const remaining = route.method === 'DELETE' ? '?reason=r' : ''
      const query = name === 'getResolvedConfig' ? '?environment=production' : remaining
      const answer = await call(route.method, pathOf(route, unknown) + query, {
        ...(body !== undefined && { body }),
      })
      expectProblem(answer, `${name} ${unknown}`)
      expect(answer.status, `${name} ${unknown} ${JSON.stringify(answer.body)}`).toBe(404)
    }
  }
})
