/**
 * One setting of ConfigCat as a flag: each of its values a variant named after itself. What other settings serve is asked in
 * rules there; here their conditions stand in its place, since ours ask other flags only before all rules.
 */
import type { Condition, FlagType, JsonObject, JsonValue, Operation, Rule } from '#core'
import { configcatPart } from '#migrate/configcat.ts'
import { MAX_CONDITION_DEPTH, MAX_RULES } from '../contract/limits.ts'
import {
  attributeAt,
  type Branch,
  type ConditionScope,
  segmentFormula,
  servesFormula,
  TYPES,
  userCondition,
  valueAt,
} from './configcat-condition.ts'
import { both, depthOf, type Formula, hasMoreParts, negated, toCondition } from './formula.ts'
import { VariantTable } from './growthbook-variants.ts'
import { elementsOf, numberAt, objectAt, present } from './json.ts'
import { RuleIds } from './rule-ids.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { Placed } from './skipped.ts'

const PARTS = 100
const MAX_SEED_CHARACTERS = 128
const MAX_VARIANTS = 200
/** Of one condition once others stand in it, and branches of a setting that others ask: references could make it endless. */
const MAX_CONDITION_PARTS = 1_000
const MAX_BRANCHES = 200
const MAX_CONDITIONS = 100

export interface SettingScope extends ConditionScope {
  readonly environment: string
  readonly segments: readonly Placed<JsonObject>[]
  /** A setting by its key. @throws Untranslatable when there is none, or it is being asked already. */
  readonly settingOf: (key: string, path: string) => Setting
}

type Value = string | number | boolean

interface Option {
  readonly value: Value
  readonly from: number
  readonly to: number
}

/** One step of a setting: under this condition, one value or shares. */
interface Step {
  readonly path: string
  readonly when: Formula
  readonly serve: Value | readonly Option[]
}

/** A setting as it was read. */
export interface Setting {
  readonly type: number
  readonly steps: readonly Step[]
  readonly rest: Value
  readonly seed: string
  /** What is hashed. */
  readonly attribute: string
  /** Whether it serves a value, for those values that were asked already. */
  readonly serves: Map<JsonValue, Formula>
}

/** @throws Untranslatable */
export function readSetting(
  key: string,
  { value: setting, path }: Placed<JsonObject>,
  scope: SettingScope,
): Setting {
  scope.skipped.addUnknown({ value: setting, path }, ['t', 'a', 'r', 'p', 'v', 'i'])
  const type = setting['t']
  if (typeof type !== 'number' || TYPES[type] === undefined) {
    throw new Untranslatable(at(path, 't'), 'must be 0 to 3, as config JSON v6 numbers the types')
  }
  if (key.length > MAX_SEED_CHARACTERS) {
    throw new Untranslatable(path, `its key has more than ${MAX_SEED_CHARACTERS} characters`)
  }
  const attribute = attributeAt(present(setting, 'a') ?? 'Identifier', at(path, 'a'))
  const rules = elementsOf(present(setting, 'r'), at(path, 'r'))
  if (rules.length > MAX_RULES) throw new Untranslatable(at(path, 'r'), `more than ${MAX_RULES}`)
  const steps = rules.map((one) => ruleStep(objectAt(one), type, scope))
  const options = optionsOf({ value: setting, path }, type, scope)
  if (options.length > 0) steps.push({ path: at(path, 'p'), when: true, serve: options })
  const rest = valueAt(setting['v'], type, at(path, 'v'))
  return { type, steps, rest, seed: key, attribute, serves: new Map() }
}

function ruleStep(placed: Placed<JsonObject>, type: number, scope: SettingScope): Step {
  const { value: rule, path } = placed
  scope.skipped.addUnknown(placed, ['c', 's', 'p'])
  const conditions = elementsOf(present(rule, 'c'), at(path, 'c'))
  if (conditions.length > MAX_CONDITIONS) {
    throw new Untranslatable(at(path, 'c'), `more than ${MAX_CONDITIONS}`)
  }
  const when = conditions.map((one) => conditionFormula(objectAt(one), scope)).reduce(both, true)
  if (hasMoreParts(when, MAX_CONDITION_PARTS)) {
    throw new Untranslatable(
      path,
      `its conditions have more than ${MAX_CONDITION_PARTS} parts once translated`,
    )
  }
  const single = present(rule, 's')
  const options = optionsOf(placed, type, scope)
  if ((single === undefined) === (options.length === 0)) {
    throw new Untranslatable(path, 'must have either "s" or "p", what it serves')
  }
  if (single === undefined) return { path, when, serve: options }
  const served = objectAt({ value: single, path: at(path, 's') })
  return { path, when, serve: valueAt(served.value['v'], type, at(served.path, 'v')) }
}

