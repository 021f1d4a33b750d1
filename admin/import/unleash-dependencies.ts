/**
 * What an Unleash toggle depends on, as prerequisites. A parent must exist and depend on nothing itself, else Unleash
 * never switches the child on: such a child is imported off, with its rules, and listed.
 */
import { isJsonObject } from '#core'
import { at, textOf } from './skipped.ts'
import { DISABLED } from './unleash-variants.ts'
import type { JsonObject, JsonValue, Prerequisite } from '#core'
import type { SkippedList } from './skipped.ts'
import type { Toggle } from './unleash-toggle.ts'

export interface Dependencies {
  readonly prerequisites: readonly Prerequisite[]
  /** Parents that must be off: the flags `offKey` of these are needed. */
  readonly wantedOff: readonly Toggle[]
  readonly isImpossible: boolean
}

const MAX_PREREQUISITES = 100

export function dependenciesOf(
  { feature }: Toggle,
  toggles: ReadonlyMap<string, Toggle>,
  skipped: SkippedList,
): Dependencies {
  const { dependencies } = feature.value
  const place = at(feature.path, 'dependencies')
  const prerequisites: Prerequisite[] = []
  const wantedOff: Toggle[] = []
  let isImpossible = false
  const fail = (path: string, reason: string): void => {
    skipped.add(path, `${reason}; the flag is off, and would not be under Unleash's rules`)
    isImpossible = true
  }
  if (dependencies === undefined || dependencies === null) {
    return { prerequisites, wantedOff, isImpossible }
  }
  if (!Array.isArray(dependencies)) fail(place, 'must be a list')
  for (const [index, dependency] of (Array.isArray(dependencies) ? dependencies : []).entries()) {
    const path = at(place, index)
    if (!isJsonObject(dependency)) {
      fail(path, 'must be an object')
      continue
    }
    skipped.addUnknown({ value: dependency, path }, ['feature', 'enabled', 'variants'])
    const parent = toggles.get(textOf(dependency['feature']))
    if (parent === undefined) {
      fail(at(path, 'feature'), 'is not a feature of the document')
    } else if (isDependent(parent.feature.value['dependencies'])) {
      fail(at(path, 'feature'), 'this feature depends on others itself')
    } else if (dependency['enabled'] === false) {
      wantedOff.push(parent)
      prerequisites.push({ flag: parent.offKey, variants: ['on'] })
    } else {
      prerequisites.push({ flag: parent.key, variants: ['on'] })
      const chosen = variantPrerequisite(parent, dependency)
      if (chosen === 'never') fail(at(path, 'variants'), 'the feature has none of these variants')
      else if (chosen !== 'any') prerequisites.push(chosen)
    }
  }
  if (prerequisites.length > MAX_PREREQUISITES) {
    fail(place, `leads to more than ${MAX_PREREQUISITES} prerequisites`)
    return { prerequisites: [], wantedOff: [], isImpossible }
  }
  return { prerequisites, wantedOff, isImpossible }
}

function isDependent(dependencies: JsonValue | undefined): boolean {
  return Array.isArray(dependencies) ? dependencies.length > 0 : Boolean(dependencies)
}

function variantPrerequisite(
  parent: Toggle,
  { variants }: JsonObject,
): Prerequisite | 'any' | 'never' {
  if (variants === undefined || variants === null) return 'any'
  if (!Array.isArray(variants)) return 'never'
  if (variants.length === 0) return 'any'
  if (parent.variants === undefined) return variants.includes(DISABLED) ? 'any' : 'never'
  const keys = parent.variants.table.keysOf(variants)
  return keys.length === 0 ? 'never' : { flag: parent.variants.key, variants: keys }
}
