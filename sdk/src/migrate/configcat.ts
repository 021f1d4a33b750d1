/**
 * ConfigCat: what flags imported by `admin/import/configcat*.ts` need to behave as under ConfigCat's JavaScript SDK (1.1):
 * its buckets (the first 7 hex digits of SHA-1, modulo 100), the conditions that ours do not equal, and its users as contexts.
 */
import type { Bucketer } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'
import { configcatCondition, configcatText } from './configcat-condition.ts'
import { sha1 } from './sha1.ts'
import { textOf } from './text.ts'

type Members = Readonly<Record<string, unknown>>

const PARTS = 100

/** Which of 100 parts a text falls in. `seed` is the setting's key. */
export function configcatPart(value: string, seed: string): number {
  const [first] = sha1(seed + value)
  return (first >>> 4) % PARTS
}

/** `seed` is the setting's key; shares are counted in 100 parts, since that is all the values it has. */
export const configcat: Bucketer = {
  bucket: (value, seed) => configcatPart(value, seed) / PARTS,
  operators: {
    /** `value` is `{c, s | d | l, salt?, is?}`: holds when the condition answers `is`, by default true, and not when it cannot be decided. */
    condition: (attribute, value) =>
      isMembers(value) && configcatCondition(attribute, value) === (value['is'] ?? true),
    /** `value` is `{seed, from, to}`: whether the attribute is in the parts `[from, to)` of 100. */
    inShare: (attribute, value) => {
      if (!isMembers(value) || attribute === undefined || attribute === null) return false
      const part = configcatPart(configcatText(attribute), textOf(value['seed']))
      return part >= Number(value['from']) && part < Number(value['to'])
    },
  },
}

const WELL_KNOWN = ['identifier', 'email', 'country', 'custom', 'targetingKey']

/**
 * A ConfigCat user, `{identifier, email?, country?, custom?}`, for imported flags: its attributes by the names ConfigCat has
 * for them (`Identifier`, `Email`, `Country`, and the custom ones), as the texts it compares and hashes, dates as dates. Of an OpenFeature
 * context `targetingKey` is the identifier, and what ConfigCat's users do not have are custom attributes. Anything else is
 * no user: rules that ask one are passed over.
 */
export function contextFromConfigCat(user: unknown): EvaluationContext {
  if (!isMembers(user)) return {}
  const { identifier, targetingKey, email, country, custom } = user
  const others = Object.entries(user).filter(([name]) => !WELL_KNOWN.includes(name))
  const own = {
    ...Object.fromEntries(others),
    ...(isMembers(custom) ? custom : {}),
    Identifier: identifier ?? targetingKey ?? '',
    Email: email,
    Country: country,
  }
  const known = Object.entries(own).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, attributeOf(value)] as const],
  )
  const attributes = Object.fromEntries(known)
  const { targetingKey: _, ...context } = attributes
  const key = configcatText(own.Identifier)
  return key === '' ? context : { ...context, targetingKey: key }
}

/** ConfigCat takes a date for no number, but for its text: only it stays what it is. */
function attributeOf(value: unknown): unknown {
  return value instanceof Date ? value : configcatText(value)
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