function conditionFormula(placed: Placed<JsonObject>, scope: SettingScope): Formula {
  const { value: condition, path } = placed
  const names = ['u', 'p', 's'].filter((one) => present(condition, one) !== undefined)
  const [name] = names
  if (name === undefined || names.length > 1) {
    throw new Untranslatable(path, 'must have one of "u", "p" and "s"')
  }
  scope.skipped.addUnknown(placed, [name])
  const inner = objectAt({ value: condition[name], path: at(path, name) })
  if (name === 'u') return userCondition(inner, true, scope)
  const isOpposite = inner.value['c'] === 1
  if (!isOpposite && inner.value['c'] !== 0) {
    throw new Untranslatable(at(inner.path, 'c'), 'this comparator is not known')
  }
  if (name === 's') {
    const index = inner.value['s']
    const segment = typeof index === 'number' ? scope.segments[index] : undefined
    const segmentName = segment?.value['n']
    if (segment === undefined || typeof segmentName !== 'string' || segmentName === '') {
      throw new Untranslatable(
        at(inner.path, 's'),
        'must be the index of a segment that has a name',
      )
    }
    return segmentFormula(segment, !isOpposite, { ...scope, name: segmentName })
  }
  const place = at(inner.path, 'f')
  const key = inner.value['f']
  if (typeof key !== 'string') throw new Untranslatable(place, 'must be the key of a setting')
  const other = scope.settingOf(key, place)
  const serves = servesOf(other, valueAt(inner.value['v'], other.type, at(inner.path, 'v')), place)
  return isOpposite ? negated(serves) : serves
}

function optionsOf(
  { value, path }: Placed<JsonObject>,
  type: number,
  { skipped }: SettingScope,
): readonly Option[] {
  let sum = 0
  const options = elementsOf(present(value, 'p'), at(path, 'p')).map((one) => {
    const option = objectAt(one)
    skipped.addUnknown(option, ['p', 'v', 'i'])
    const place = at(option.path, 'p')
    const percentage = numberAt(present(option.value, 'p'), place) ?? -1
    if (!Number.isSafeInteger(percentage) || percentage < 0) {
      throw new Untranslatable(place, 'must be a whole number, at least 0')
    }
    const from = Math.min(PARTS, sum)
    sum += percentage
    const to = Math.min(PARTS, sum)
    return { value: valueAt(option.value['v'], type, at(option.path, 'v')), from, to }
  })
  if (options.length > 0 && options.at(-1)?.to !== PARTS) {
    throw new Untranslatable(at(path, 'p'), 'the percentages must add up to 100')
  }
  return options
}

function servesOf(setting: Setting, value: Value, path: string): Formula {
  const known = setting.serves.get(value)
  if (known !== undefined) return known
  const branches = branchesOf(setting)
  if (branches.length > MAX_BRANCHES) {
    throw new Untranslatable(path, `this setting has more than ${MAX_BRANCHES} rules and shares`)
  }
  const serves = servesFormula(branches, value)
  setting.serves.set(value, serves)
  return serves
}

/** For other settings that ask what this one serves. */
function branchesOf({ steps, rest, seed, attribute }: Setting): readonly Branch[] {
  const branches = steps.flatMap(({ when, serve }): readonly Branch[] =>
    typeof serve === 'object'
      ? serve.flatMap(({ value, from, to }) => {
          if (from === to) return []
          const operator = 'configcat.inShare'
          return { when: both(when, { attribute, operator, value: { seed, from, to } }), value }
        })
      : [{ when, value: serve }],
  )
  return [...branches, { when: true, value: rest }]
}

/** The operations that make a flag of a setting. @throws Untranslatable */
export function flagOf(
  key: string,
  { type, steps, rest, seed, attribute }: Setting,
  { path }: Placed<JsonObject>,
  { environment }: SettingScope,
): readonly Operation[] {
  const table = new VariantTable()
  const ids = new RuleIds()
  const defaultVariant = table.add(rest)
  const rules = steps.flatMap((step): readonly Rule[] => {
    if (step.when === false) return []
    const when = toCondition(step.when)
    if (when !== undefined && depthOf(when) >= MAX_CONDITION_DEPTH) {
      throw new Untranslatable(
        step.path,
        `its conditions nest deeper than ${MAX_CONDITION_DEPTH} once translated`,
      )
    }
    const id = ids.next(undefined)
    if (typeof step.serve !== 'object') {
      return [{ id, ...whenAll([when]), serve: { variant: table.add(step.serve) } }]
    }
    const split = step.serve.map(({ value, from, to }) => ({
      variant: table.add(value),
      weight: to - from,
    }))
    // ConfigCat hashes the empty text, too; ours do not.
    const part = configcatPart('', seed)
    const forEmpty = step.serve.find(({ from, to }) => part >= from && part < to)?.value ?? rest
    const isEmpty: Condition = { attribute, operator: 'equals', value: '' }
    return [
      {
        id,
        ...whenAll([when]),
        serve: { split },
        seed,
        bucketBy: attribute,
        bucketing: { by: 'configcat', parts: PARTS },
      },
      { id: ids.make(id), ...whenAll([when, isEmpty]), serve: { variant: table.add(forEmpty) } },
    ]
  })
  if (rules.length > MAX_RULES)
    throw new Untranslatable(at(path, 'r'), `it makes more than ${MAX_RULES} rules`)
  if (table.size > MAX_VARIANTS)
    throw new Untranslatable(path, `it has more than ${MAX_VARIANTS} different values`)
  const flagType: FlagType = TYPES[type]?.[1] ?? 'string'
  const variants = Object.fromEntries<JsonValue>(table.entries)
  return [
    {
      op: 'putFlag',
      key,
      type: flagType,
      variants,
      visibility: 'server',
      seed,
      ...(key === seed ? {} : { metadata: { configcatKey: seed } }),
    },
    {
      op: 'putFlagEnvironment',
      key,
      environment,
      enabled: true,
      defaultVariant,
      ...(rules.length === 0 ? {} : { rules }),
    },
  ]
}

function whenAll(conditions: readonly (Condition | undefined)[]): { readonly when?: Condition } {
  const when = toCondition(conditions.reduce<Formula>((all, one) => both(all, one ?? true), true))
  return when === undefined ? {} : { when }
}
