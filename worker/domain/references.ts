/**
 * Whether what refers to something else still finds it, over the state that a change leaves behind. Only the final
 * state counts: the order of operations within one change set does not matter here.
 */
import { segmentsOf } from './condition-check.ts'
import { at, quote } from './issues.ts'
import { describeRef, layerEnvironment } from './items.ts'
import { MAX_PREREQUISITE_DEPTH, MAX_SEGMENT_DEPTH } from './limits.ts'
import type { ItemRef } from '#core'
import type { SegmentReference } from './condition-check.ts'
import type { Issues } from './issues.ts'
import type { Items } from './items.ts'

/** Segments the rules of a flag ask in an environment, with places below the settings. */
export function segmentsOfFlag(
  items: Items,
  key: string,
  environment: string,
): readonly SegmentReference[] {
  const rules = items.flagEnvironment(key, environment)?.rules ?? []
  return rules.flatMap((rule, index) =>
    rule.when === undefined ? [] : segmentsOf(rule.when, `/rules/${index}/when`),
  )
}

/** Segments a segment asks, with places below it. */
export function segmentsOfSegment(items: Items, key: string): readonly SegmentReference[] {
  const when = items.segment(key)?.when
  return when === undefined ? [] : segmentsOf(when, '/when')
}

/** `keys` and every segment they lead to, each once. Unknown ones are in it too. */
export function segmentClosure(items: Items, keys: Iterable<string>): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [...keys]
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (reached.has(key)) continue
    reached.add(key)
    for (const { segment } of segmentsOfSegment(items, key)) open.push(segment)
  }
  return reached
}

/** Adds an issue for each segment reference of a flag's settings that does not hold. */
export function checkSegmentsOfFlag(
  items: Items,
  key: string,
  environment: string,
  path: string,
  issues: Issues,
): void {
  const client = items.flag(key)?.visibility === 'client'
  for (const reference of segmentsOfFlag(items, key, environment)) {
    const place = path + reference.path
    if (items.segment(reference.segment) === undefined) {
      issues.add(place, `segment ${quote(reference.segment)} does not exist`)
    } else if (client) {
      for (const segment of segmentClosure(items, [reference.segment])) {
        if (items.segment(segment)?.visibility !== 'server') continue
        issues.add(place, `segment ${quote(segment)} must be visible to clients, as the flag is`)
      }
    }
  }
}

/** Adds an issue for each prerequisite that does not hold, or that leads back to the flag or too deep. */
export function checkPrerequisitesOfFlag(
  items: Items,
  key: string,
  environment: string,
  path: string,
  issues: Issues,
): void {
  const flag = items.flag(key)
  const prerequisites = items.flagEnvironment(key, environment)?.prerequisites ?? []
  for (const [index, prerequisite] of prerequisites.entries()) {
    const place = at(at(path, 'prerequisites'), index)
    const other = items.flag(prerequisite.flag)
    if (other === undefined) {
      issues.add(at(place, 'flag'), `flag ${quote(prerequisite.flag)} does not exist`)
      continue
    }
    if (other.archived === true) {
      issues.add(at(place, 'flag'), `flag ${quote(prerequisite.flag)} is archived`)
    }
    if (flag?.visibility === 'client' && other.visibility !== 'client') {
      const message = `flag ${quote(prerequisite.flag)} must be visible to clients, as this flag is`
      issues.add(at(place, 'flag'), message)
    }
    for (const [i, variant] of prerequisite.variants.entries()) {
      if (Object.hasOwn(other.variants, variant)) continue
      const message = `flag ${quote(prerequisite.flag)} has no variant ${quote(variant)}`
      issues.add(at(at(place, 'variants'), i), message)
    }
  }
  if (prerequisites.length === 0) return
  const fault = chainFault(key, MAX_PREREQUISITE_DEPTH, (flagKey) =>
    (items.flagEnvironment(flagKey, environment)?.prerequisites ?? []).map((one) => one.flag),
  )
  if (fault !== undefined) issues.add(at(path, 'prerequisites'), `prerequisites ${fault}`)
}

