/** The checks over the state a whole change leaves behind: parents, references, and who still needs what is deleted. */
import { isFlagEnvironmentItem } from './flag-check.ts'
import { describeFault, findConfigFaults, isOwnFault } from './config-references.ts'
import { at, Issues, readJson } from './issues.ts'
import { describeRef, environmentLayer, layerEnvironment } from './items.ts'
import {
  checkPrerequisitesOfFlag,
  checkSegmentsOfFlag,
  checkSegmentsOfSegment,
  childrenOf,
  environmentsOfFlag,
  referrersIn,
  segmentClosure,
  segmentsOfFlag,
} from './references.ts'
import type { ItemRef } from '#core'
import type { DomainError } from './errors.ts'
import type { Items, WorkingItems, Written } from './items.ts'

/** What is wrong with the state `working` would leave; undefined when nothing is. `before` is the state it started from. */
export function findFault(working: WorkingItems, before: Items): DomainError | undefined {
  const written = [...working.written.values()]
  const inUse = findInUse(written, working.items, before)
  if (inUse !== undefined) return inUse
  const issues = new Issues()
  for (const one of written) {
    if (one.ref.kind === 'environment') checkParent(one, working.items, issues)
  }
  // A cycle of parents would make the checks below look at layers nobody gets.
  if (issues.list.length === 0) {
    checkSegments(written, working.items, issues)
    checkFlags(working, before, issues)
    checkConfigs(working, before, issues)
  }
  return issues.list.length === 0 ? undefined : { reason: 'invalid', issues: issues.list }
}

function findInUse(
  written: readonly Written[],
  items: Items,
  before: Items,
): DomainError | undefined {
  const referrers = referrersIn(items)
  for (const { ref, content } of written) {
    const { kind, key: name } = ref
    if (ref.layer !== 'base') continue
    // To snapshots an archived flag is as good as deleted.
    const isArchived = kind === 'flag' && items.flag(name)?.archived === true
    if (content !== null && !isArchived) continue
    let by: readonly string[] = []
    if (kind === 'environment') by = childrenOf(items, name).map((child) => `environment ${child}`)
    if (kind === 'segment' && before.segment(name) !== undefined) by = referrers.ofSegment(name)
    if (kind === 'flag' && before.flag(name) !== undefined) by = referrers.ofFlag(name)
    if (by.length > 0) return { reason: 'in_use', noun: kind, name, by }
  }
  return undefined
}

function checkParent(written: Written, items: Items, issues: Issues): void {
  if (written.content === null) return
  report(written, written.ref, issues, (path, found) => {
    const seen = new Set([written.ref.key])
    let parent = items.environment(written.ref.key)?.parent
    while (parent !== undefined) {
      const above = items.environment(parent)
      if (above === undefined) {
        found.add(`${path}/parent`, `environment "${parent}" does not exist`)
        return
      }
      if (seen.has(parent)) {
        found.add(`${path}/parent`, 'parents must not form a cycle')
        return
      }
      seen.add(parent)
      parent = above.parent
    }
  })
}

/** All segments once any is written: what one of them says may make a chain through others too long. */
function checkSegments(written: readonly Written[], items: Items, issues: Issues): void {
  const segments = written.filter(({ ref, content }) => ref.kind === 'segment' && content !== null)
  const [first] = segments
  if (first === undefined) return
  for (const ref of items.refs('segment')) {
    const cause = segments.find((one) => one.ref.key === ref.key) ?? first
    report(cause, ref, issues, (path, found) => {
      checkSegmentsOfSegment(items, ref.key, path, found)
    })
  }
}

function checkConfigs(working: WorkingItems, before: Items, issues: Issues): void {
  for (const fault of findConfigFaults(working, before)) {
    const { cause, config } = fault
    if (isOwnFault(fault)) issues.add(at(cause.path, 'source'), describeFault(fault))
    else issues.add(cause.path, `config ${config} ${describeFault(fault)}`)
  }
}

