/** The cases of suite-cases.ts, each under its drafts. */
import { describe, expect, test } from 'vitest'
import { isJsonObject, type JsonValue } from '../../../sdk/src/core/json.ts'
import { compileSchema } from '../../../sdk/src/schema.ts'
import { DRAFT_07, DRAFT_2020, EVERYWHERE, type SuiteCase } from './suite-cases.ts'

const DRAFTS: Readonly<Record<string, readonly SuiteCase[]>> = {
  'http://json-schema.org/draft-07/schema#': [...EVERYWHERE, ...DRAFT_07],
  'https://json-schema.org/draft/2019-09/schema': EVERYWHERE,
  'https://json-schema.org/draft/2020-12/schema': [...EVERYWHERE, ...DRAFT_2020],
}

/** A boolean schema has no place for its draft. */
function inDraft(schema: JsonValue, draft: string): JsonValue {
  return isJsonObject(schema) ? { $schema: draft, ...schema } : schema
}

describe.each(Object.entries(DRAFTS))('%s', (draft, cases) => {
  test.each(cases)('%s', (_, schema, fitting, unfitting) => {
    const compiled = compileSchema(inDraft(schema, draft))
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults))
    const fits = (document: JsonValue): boolean => compiled.schema.validate(document).length === 0
    expect(fitting.filter((document) => !fits(document))).toEqual([])
    expect(unfitting.filter(fits)).toEqual([])
  })
})
