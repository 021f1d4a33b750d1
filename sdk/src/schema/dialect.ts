/** The drafts of JSON Schema that are read, and where each has schemas inside a schema. */

export type Dialect = 'draft-07' | '2019-09' | '2020-12'

/** `$schema` without its trailing `#` → dialect. Draft-06 differs from draft-07 only in what it lacks. */
const DIALECTS: Readonly<Record<string, Dialect>> = {
  'http://json-schema.org/draft-06/schema': 'draft-07',
  'http://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft/2019-09/schema': '2019-09',
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
}

export const DIALECT_RULE =
  'must be a draft that is read here: draft-06, draft-07, 2019-09 or 2020-12'

/** The dialect that `$schema` names; undefined when it is not read here. `https` is taken for `http`, as many write it. */
export function dialectOf(uri: string): Dialect | undefined {
  const plain = uri.replace(/#$/, '')
  const other = plain.replace(
    /^https:\/\/json-schema.org\/draft-0/,
    'http://json-schema.org/draft-0',
  )
  return Object.hasOwn(DIALECTS, other) ? DIALECTS[other] : undefined
}

/** Keywords whose value is one schema. `items` may be a list of them too, before 2020-12. */
export const ONE: readonly string[] = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]
/** Whose value is a list of schemas. */
export const LIST: readonly string[] = ['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']
/** Whose value has schemas as members. `dependencies` may have lists of names among them. */
export const MAP: readonly string[] = [
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
]
