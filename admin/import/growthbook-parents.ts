/**
 * Prerequisites. In GrowthBook they stand with a rule: if one is not met, the rule is passed over, or, for a gate, the whole
 * feature has no value. Ours stand with the flag. So they carry over where either nothing is served before a gate, or
 * every rule that serves asks the same ones; anything else is refused.
 */
import { evalCondition } from '#migrate/growthbook-condition.ts'
import { checkCondition } from './growthbook-check.ts'
import { elementsOf, objectAt, textAt } from './json.ts'
import { at } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { JsonObject, JsonValue, Prerequisite } from '#core'
import type { SavedGroups } from './growthbook-groups.ts'
import type { Placed } from './skipped.ts'

const MAX_DEPTH = 10

/** What is known of another feature. */
export interface Parent {
  readonly key: string
  readonly variants: readonly (readonly [name: string, value: JsonValue])[]
  /** Whether it may serve no variant at all, which is null to those that ask. */
  readonly canBeNull: boolean
  /** How many prerequisites follow each other from here. */
  readonly depth: number
}

export interface ParentScope {
  /** The feature of that name as it was translated; null when the document has none. @throws Untranslatable */
  readonly parentOf: (name: string, path: string) => Parent | null
  readonly groups: SavedGroups
}

/** What the prerequisites of one rule come to. Those that are met whatever happens are not among them. */
export interface Asked {
  readonly gates: readonly Prerequisite[]
  readonly others: readonly Prerequisite[]
  /** One is never met: the rule, or from a gate on the whole feature, never serves. */
  readonly never?: 'rule' | 'feature'
}

export function parentsOf({ value: rule, path }: Placed<JsonObject>, scope: ParentScope): Asked {
  const gates: Prerequisite[] = []
  const others: Prerequisite[] = []
  const place = at(path, 'parentConditions')
  for (const one of elementsOf(rule['parentConditions'] ?? undefined, place)) {
    const parent = objectAt(one)
    const isGate = Boolean(parent.value['gate'])
    const answer = askParent(parent, scope)
    if (answer === 'always') continue
    // Where one before it is not met, the rule is passed over before this gate is asked.
    if (isGate && others.length > 0) throw mixed(parent.path)
    if (answer === 'never') return { gates, others, never: isGate ? 'feature' : 'rule' }
    if (isGate) gates.push(answer)
    else others.push(answer)
  }
  return { gates, others }
}

export function mixed(path: string): Untranslatable {
  return new Untranslatable(
    path,
    'a prerequisite that does not hold for all rules alike has no counterpart here',
  )
}

function askParent(
  { value: parent, path }: Placed<JsonObject>,
  { parentOf, groups }: ParentScope,
): Prerequisite | 'always' | 'never' {
  const condition = parent['condition'] ?? {}
  const name = textAt(parent['id'], at(path, 'id'))
  if (name === undefined) throw new Untranslatable(at(path, 'id'), 'must name a feature')
  const asked = new Set<string>()
  checkCondition(condition, at(path, 'condition'), asked)
  // Also refuses those whose groups cannot be read.
  const savedGroups = groups.allAskedBy(asked, at(path, 'condition'))
  const holds = (value: JsonValue): boolean => evalCondition({ value }, condition, savedGroups)
  const feature = parentOf(name, at(path, 'id'))
  if (feature === null) return holds(null) ? 'always' : 'never'
  const variants = feature.variants.filter(([, value]) => holds(value)).map(([variant]) => variant)
  const holdsForNull = feature.canBeNull && holds(null)
  if (holdsForNull && variants.length === feature.variants.length) return 'always'
  if (holdsForNull) {
    throw new Untranslatable(
      at(path, 'condition'),
      'holds where the feature has no value, which no variant is',
    )
  }
  if (variants.length === 0) return 'never'
  if (feature.depth >= MAX_DEPTH) {
    throw new Untranslatable(path, `more than ${MAX_DEPTH} prerequisites follow each other`)
  }
  return { flag: feature.key, variants }
}