/** Adds an issue for each segment reference of a segment that does not hold, or that leads back to it or too deep. */
export function checkSegmentsOfSegment(
  items: Items,
  key: string,
  path: string,
  issues: Issues,
): void {
  for (const reference of segmentsOfSegment(items, key)) {
    if (items.segment(reference.segment) === undefined) {
      issues.add(path + reference.path, `segment ${quote(reference.segment)} does not exist`)
    }
  }
  const fault = chainFault(key, MAX_SEGMENT_DEPTH, (segment) =>
    segmentsOfSegment(items, segment).map((reference) => reference.segment),
  )
  if (fault !== undefined) issues.add(at(path, 'when'), `references between segments ${fault}`)
}

/** What is wrong with the references from `start` on: a cycle, or a chain of more than `max` references. */
function chainFault(
  start: string,
  max: number,
  next: (key: string) => readonly string[],
): string | undefined {
  // Longest chain of references below each key; null while it is being followed, which is how a cycle is met.
  const heights = new Map<string, number | null>()
  const height = (key: string, depth: number): number => {
    const known = heights.get(key)
    if (known === null) return Infinity
    if (known !== undefined) return known
    // Stops the recursion: a chain that is this long is refused however it ends.
    if (depth > max) return Infinity
    heights.set(key, null)
    let longest = 0
    for (const one of next(key)) longest = Math.max(longest, 1 + height(one, depth + 1))
    heights.set(key, longest)
    return longest
  }
  if (height(start, 0) <= max) return undefined
  return `must not form a cycle or a chain of more than ${max}`
}

/** Who refers to what in the final state, described for people. */
export interface Referrers {
  /** Flags and segments that ask the segment. */
  ofSegment(segment: string): readonly string[]
  /** Flags that have the flag as a prerequisite. */
  ofFlag(flag: string): readonly string[]
}

/** Looks at every item once, when first asked: a change may delete all of thousands of flags. */
export function referrersIn(items: Items): Referrers {
  let index: ReturnType<typeof indexReferrers> | undefined
  return {
    ofSegment: (segment) => describeAll((index ??= indexReferrers(items)).segments.get(segment)),
    ofFlag: (flag) => describeAll((index ??= indexReferrers(items)).flags.get(flag)),
  }
}

function indexReferrers(items: Items) {
  const flags = new Map<string, Set<ItemRef>>()
  const segments = new Map<string, Set<ItemRef>>()
  for (const ref of items.refs('flag')) {
    const environment = layerEnvironment(ref.layer)
    if (environment === undefined) continue
    const prerequisites = items.flagEnvironment(ref.key, environment)?.prerequisites ?? []
    for (const { flag } of prerequisites) addTo(flags, flag, ref)
    for (const { segment } of segmentsOfFlag(items, ref.key, environment)) {
      addTo(segments, segment, ref)
    }
  }
  for (const ref of items.refs('segment')) {
    for (const { segment } of segmentsOfSegment(items, ref.key)) addTo(segments, segment, ref)
  }
  return { flags, segments }
}

function addTo(index: Map<string, Set<ItemRef>>, key: string, ref: ItemRef): void {
  const known = index.get(key)
  if (known === undefined) index.set(key, new Set([ref]))
  else known.add(ref)
}

/** The environments of the final state whose parent is `environment`. */
export function childrenOf(items: Items, environment: string): readonly string[] {
  const children: string[] = []
  for (const { key } of items.refs('environment')) {
    if (items.environment(key)?.parent === environment) children.push(key)
  }
  return children.toSorted()
}

/** The settings a flag has, by environment. */
export function environmentsOfFlag(items: Items, key: string): readonly string[] {
  const found: string[] = []
  for (const { key: environment } of items.refs('environment')) {
    if (items.flagEnvironment(key, environment) !== undefined) found.push(environment)
  }
  return found
}

function describeAll(refs: Iterable<ItemRef> = []): readonly string[] {
  return [...refs].map(describeRef).toSorted().slice(0, 100)
}
