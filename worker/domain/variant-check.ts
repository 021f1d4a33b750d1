/** What flags and their rules share: naming a variant. */
import { quote } from './issues.ts'
import type { JsonValue } from '#core'
import type { Issues } from './issues.ts'

export const MAX_VARIANT_CHARACTERS = 128
export const MAX_SEED_CHARACTERS = 128

/** Adds an issue when `value` is not the name of a variant of the flag. */
export function checkVariant(
  value: JsonValue | undefined,
  variants: ReadonlySet<string>,
  path: string,
  issues: Issues,
): void {
  if (typeof value !== 'string') issues.add(path, 'must be the name of a variant')
  else if (!variants.has(value)) issues.add(path, `the flag has no variant ${quote(value)}`)
}
