/**
 * LaunchDarkly's segments. Someone who is included is in, else someone who is excluded is not, else the rules decide; ours
 * ask the excluded first, so lists of other kinds than `user` become conditions in LaunchDarkly's order.
 */
import { allOf, anyOf } from './conditions.ts'
import { elementsOf, numberAt, objectAt, present, textAt } from './json.ts'
import { attributeAt, hasKeyIn, NEVER, translateClause } from './launchdarkly-clause.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { Condition, JsonObject, JsonValue, Operation } from '#core'
import type { ClauseScope } from './launchdarkly-clause.ts'
import type { Placed } from './skipped.ts'

const MEMBERS = [
  ...'key included excluded includedContexts excludedContexts rules salt'.split(' '),
  ...'version deleted unbounded unboundedContextKind generation'.split(' '),
]
const RULE_MEMBERS = ['id', 'clauses', 'weight', 'bucketBy', 'rolloutContextKind']
const MAX_IDS = 10_000
const MAX_PARTS = 1_000
const PARTS = 100_000

/** @throws Untranslatable */
export function translateSegment(
  name: string,
  key: string,
  { value: segment, path }: Placed<JsonObject>,
  scope: ClauseScope,
): Operation {
  scope.skipped.addUnknown({ value: segment, path }, MEMBERS)
  if (segment['unbounded']) {
    throw new Untranslatable(
      at(path, 'unbounded'),
      'a big segment keeps its members outside the document',
    )
  }
  const included = keysByKind(segment, 'included', path)
  const excluded = keysByKind(segment, 'excluded', path)
  const rules = rulesOf(name, { value: segment, path }, scope)
  const others = conditionsOf(included)
  const ids = included.get('user') ?? []
  const head = { op: 'putSegment', key, visibility: 'server', ids } as const
  if (others.length > 0) {
    const out = [...conditionsOf(excluded), ...userIn(excluded)]
    return { ...head, when: anyOf([...others, unless(out, rules)]) }
  }
  const isIncluded = new Set(ids)
  const excludedIds = (excluded.get('user') ?? []).filter((id) => !isIncluded.has(id))
  return { ...head, excludedIds, when: unless(conditionsOf(excluded), rules) }
}

function unless(out: readonly Condition[], rules: Condition): Condition {
  return out.length === 0 ? rules : allOf([{ not: anyOf(out) }, rules])
}

type Keys = ReadonlyMap<string, readonly string[]>

function keysByKind(segment: JsonObject, name: 'included' | 'excluded', path: string): Keys {
  const keys = new Map<string, Set<string>>()
  const add = (kind: string, values: readonly Placed[]): void => {
    const known = keys.get(kind) ?? new Set()
    // No context has an empty key, and none that is no text.
    for (const { value } of values) if (typeof value === 'string' && value !== '') known.add(value)
    if (known.size > MAX_IDS)
      throw new Untranslatable(at(path, name), `more than ${MAX_IDS} keys of one kind`)
    keys.set(kind, known)
  }
  add('user', elementsOf(present(segment, name), at(path, name)))
  const contexts = `${name}Contexts`
  for (const one of elementsOf(present(segment, contexts), at(path, contexts))) {
    const { value: target, path: place } = objectAt(one)
    const kind = textAt(present(target, 'contextKind'), at(place, 'contextKind')) || 'user'
    add(kind, elementsOf(present(target, 'values'), at(place, 'values')))
  }
  return new Map([...keys].map(([kind, values]) => [kind, [...values]]))
}

function conditionsOf(keys: Keys): readonly Condition[] {
  return [...keys].flatMap(([kind, values]) =>
    kind === 'user' || values.length === 0 ? [] : [hasKeyIn(kind, values)],
  )
}

function userIn(keys: Keys): readonly Condition[] {
  const values = keys.get('user') ?? []
  return values.length === 0 ? [] : [hasKeyIn('user', values)]
}

/** Any of the rules. */
function rulesOf(
  name: string,
  { value: segment, path }: Placed<JsonObject>,
  scope: ClauseScope,
): Condition {
  const salt: JsonValue = present(segment, 'salt') ?? ''
  const key = textAt(present(segment, 'key'), at(path, 'key')) ?? name
  const seed = `${key}.${textAt(salt, at(path, 'salt')) ?? ''}`
  const conditions = elementsOf(present(segment, 'rules'), at(path, 'rules')).map((one) => {
    const rule = objectAt(one)
    scope.skipped.addUnknown(rule, RULE_MEMBERS)
    return ruleCondition(rule, seed, scope)
  })
  if (conditions.length > MAX_PARTS)
    throw new Untranslatable(at(path, 'rules'), `more than ${MAX_PARTS}`)
  return anyOf(conditions)
}

function ruleCondition(
  { value: rule, path }: Placed<JsonObject>,
  seed: string,
  scope: ClauseScope,
): Condition {
  const given = present(rule, 'clauses')
  if (given === undefined) return NEVER
  const place = at(path, 'clauses')
  const clauses = elementsOf(given, place).map((one) => translateClause(objectAt(one), scope))
  if (clauses.length > MAX_PARTS) throw new Untranslatable(place, `more than ${MAX_PARTS}`)
  const weight = numberAt(present(rule, 'weight'), at(path, 'weight'))
  if (weight === undefined) return allOf(clauses)
  const object = { bucketBy: 'key', ...withoutNulls(rule) }
  const attribute = attributeAt({ value: object, path }, 'bucketBy', 'rolloutContextKind')
  if (attribute === undefined) {
    throw new Untranslatable(at(path, 'bucketBy'), 'a name with a dot cannot be hashed here')
  }
  const share: Condition = {
    attribute,
    operator: 'launchdarkly.inShare',
    value: { seed, weight: Math.min(Math.max(weight, 0), PARTS) },
  }
  return allOf([...clauses, share])
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}
