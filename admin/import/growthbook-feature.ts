/** One GrowthBook feature as a flag: the type and variants its values make, its rules, and what it asks of other features. */
import { RULE_MEMBERS, translateRule } from './growthbook-rule.ts'
import { mixed, parentsOf } from './growthbook-parents.ts'
import { VariantTable } from './growthbook-variants.ts'
import { RuleIds } from './rule-ids.ts'
import { elementsOf, member, objectAt, textAt } from './json.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import { typeOf } from './value-type.ts'
import type { FlagType, JsonObject, JsonValue, Operation, Prerequisite, Rule } from '#core'
import type { Parent, ParentScope } from './growthbook-parents.ts'
import type { Placed, SkippedList } from './skipped.ts'

const MAX_RULES = 100
const MAX_VARIANTS = 200
const MAX_PREREQUISITES = 100
const MAX_SEED_CHARACTERS = 128

export interface FeatureScope extends ParentScope {
  /** How many prerequisites follow each other from the flag of this key. */
  readonly depthOf: (key: string) => number
  readonly environment: string
  readonly skipped: SkippedList
}

export interface Feature extends Parent {
  readonly operations: readonly Operation[]
}

/** @throws Untranslatable */
export function translateFeature(
  name: string,
  key: string,
  { value: feature, path }: Placed<JsonObject>,
  scope: FeatureScope,
): Feature {
  const { environment, skipped, groups } = scope
  skipped.addUnknown({ value: feature, path }, ['defaultValue', 'rules'])
  const table = new VariantTable()
  let type: FlagType | undefined
  const variantOf = (value: JsonValue, place: string): string => {
    const own = typeOf(value)
    if (own === undefined) throw new Untranslatable(place, 'null cannot be served as a value')
    type ??= own
    if (own !== type) {
      throw new Untranslatable(
        place,
        `is of type ${own}, and a value before it of type ${type}: one flag has one type`,
      )
    }
    return table.add(value)
  }
  const defaultValue = member(feature, 'defaultValue') ?? null
  const defaultVariant =
    defaultValue === null ? undefined : variantOf(defaultValue, at(path, 'defaultValue'))
  const rules: Rule[] = []
  const asked = new Requirements()
  const flagSeed = name.slice(0, MAX_SEED_CHARACTERS)
  const ids = new RuleIds()
  for (const one of elementsOf(member(feature, 'rules') ?? undefined, at(path, 'rules'))) {
    const placed = objectAt(one)
    skipped.addUnknown(placed, RULE_MEMBERS)
    const parents = parentsOf(placed, scope)
    const id = ids.next(textAt(placed.value['id'] || undefined, at(placed.path, 'id')))
    asked.addGates(parents.gates, placed.path)
    if (parents.never === 'feature') {
      asked.block(placed.path, skipped)
      break
    }
    if (parents.never === 'rule') {
      skipped.add(placed.path, 'its prerequisite is never met: the rule was left out')
      continue
    }
    const rule = translateRule(placed, id, { name, flagSeed, variantOf, groups, skipped })
    if (rule === undefined) continue
    asked.addRule(parents.others, placed.path)
    rules.push(rule)
  }
  if (rules.length > MAX_RULES)
    throw new Untranslatable(at(path, 'rules'), `more than ${MAX_RULES}`)
  if (table.size > MAX_VARIANTS)
    throw new Untranslatable(path, `it has more than ${MAX_VARIANTS} different values`)
  if (type === undefined) throw new Untranslatable(path, 'it has no value but null')
  const used = asked.isBlocked ? undefined : defaultVariant
  const { prerequisites, offVariant } = asked.settle(used, path)
  const variants = Object.fromEntries(table.entries)
  const operations: readonly Operation[] = [
    {
      op: 'putFlag',
      key,
      type,
      variants,
      visibility: 'server',
      seed: flagSeed,
      ...metadataOf(name, key),
    },
    {
      op: 'putFlagEnvironment',
      key,
      environment,
      enabled: true,
      ...(used === undefined ? {} : { defaultVariant: used }),
      ...(offVariant === undefined ? {} : { offVariant }),
      ...(prerequisites.length === 0 ? {} : { prerequisites }),
      ...(rules.length === 0 ? {} : { rules }),
    },
  ]
  const canBeNull = used === undefined || (prerequisites.length > 0 && offVariant === undefined)
  const depths = prerequisites.map(({ flag }) => scope.depthOf(flag) + 1)
  return { key, variants: table.entries, canBeNull, depth: Math.max(0, ...depths), operations }
}

function metadataOf(name: string, key: string) {
  return name === key ? {} : { metadata: { growthbookName: name.slice(0, 1_000) } }
}

/** What the rules of a feature ask of other features, as prerequisites of the flag. */
class Requirements {
  #gates: readonly Prerequisite[] = []
  /** Those of the rules that serve, which must be the same for all. */
  #others: readonly Prerequisite[] | undefined
  #isBlocked = false

  /** From a gate on that is never met, nothing is served, not even the default. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  block(path: string, skipped: SkippedList): void {
    this.#isBlocked = true
    skipped.add(path, 'its prerequisite is never met: from this rule on nothing is served')
  }

  addGates(gates: readonly Prerequisite[], path: string): void {
    if (gates.length === 0) return
    // A rule before the gate may have served someone already.
    if (this.#others !== undefined) throw mixed(at(path, 'parentConditions'))
    this.#gates = [...this.#gates, ...gates]
  }

  addRule(others: readonly Prerequisite[], path: string): void {
    if (this.#others !== undefined && !isSame(this.#others, others)) {
      throw mixed(at(path, 'parentConditions'))
    }
    this.#others = others
  }

  /** A gate that is not met leaves no value; another prerequisite leaves the default. */
  settle(
    defaultVariant: string | undefined,
    path: string,
  ): { readonly prerequisites: readonly Prerequisite[]; readonly offVariant: string | undefined } {
    const others = this.#others ?? []
    const prerequisites = [...this.#gates, ...others]
    if (prerequisites.length > MAX_PREREQUISITES) {
      throw new Untranslatable(path, `it leads to more than ${MAX_PREREQUISITES} prerequisites`)
    }
    if (this.#gates.length > 0 && others.length > 0 && defaultVariant !== undefined) {
      throw mixed(at(path, 'rules'))
    }
    return { prerequisites, offVariant: others.length > 0 ? defaultVariant : undefined }
  }
}

function isSame(a: readonly Prerequisite[], b: readonly Prerequisite[]): boolean {
  return plain(a) === plain(b)
}

function plain(list: readonly Prerequisite[]): string {
  return JSON.stringify(list.map(({ flag, variants }) => ({ flag, variants })))
}
