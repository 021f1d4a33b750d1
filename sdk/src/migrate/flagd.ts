/**
 * flagd: where `fractional` puts people, as `@openfeature/flagd-core` (4.0.1) has it, and its context as ours. Past ASCII
 * flagd's implementations differ among themselves (this one hashes UTF-16 units): people stay where JavaScript put them.
 */
import { FLAGD_RANGES, isInFlagdRange } from './flagd-version.ts'
import { murmur3Units } from './murmur3.ts'
import { textOf } from './text.ts'
import type { Bucketer } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'

type Members = Readonly<Record<string, unknown>>

/** Which of `parts` parts a text falls in: `floor(hash × parts / 2^32)`, exact, since either half of the hash fits a double. */
export function flagdPart(text: string, parts: number): number {
  const hash = murmur3Units(text)
  const low = Math.floor(((hash & 0xffff) * parts) / 2 ** 16)
  return Math.floor(((hash >>> 16) * parts + low) / 2 ** 16)
}

/**
 * What JsonLogic's `cat` makes of values, as flagd compiles it: "null" of what is missing. A flag's text is a list of texts and of `{attribute, fallback?}`.
 */
export function flagdText(parts: readonly unknown[], context: unknown): string {
  return parts
    .map((part) => textOf((isMembers(part) ? read(part, context) : part) ?? null))
    .join('')
}

/** `seed` is what stands before the value, for most flags their key. */
export const flagd: Bucketer = {
  bucket: (value, seed, parts) => flagdPart(seed + value, parts) / parts,
  operators: {
    /**
     * `value` is `{text, from, to, parts}`: whether `text`, put together from several attributes, is in the parts
     * `[from, to)`. Without `text` the attribute is hashed as it is, and must be a text.
     */
    inShare: (attribute, value, context) => {
      if (!isMembers(value)) return false
      const { text, from, to, parts } = value
      const hashed = Array.isArray(text) ? flagdText(text, context) : attribute
      if (typeof hashed !== 'string') return false
      const at = flagdPart(hashed, Number(parts))
      return at >= Number(from) && at < Number(to)
    },
    /** `value` is `{range, version}`, or `{range, than}` where `than` names the attribute that the attribute is compared with. */
    semVer: (attribute, value, context) => {
      if (!isMembers(value)) return false
      const { range, version, than } = value
      const known = FLAGD_RANGES.find((one) => one === range)
      const against = than === undefined ? version : read({ attribute: than }, context)
      return known !== undefined && isInFlagdRange(attribute ?? null, known, against ?? null)
    },
  },
}

/**
 * An OpenFeature context, as flagd takes it, for imported flags: `targetingKey` as the text flagd hashes, left out where
 * flagd takes it for missing. flagd overwrites `$flagd`, so it is left out too.
 */
export function contextFromFlagd(context: unknown): EvaluationContext {
  if (!isMembers(context)) return {}
  const { $flagd: _, targetingKey, ...attributes } = context
  return targetingKey ? { ...attributes, targetingKey: textOf(targetingKey) } : attributes
}

function read({ attribute, fallback }: Members, context: unknown): unknown {
  let value = context
  for (const step of String(attribute).split('.')) {
    value = isMembers(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return value ?? fallback
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