function checkFlags(working: WorkingItems, before: Items, issues: Issues): void {
  const { items } = working
  for (const { ref, cause, structure } of settingsToCheck(working, before)) {
    const environment = layerEnvironment(ref.layer)
    const flag = items.flag(ref.key)
    if (environment === undefined || flag === undefined) continue
    report(cause, ref, issues, (path, found) => {
      if (structure) {
        const settings = readJson(items.flagEnvironment(ref.key, environment), path, found)
        if (!isFlagEnvironmentItem(settings, flag, path, found)) return
      }
      checkSegmentsOfFlag(items, ref.key, environment, path, found)
      checkPrerequisitesOfFlag(items, ref.key, environment, path, found)
    })
  }
}

interface ToCheck {
  readonly ref: ItemRef
  /** The write that makes the check necessary. */
  readonly cause: Written
  /** Whether the settings were not yet checked against the flag as it is now: it was written, or they came unasked. */
  readonly structure: boolean
}

/** The flag settings that were written, or that stand on something that was. */
function settingsToCheck(working: WorkingItems, before: Items): Iterable<ToCheck> {
  const { items } = working
  const found = new Map<string, ToCheck>()
  const add = (key: string, environment: string, cause: Written, structure: boolean): void => {
    const id = `${key}/${environment}`
    const ref: ItemRef = { kind: 'flag', key, layer: environmentLayer(environment) }
    const own = working.written.get(`flag/${key}/${ref.layer}`)
    const known = found.get(id)
    found.set(id, {
      ref,
      cause: known?.cause ?? own ?? cause,
      structure: structure || (known?.structure ?? false),
    })
  }
  // Of those that were there before: nothing can stand on one that is new but what is written with it.
  const flags = new Map<string, Written>()
  const segments = new Map<string, Written>()
  // Environments where a chain of prerequisites grew: one that leads into it may now be too long.
  const chains = new Map<string, Written>()
  for (const written of working.written.values()) {
    const { ref, content } = written
    if (content === null) continue
    const environment = layerEnvironment(ref.layer)
    if (ref.kind === 'segment' && before.segment(ref.key) !== undefined) {
      segments.set(ref.key, written)
    }
    if (ref.kind !== 'flag') continue
    if (environment !== undefined) {
      add(ref.key, environment, written, !written.exact)
      if ('prerequisites' in content) chains.set(environment, written)
    } else {
      if (before.flag(ref.key) !== undefined) flags.set(ref.key, written)
      for (const one of environmentsOfFlag(items, ref.key)) add(ref.key, one, written, true)
    }
  }
  if (flags.size + segments.size + chains.size === 0) return found.values()
  for (const ref of items.refs('flag')) {
    const environment = layerEnvironment(ref.layer)
    if (environment === undefined) continue
    for (const { flag } of items.flagEnvironment(ref.key, environment)?.prerequisites ?? []) {
      const cause = flags.get(flag) ?? chains.get(environment)
      if (cause !== undefined) add(ref.key, environment, cause, false)
    }
    if (segments.size === 0) continue
    const asked = segmentsOfFlag(items, ref.key, environment).map(({ segment }) => segment)
    for (const segment of segmentClosure(items, asked)) {
      const cause = segments.get(segment)
      if (cause !== undefined) add(ref.key, environment, cause, false)
    }
  }
  return found.values()
}

/**
 * Runs a check of `ref` and files what it finds: below the operation that wrote `ref` when pointers lead into it, else
 * on the operation, naming the item and the place in it.
 */
function report(
  cause: Written,
  ref: ItemRef,
  issues: Issues,
  check: (path: string, found: Issues) => void,
): void {
  const own =
    cause.ref.key === ref.key && cause.ref.kind === ref.kind && cause.ref.layer === ref.layer
  if (own && cause.exact) {
    check(cause.path, issues)
    return
  }
  const found = new Issues()
  check('', found)
  for (const { path, message } of found.list) {
    const place = path === '' ? describeRef(ref) : `${describeRef(ref)}, ${path}`
    issues.add(cause.path, `${place}: ${message}`)
  }
}
