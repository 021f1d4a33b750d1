/** The type a schema asks for at a place, for texts that are references and become what the place wants. */
import { isJsonObject } from '../core/json.ts'
import type { JsonValue } from '../core/json.ts'
import { getPointer } from '../core/pointer.ts'
import { isList } from './keywords-value.ts'

type Scalar = 'string' | 'integer' | 'number' | 'boolean'
/** As `ReferenceType` of the core. */
export type AskedType = Scalar | 'json' | `${Scalar}[]`

const MAX_STEPS = 50

/**
 * What the schema wants at `tokens`; undefined where it says nothing, or several things. Follows `properties`, `items`,
 * `allOf` and references by pointer within the schema.
 */
export function typeAt(
  schema: JsonValue,
  tokens: readonly (string | number)[],
): AskedType | undefined {
  const places = tokens.reduce<readonly JsonValue[]>(
    (found, token) => found.flatMap((one) => below(one, token)),
    spread(schema, schema, 0),
  )
  for (const place of places) {
    const type = typeOf(place, schema)
    if (type !== undefined) return type
  }
  return undefined

  function below(place: JsonValue, token: string | number): readonly JsonValue[] {
    if (!isJsonObject(place)) return []
    const { properties, additionalProperties, items, prefixItems } = place
    let inner: JsonValue | undefined
    if (typeof token === 'string') {
      const own = isJsonObject(properties) && Object.hasOwn(properties, token)
      inner = own ? properties[token] : additionalProperties
    } else {
      const list = isList(items) ? items : prefixItems
      inner = (isList(list) ? list[token] : undefined) ?? (isList(items) ? undefined : items)
    }
    return inner === undefined ? [] : spread(inner, schema, 0)
  }
}

/** A schema and those that hold beside it. */
function spread(schema: JsonValue, root: JsonValue, steps: number): readonly JsonValue[] {
  if (!isJsonObject(schema) || steps > MAX_STEPS) return []
  const { $ref: reference, allOf } = schema
  const target =
    typeof reference === 'string' && reference.startsWith('#')
      ? getPointer(root, reference.slice(1))
      : undefined
  return [
    schema,
    ...(target === undefined ? [] : spread(target, root, steps + 1)),
    ...(isList(allOf) ? allOf.flatMap((one) => spread(one, root, steps + 10)) : []),
  ]
}

function typeOf(place: JsonValue, root: JsonValue): AskedType | undefined {
  if (!isJsonObject(place)) return undefined
  const { type, items } = place
  const names = (isList(type) ? type : [type]).filter((one) => one !== 'null')
  const [only] = names
  if (names.length !== 1 || typeof only !== 'string') return undefined
  if (isScalar(only)) return only
  if (only === 'object') return 'json'
  if (only !== 'array') return undefined
  const inner = items === undefined ? [] : spread(items, root, 0)
  for (const one of inner) {
    const element = typeOf(one, root)
    if (element !== undefined && isScalar(element)) return `${element}[]`
  }
  return 'json'
}

function isScalar(type: string): type is Scalar {
  return type === 'string' || type === 'integer' || type === 'number' || type === 'boolean'
}
