/** The cases of test/sdk/schema/suite-cases.ts as the API takes them: the same verdicts, and nothing is a fault of ours. */
import { beforeAll, describe, expect, test } from 'vitest'
import { isJsonObject, type JsonValue } from '#core'
import { DRAFT_07, DRAFT_2020, EVERYWHERE } from '../../sdk/schema/suite-cases.ts'
import { call, done, newProject, reason } from './support.ts'

let path: string
beforeAll(async () => {
  const project = await newProject()
  await done('PUT', `${project}/configs/suite`, { body: { format: 'json', source: '{}', reason } })
  path = `${project}/configs/suite`
})

const OLD = 'http://json-schema.org/draft-07/schema#'
const inDraft07 = (schema: JsonValue) =>
  isJsonObject(schema) ? { $schema: OLD, ...schema } : schema

const CASES = [
  ...[...EVERYWHERE, ...DRAFT_2020].map(([what, ...rest]) => [what, ...rest] as const),
  ...DRAFT_07.map(
    ([what, schema, fit, unfit]) => [`draft-07: ${what}`, inDraft07(schema), fit, unfit] as const,
  ),
]

describe('over HTTP', () => {
  test.each(CASES)('%s', async (_, schema, fitting, unfitting) => {
    const verdicts = async (documents: readonly JsonValue[]) => {
      const found: unknown[] = []
      for (const document of documents.slice(0, 2)) {
        const answer = await call('POST', `${path}/validate`, { body: { document, schema } })
        found.push(answer.status === 200 ? answer.body['valid'] : answer.body)
      }
      return new Set(found)
    }
    expect([...(await verdicts(fitting))]).toEqual(fitting.length > 0 ? [true] : [])
    expect([...(await verdicts(unfitting))]).toEqual(unfitting.length > 0 ? [false] : [])
  })

  test.each([
    [
      'a loop of references',
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    ],
    ['a reference to nowhere', { $ref: '#/$defs/none' }],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema.json' }],
    ['a draft nobody knows', { $schema: 'https://example.com/draft' }],
    ['a back-reference in a pattern', { pattern: '(a)\\1' }],
    ['a pattern that is none', { pattern: '(' }],
    ['a keyword of the wrong type', { type: 'text' }],
    ['a list that is no list', { required: 'a' }],
    [
      '2 to the power of 22 ways',
      Array.from({ length: 22 }).reduce<JsonValue>((inner) => ({ anyOf: [inner, inner] }), {
        type: 'string',
      }),
    ],
  ])('%s is answered with 200 or 4xx, never 5xx', async (_, schema) => {
    const { status } = await call('POST', `${path}/validate`, {
      body: { document: { a: 1 }, schema },
    })
    expect([200, 413, 422]).toContain(status)
    const put = await call('PUT', `${path}/schema`, { body: { schema, reason } })
    expect([200, 201, 413, 422]).toContain(put.status)
  })
})
