/** Documents as environment variables. Pure. */
import { isJsonObject, type JsonValue } from '#core'

/**
 * A name for every value: the tokens that lead to it, in capitals, joined by `_`: `database.poolSize` is `DATABASE_POOL_SIZE`. A member of the
 * top whose name is a variable's name already (`HOST`) keeps it. Lists are JSON; null is not set.
 */
export function environmentFrom(document: JsonValue, prefix: string): Record<string, string> {
  const variables: Record<string, string> = {}
  const walk = (value: JsonValue, tokens: readonly string[]): void => {
    if (value === null) return
    if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value)) walk(member, [...tokens, name])
      return
    }
    if (tokens.length === 0) return
    variables[nameOf(tokens, prefix)] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  walk(document, [])
  return variables
}

function nameOf(tokens: readonly string[], prefix: string): string {
  const [only = ''] = tokens
  if (tokens.length === 1 && /^[A-Z_][A-Z0-9_]*$/.test(only)) return `${prefix}${only}`
  const words = tokens.map((token) =>
    token
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll(/[^A-Za-z0-9]+/g, '_')
      .toUpperCase(),
  )
  const name = words.join('_')
  return `${prefix}${prefix === '' && /^\d/.test(name) ? '_' : ''}${name}`
}
