/** Whom a change is put before, what they are told, and how their answers are read. */
import { describe, expect, test } from 'vitest'
import type { Operation } from '#core'
import { hookQuestions, readHookAnswer } from '../../../worker/domain/validation.ts'
import { createRenderer } from '../../../worker/domain/snapshot.ts'
import { digest, Memory } from './support.ts'

const hook = (name: string) => ({ name, url: `https://${name}.example.com/` })
const asked = {
  project: 'shop',
  act: 'change',
  dryRun: false,
  revision: 3,
  author: 'ada',
  reason: 'because',
  changed: [],
} as const

const environment = (name: string, ...hooks: readonly string[]): Operation => ({
  op: 'createEnvironment',
  environment: name,
  protected: false,
  validate: hooks.map(hook),
})
const config = (source: unknown, name = 'app'): Operation => ({
  op: 'putConfig',
  name,
  format: 'json',
  source: JSON.stringify(source),
  visibility: 'server',
})

function questions(memory: Memory, ...operations: readonly Operation[]) {
  const result = memory.apply(...operations)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  const ports = { renderer: createRenderer(digest), digest }
  const all = [...memory.items.refs('environment')].map(({ key }) => key)
  return hookQuestions(memory.items, result.value.items, all, asked, ports)
}

describe('whom a change is put before', () => {
  const memory = () =>
    new Memory().with(
      environment('dev'),
      environment('staging', 'rules'),
      environment('production', 'rules', 'billing'),
      config({ a: 1 }),
    )

  test('one question a hook, with the environments that name it', () => {
    const [rules, billing, ...rest] = questions(memory(), config({ a: 2 }))
    expect(rest).toEqual([])
    expect(rules?.url).toBe('https://rules.example.com/')
    expect(rules?.question).toEqual({
      ...asked,
      hook: 'rules',
      environments: ['staging', 'production'],
      content: ['staging', 'production'].map((name) => ({
        environment: name,
        kind: 'config',
        key: 'app',
        change: 'changed',
        value: { a: 2 },
      })),
      truncated: false,
    })
    expect(billing?.question.environments).toEqual(['production'])
  })

  test('nobody where the content stays, the environment goes, or only its settings change', () => {
    expect(questions(memory(), config({ a: 1 }))).toEqual([])
    expect(questions(memory(), { op: 'deleteEnvironment', environment: 'production' })).toEqual([])
    const off: Operation = { op: 'updateEnvironment', environment: 'production', validate: null }
    expect(questions(memory(), off)).toEqual([])
  })

  test('the hooks from before the change, though it removes them', () => {
    const off: Operation = { op: 'updateEnvironment', environment: 'production', validate: [] }
    const hooks = questions(memory(), off, config({ a: 2 })).map(({ question }) => question.hook)
    expect(hooks).toEqual(['rules', 'billing'])
  })

  test('a deletion is told without a value, an addition with it, and references as they are', () => {
    const gone = { op: 'deleteConfig', name: 'app' } as const
    const [rules] = questions(memory(), gone, config({ key: '${KEY:-none}' }, 'other'))
    expect(rules?.question.content.filter((one) => one.environment === 'staging')).toEqual([
      { environment: 'staging', kind: 'config', key: 'app', change: 'removed' },
      {
        environment: 'staging',
        kind: 'config',
        key: 'other',
        change: 'added',
        value: { key: '${KEY:-none}' },
      },
    ])
  })

  test('what has no room is named without its value', () => {
    const long = 'x'.repeat(150 * 1024)
    const [rules] = questions(memory(), config({ long }, 'one'), config({ long }, 'two'))
    const values = rules?.question.content.map(({ value }) => value !== undefined)
    expect(values).toEqual([true, false, false, false])
    expect(rules?.question.truncated).toBe(true)
  })
})

describe('an answer', () => {
  const none = (why: string) => ({ kind: 'none', why: expect.stringContaining(why) })

  test('allows or refuses, with a reason', () => {
    expect(readHookAnswer(200, '{"allow":true}')).toEqual({ kind: 'allowed' })
    expect(readHookAnswer(200, '{"allow":true,"more":1}')).toEqual({ kind: 'allowed' })
    const refused = { kind: 'refused', message: 'no' }
    expect(readHookAnswer(200, '{"allow":false,"message":"no"}')).toEqual(refused)
  })

  test.each(['', 'ok', '[]', 'null', '{}', '{"allow":1}', '{"allow":"true"}', '{"allow":null}'])(
    '%j with status 200 is none',
    (body) => expect(readHookAnswer(200, body)).toEqual(none('not {"allow"')),
  )

  test.each([201, 202, 204, 301, 307, 400, 401, 404, 500, 503])(
    'status %i is none, whatever the body',
    (status) => expect(readHookAnswer(status, '{"allow":true}')).toEqual(none(String(status))),
  )

  test('a message is one line of bounded length, whatever is in it', () => {
    const said = (message: unknown) => {
      const answer = readHookAnswer(200, JSON.stringify({ allow: false, message }))
      return answer.kind === 'refused' ? answer.message : answer
    }
    expect(said('a\r\nb\u0000\u001b[31mc\u2028d\u202ee')).toBe('a b [31mc d e')
    expect(said('x'.repeat(10_000))).toBe(`${'x'.repeat(500)}…`)
    for (const nothing of [undefined, '', '\n', 7, {}])
      expect(said(nothing)).toBe('it gives no reason')
  })
})
