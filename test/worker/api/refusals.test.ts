/** Every route against input that no route takes: a problem document with a 4xx, and never a 5xx. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../../../admin/contract/route.ts'
import { routes } from '../../../admin/contract/routes.ts'
import { problem } from '../../../admin/contract/problem.ts'
import { parseWith } from '../../../admin/contract/schema.ts'
import { BODIES, QUERIES } from '../../support/good-bodies.ts'
import { type Answer, call, newProject } from './support.ts'

const table: readonly (readonly [string, Route])[] = Object.entries(routes)
const withBody = table.filter(([, route]) => route.body !== undefined)

let project = ''
beforeAll(async () => {
  project = (await newProject()).slice('/projects/'.length)
})

/** A project that is there, everything else not. */
function pathOf(name: string, route: Route, inProject = project): string {
  const path = route.path
    .replace(':project', inProject)
    .replace(':environment', 'production')
    .replace(/:(revision|to)/g, '1')
    .replaceAll(/:\w+/g, 'nothing')
  const query = QUERIES[name]
  return query === undefined ? path : `${path}?${query}`
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
      const answer = await call(route.method, pathOf(name, route), { body })
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
      const answer = await call(route.method, pathOf(name, route), { body })
      expectProblem(answer, `${name} ${body}`)
      expect(answer.status, body).toBe(422)
      expect(answer.body['errors'], body).not.toHaveLength(0)
    }
  })

  test('another content type, and more than its limit', async () => {
    const headers = { 'content-type': 'text/plain' }
    const typed = await call(route.method, pathOf(name, route), { body: '{}', headers })
    expectProblem(typed, name)
    expect(typed.status).toBe(415)
    const declared = await call(route.method, pathOf(name, route), {
      body: ' '.repeat(26 * 1024 * 1024),
    })
    expectProblem(declared, name)
    expect(declared.status).toBe(413)
  })
})

test('an unknown project is not found on every route that names one', async () => {
  for (const [name, route] of table) {
    if (!route.path.includes(':project')) continue
    for (const unknown of ['nobody', '-', 'X'.repeat(300), '__proto__']) {
      const body = BODIES[name]
      const answer = await call(route.method, pathOf(name, route, unknown), {
        ...(body !== undefined && { body }),
      })
      expectProblem(answer, `${name} ${unknown}`)
      expect(answer.status, `${name} ${unknown} ${JSON.stringify(answer.body)}`).toBe(404)
    }
  }
})
