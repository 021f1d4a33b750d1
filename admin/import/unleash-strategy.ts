/**
 * An Unleash activation strategy: the conditions under which it is asked, and the rollout it ends in. A custom strategy
 * is code that we do not have: it never matches.
 *
 * Rollouts keep Unleash's arithmetic (`bucketing.by` `unleash`), at 100 % too, so that nobody moves when it is changed.
 */
import { isJsonObject } from '#core'
import { at, textOf } from './skipped.ts'
import { MAX_ATTRIBUTE_CHARACTERS, translateConstraint } from './unleash-constraint.ts'
import type { Condition, JsonObject, JsonValue } from '#core'
import type { Placed, SkippedList } from './skipped.ts'

/** Seeds of ours have at most this many characters. */
export const MAX_SEED_CHARACTERS = 128

const MEMBERS = ['name', 'parameters', 'constraints', 'segments', 'variants']
/** Decide nothing: `featureName` and `sortOrder` have been read by then. */
const ADMINISTRATIVE = [
  'id',
  'title',
  'disabled',
  'featureName',
  'featureId',
  'environment',
  'projectId',
  'sortOrder',
  'milestoneId',
]

export interface Strategy {
  readonly conditions: readonly Condition[]
  readonly rollout?: Rollout
  readonly parameters: Placed<JsonObject>
  readonly variants: Placed<JsonValue | undefined>
}

/** The first `to` of 100 parts. */
export interface Rollout {
  readonly bucketBy: string
  readonly seed: string
  readonly to: number
}

export interface StrategyScope {
  /** Distinguishes rollouts that are random: they keep nobody anywhere. */
  readonly randomSeed: string
  /** Unleash's segment id → our segment; undefined for one that could not be read. */
  readonly segments: ReadonlyMap<unknown, string | undefined>
}

/** Undefined, and listed, when the strategy can never match. */
export function translateStrategy(
  { value: strategy, path }: Placed<unknown>,
  scope: StrategyScope,
  skipped: SkippedList,
): Strategy | undefined {
  if (!isJsonObject(strategy)) {
    skipped.add(path, 'a strategy must be an object; it never matches')
    return undefined
  }
  const placed = { value: strategy, path }
  skipped.addUnknown(placed, [...MEMBERS, ...ADMINISTRATIVE])
  if (strategy['disabled'] === true) {
    skipped.add(at(path, 'disabled'), 'the strategy is switched off; it was left out')
    return undefined
  }
  const parameters = {
    value: isJsonObject(strategy['parameters']) ? strategy['parameters'] : {},
    path: at(path, 'parameters'),
  }
  const constraints = constraintsOf(placed, skipped)
  const segments = segmentsOf(placed, scope, skipped)
  const own = ownPart(placed, parameters, scope, skipped)
  if (constraints === undefined || segments === undefined || own === undefined) return undefined
  return {
    conditions: [
      ...constraints,
      ...segments,
      ...(own.condition === undefined ? [] : [own.condition]),
    ],
    ...(own.rollout === undefined ? {} : { rollout: own.rollout }),
    parameters,
    variants: { value: strategy['variants'], path: at(path, 'variants') },
  }
}

/** All constraints of a strategy or a segment; undefined when one cannot be told. */
export function constraintsOf(
  { value, path }: Placed<JsonObject>,
  skipped: SkippedList,
): readonly Condition[] | undefined {
  const { constraints } = value
  const place = at(path, 'constraints')
  if (constraints === undefined || constraints === null) return []
  if (!Array.isArray(constraints)) {
    skipped.add(place, 'must be a list; what asks it never matches')
    return undefined
  }
  const conditions = constraints.map((constraint: unknown, i) =>
    translateConstraint({ value: constraint, path: at(place, i) }, skipped),
  )
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined
}

