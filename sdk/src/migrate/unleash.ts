/**
 * Unleash: what flags imported by `admin/import/unleash*.ts` need to behave as under Unleash's Node SDK (6.12): its
 * buckets, the operators ours do not equal, and its context as ours. Both sides agree on the names below by their
 * tests alone: the conformance test runs one against the other.
 *
 * Not here: impression events, metrics, custom strategies.
 */
import { isInRange, parseIpRange } from './unleash-ip.ts'
import { murmur3LowBytes } from './murmur3.ts'
import type { Bucketer, ForeignOperator } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'
import type { JsonValue } from '../core/json.ts'
import type { ContextOptions } from './options.ts'
import type { IpRange } from './unleash-ip.ts'

// Unleash hashes variants with this seed so that they do not follow the rollout.
const VARIANT_SEED = 86_028_157

/** Seeds are `<groupId>:`. Unleash counts from 1 and includes both ends; from 0 and half-open is the same people. */
function bucketWith(hashSeed: number): Bucketer['bucket'] {
  return (value, seed, parts) => (murmur3LowBytes(seed + value, hashSeed) % parts) / parts
}

const bucket = bucketWith(0)

/** Bucketer of variants: `bucketing.by` is `unleashVariant`. */
export const unleashVariant: Bucketer = { bucket: bucketWith(VARIANT_SEED) }

/** Bucketer of rollouts, and the operators `unleash.*`. */
export const unleash: Bucketer = {
  bucket,
  operators: {
    numEq: numeric((a, b) => a === b),
    numLt: numeric((a, b) => a < b),
    numLte: numeric((a, b) => a <= b),
    numGt: numeric((a, b) => a > b),
    numGte: numeric((a, b) => a >= b),
    dateBefore: dated((a, b) => a < b),
    dateAfter: dated((a, b) => a > b),
    startsWithIgnoringCase: ignoringCase((text, part) => text.startsWith(part)),
    endsWithIgnoringCase: ignoringCase((text, part) => text.endsWith(part)),
    containsIgnoringCase: ignoringCase((text, part) => text.includes(part)),
    inCidr: (attribute, value) => {
      const text = asText(attribute)
      const address = text === undefined ? undefined : parseIpRange(text)
      return address !== undefined && rangesOf(value).some((range) => isInRange(address, range))
    },
    /** `value` is `{seed, to}`: the first `to` of 100 parts. A rollout asked as a condition, where the rule serves another share. */
    rollout: (attribute, value) => {
      const text = asText(attribute)
      if (!text || !isRollout(value)) return false
      return bucket(text, value.seed, 100) < value.to / 100
    },
  },
}

function isRollout(value: unknown): value is { readonly seed: string; readonly to: number } {
  return typeof value === 'object' && value !== null && 'seed' in value && 'to' in value
}

/** Unleash compares the texts of values; `null` is as missing, and so is what has no text. */
function asText(attribute: unknown): string | undefined {
  if (attribute === undefined || attribute === null) return undefined
  try {
    // oxlint-disable-next-line typescript/no-base-to-string -- Unleash makes `[object Object]` of it too
    return String(attribute)
  } catch {
    return undefined
  }
}

function numeric(holds: (attribute: number, value: number) => boolean): ForeignOperator {
  // A missing attribute is NaN, the empty text 0, and nothing compares with NaN: as in Unleash.
  return (attribute, value) => holds(Number(asText(attribute)), Number(value))
}

function dated(holds: (attribute: number, value: number) => boolean): ForeignOperator {
  return (attribute, value) => {
    const time = attribute === undefined ? Date.now() : toDate(attribute)
    return holds(time, toDate(value))
  }
}

function toDate(value: unknown): number {
  return typeof value === 'string' || typeof value === 'number' || value instanceof Date
    ? new Date(value).getTime()
    : Number.NaN
}

function ignoringCase(holds: (text: string, part: string) => boolean): ForeignOperator {
  return (attribute, value) => {
    const text = asText(attribute)?.toLowerCase()
    if (text === undefined || !Array.isArray(value)) return false
    return value.some((part) => typeof part === 'string' && holds(text, part.toLowerCase()))
  }
}

// A flag's value is one frozen object for as long as the flag stands: read its ranges once.
const ranges = new WeakMap<object, readonly IpRange[]>()

function rangesOf(value: JsonValue): readonly IpRange[] {
  if (!Array.isArray(value)) return []
  const known = ranges.get(value)
  if (known !== undefined) return known
  const read = value.flatMap((text) => (typeof text === 'string' ? (parseIpRange(text) ?? []) : []))
  ranges.set(value, read)
  return read
}

/**
 * An Unleash context as ours. Fields and `properties` become attributes side by side, as text, the fields first; so a
 * constraint on `properties.plan` asks `plan`. `targetingKey` is the user's id, else the session's, unless there is one.
 *
 * `$unleash` holds what rules ask besides: `userId`, `sessionId` and `remoteAddress` where they are fields, `stickiness`
 * and `variantStickiness` (Unleash's two ways to take `default`), `random`, `currentTime` and `hostname`. A random
 * stickiness is drawn here, once: make a context per request, as you did for Unleash. The `appName` and `environment` that
 * Unleash's SDK took from its configuration are to be given in the context. Without `currentTime` dates are compared with
 * the clock when they are asked.
 */
export function contextFromUnleash(context: unknown, options: ContextOptions): EvaluationContext {
  const { properties, ...fields } = members(context)
  const attributes: Record<string, unknown> = {}
  for (const source of [members(properties), fields]) {
    for (const [name, value] of Object.entries(source)) {
      const text = name === '__proto__' ? undefined : asText(value)
      if (text !== undefined) attributes[name] = text
    }
  }
  const id = (name: string): string | number | undefined => {
    const value = fields[name]
    return typeof value === 'string' || (typeof value === 'number' && value) ? value : undefined
  }
  const [userId, sessionId, remoteAddress] = [id('userId'), id('sessionId'), id('remoteAddress')]
  const random = String(Math.floor(options.random() * 2 ** 32))
  const { currentTime } = fields
  const subject = userId || sessionId
  const texts = [userId, sessionId, remoteAddress].filter((one) => typeof one === 'string')
  if (subject) attributes['targetingKey'] ??= String(subject)
  attributes['$unleash'] = {
    userId,
    sessionId,
    remoteAddress,
    stickiness: String(subject || random),
    variantStickiness: texts.find(Boolean) ?? random,
    random,
    currentTime: currentTime ? toDate(currentTime) : undefined,
    hostname: options.hostname?.toLowerCase(),
  }
  return attributes
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
