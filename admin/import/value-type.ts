/** The type a value gives a flag. */
import type { FlagType, JsonValue } from '#core'

/** Undefined for null, which is no value of ours. */
export function typeOf(value: JsonValue): FlagType | undefined {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'number'
  return value === null ? undefined : 'object'
}