function segmentsOf(
  { value, path }: Placed<JsonObject>,
  scope: StrategyScope,
  skipped: SkippedList,
): readonly Condition[] | undefined {
  const { segments } = value
  const place = at(path, 'segments')
  if (segments === undefined || segments === null) return []
  if (!Array.isArray(segments)) {
    skipped.add(place, 'must be a list of segment ids; the strategy never matches')
    return undefined
  }
  const keys = segments.map((id: unknown) => scope.segments.get(id))
  const missing = keys.indexOf(undefined)
  if (missing === -1) return keys.map((key = '') => ({ operator: 'inSegment', value: key }))
  const reason = scope.segments.has(segments[missing])
    ? 'could not be read'
    : 'is not in the document'
  skipped.add(at(place, missing), `this segment ${reason}; the strategy never matches`)
  return undefined
}

interface OwnPart {
  readonly condition?: Condition
  readonly rollout?: Rollout
}

function ownPart(
  { value: strategy, path }: Placed<JsonObject>,
  { value: parameters, path: parametersPath }: Placed<JsonObject>,
  scope: StrategyScope,
  skipped: SkippedList,
): OwnPart | undefined {
  const fail = (place: string, reason: string): undefined => {
    skipped.add(place, `${reason}; the strategy never matches`)
  }
  const list = (name: string): readonly string[] | undefined => {
    const text = parameters[name] ?? ''
    if (typeof text !== 'string')
      return fail(at(parametersPath, name), 'must be a text with commas')
    return text === '' ? [] : text.split(/\s*,\s*/)
  }
  const rollout = (share: string, bucketBy: string, randomly = false): OwnPart | undefined => {
    const percentage = Number(parameters[share])
    if (!Number.isFinite(percentage)) return fail(at(parametersPath, share), 'must be a percentage')
    const groupId = textOf(parameters['groupId'])
    const seed = randomly ? scope.randomSeed : `${groupId}:`
    if (seed.length > MAX_SEED_CHARACTERS) {
      return fail(
        at(parametersPath, 'groupId'),
        `must have under ${MAX_SEED_CHARACTERS} characters`,
      )
    }
    return { rollout: { bucketBy, seed, to: Math.min(Math.max(Math.floor(percentage), 0), 100) } }
  }
  switch (textOf(strategy['name'])) {
    case 'default':
      return {}
    case 'userWithId': {
      const value = list('userIds')
      return value && { condition: { attribute: '$unleash.userId', operator: 'in', value } }
    }
    case 'remoteAddress': {
      const value = list('IPs')
      return value && { condition: remoteAddressIn(value) }
    }
    case 'applicationHostname': {
      const value = list('hostNames')?.map((name) => name.toLowerCase())
      return value && { condition: { attribute: '$unleash.hostname', operator: 'in', value } }
    }
    case 'gradualRolloutUserId':
      return rollout('percentage', '$unleash.userId')
    case 'gradualRolloutSessionId':
      return rollout('percentage', '$unleash.sessionId')
    case 'gradualRolloutRandom':
      return rollout('percentage', '$unleash.random', true)
    case 'flexibleRollout': {
      const stickiness = parameters['stickiness'] || 'default'
      if (typeof stickiness !== 'string' || stickiness.length > MAX_ATTRIBUTE_CHARACTERS) {
        return fail(at(parametersPath, 'stickiness'), 'must be the name of a context field')
      }
      if (stickiness === 'default') return rollout('rollout', '$unleash.stickiness')
      if (stickiness === 'random') return rollout('rollout', '$unleash.random', true)
      return rollout('rollout', stickiness)
    }
    default:
      return fail(at(path, 'name'), "this strategy is not one of Unleash's own")
  }
}

/** The strategy compares the text of an address, and IPv4 ranges; `IN_CIDR` came later and is wider. */
function remoteAddressIn(texts: readonly string[]): Condition {
  const attribute = '$unleash.remoteAddress'
  const ranges = texts.filter((text) => !text.includes(':') && text.includes('.'))
  const same: Condition = { attribute, operator: 'in', value: texts }
  if (ranges.length === 0) return same
  return { any: [same, { attribute, operator: 'unleash.inCidr', value: ranges }] }
}
