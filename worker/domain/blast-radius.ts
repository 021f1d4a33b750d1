/**
 * Which share of recent evaluations a change would answer otherwise, told from samples of them (docs/blast-radius.md; why this
 * way is in docs/design/0017). Pure: evaluates with the same core as applications, over both bodies.
 */
import {
  compile,
  conditionsOf,
  type ContextSample,
  type EvaluationContext,
  type Flag,
  hashText,
  type JsonValue,
  type Segment,
  type SnapshotBody,
} from '#core'
import { pseudonymOf } from './pseudonym.ts'

/** From one variant to another; null: the caller's fallback, or an error. */
export interface VariantMove {
  readonly from: string | null
  readonly to: string | null
  readonly samples: number
}

export interface FlagImpact {
  readonly environment: string
  readonly flag: string
  /** Evaluations there are samples of. */
  readonly samples: number
  /** Of these, how many would be answered otherwise … */
  readonly changed: number
  /** … and of how many nothing can be said. */
  readonly unknown: number
  /** Most frequent first; a move to the same name: its value is another. */
  readonly moves: readonly VariantMove[]
}

/** Of the flags that the change can reach, those with most changes first. `before` and `after` hold what a server evaluates with. */
export function blastRadius(
  before: SnapshotBody,
  after: SnapshotBody,
  samples: Iterable<ContextSample>,
  nowMs: number,
): readonly FlagImpact[] {
  const flags = new Map<string, FlagReach | null>()
  const ids = listedIds(before, after)
  const [was, is] = [compile(before), compile(after)]
  const impacts = new Map<string, Counting>()
  for (const sample of samples) {
    const { flag } = sample
    let reach = flags.get(flag)
    if (reach === undefined) {
      reach = reachOf(before, after, flag)
      flags.set(flag, reach)
    }
    if (reach === null) continue
    const impact = impacts.get(flag) ?? { samples: 0, changed: 0, unknown: 0, moves: new Map() }
    impacts.set(flag, impact)
    impact.samples++
    if (!isTold(reach, sample)) {
      impact.unknown++
      continue
    }
    const context = contextOf(sample, ids)
    const [from, to] = [was, is].map((evaluator) => {
      const { variant, value } = evaluator.details(flag, undefined, null, context, nowMs)
      return { variant: variant ?? null, value: variant === undefined ? null : value }
    })
    if (from === undefined || to === undefined || isSame(from, to)) continue
    impact.changed++
    const name = JSON.stringify([from.variant, to.variant])
    const move = impact.moves.get(name) ?? { from: from.variant, to: to.variant, samples: 0 }
    impact.moves.set(name, { ...move, samples: move.samples + 1 })
  }
  return [...impacts]
    .map(([flag, { moves, ...counts }]) => ({
      environment: after.environment,
      flag,
      ...counts,
      moves: [...moves.values()].toSorted((a, b) => b.samples - a.samples),
    }))
    .toSorted((a, b) => b.changed - a.changed)
}

interface Counting {
  samples: number
  changed: number
  unknown: number
  readonly moves: Map<string, VariantMove>
}

interface Served {
  readonly variant: string | null
  readonly value: JsonValue
}

function isSame(from: Served, to: Served): boolean {
  return from.variant === to.variant && JSON.stringify(from.value) === JSON.stringify(to.value)
}

/** What one flag goes by, before or after: with what it refers to. */
interface FlagReach {
  readonly attributes: ReadonlySet<string>
  /** It goes by something that no sample holds. */
  readonly isOpaque: boolean
}

/** Null: the change does not reach it. */
function reachOf(before: SnapshotBody, after: SnapshotBody, flag: string): FlagReach | null {
  const [was, is] = [closureOf(before, flag), closureOf(after, flag)]
  if (JSON.stringify(was) === JSON.stringify(is)) return null
  const attributes = new Set<string>()
  let isOpaque = false
  for (const { item } of [...was, ...is]) {
    for (const { attribute = 'targetingKey', operator } of conditionsOf(item)) {
      // Operators of vendors, which have a dot, may look at the whole context.
      if (operator.includes('.')) isOpaque = true
      else if (attribute !== 'targetingKey') attributes.add(attribute)
      else if (!LISTING.has(operator) && !OF_HASH.has(operator)) isOpaque = true
    }
    if (!('rules' in item)) continue
    for (const { bucketBy = 'targetingKey', bucketing } of item.rules ?? []) {
      if (bucketing !== undefined) isOpaque = true
      if (bucketBy !== 'targetingKey') attributes.add(bucketBy)
    }
  }
  return { attributes, isOpaque }
}

/** Operators that name the ids they are about. */
const LISTING: ReadonlySet<string> = new Set(['equals', 'notEquals', 'in', 'notIn'])
/** Those for which the hash of a targeting key, or that there is one, is enough. */
const OF_HASH: ReadonlySet<string> = new Set([
  'exists',
  'notExists',
  'percentage',
  'notPercentage',
  'inSegment',
  'notInSegment',
])

interface Named {
  readonly id: string
  readonly item: Flag | Segment
}

/** A flag with the flags and segments that it refers to, also through others; without what is not there. */
function closureOf({ flags, segments }: SnapshotBody, flag: string): readonly Named[] {
  const found = new Map<string, Named>()
  const add = (kind: 'flag' | 'segment', key: string): void => {
    const id = `${kind}/${key}`
    const items: Readonly<Record<string, Flag | Segment>> = kind === 'flag' ? flags : segments
    const item = Object.hasOwn(items, key) ? items[key] : undefined
    if (item === undefined || found.has(id)) return
    found.set(id, { id, item })
    for (const { operator, value } of conditionsOf(item)) {
      if (operator === 'inSegment' || operator === 'notInSegment')
        for (const other of [value].flat()) if (typeof other === 'string') add('segment', other)
    }
    if ('prerequisites' in item) for (const one of item.prerequisites ?? []) add('flag', one.flag)
  }
  add('flag', flag)
  return [...found.values()]
}

function isTold({ attributes, isOpaque }: FlagReach, sample: ContextSample): boolean {
  const { attributes: known = {}, absent = [] } = sample
  return (
    !isOpaque &&
    [...attributes].every((name) => Object.hasOwn(known, name) || absent.includes(name))
  )
}

/** Ids that flags and segments name, by their hash. */
function listedIds(...bodies: readonly SnapshotBody[]): ReadonlyMap<number, string> {
  const ids = new Map<number, string>()
  const add = (id: unknown): void => {
    if (typeof id === 'string') ids.set(hashText(id) >>> 0, id)
  }
  for (const { flags, segments } of bodies) {
    for (const { targets = {} } of Object.values(flags)) Object.values(targets).flat().forEach(add)
    for (const { ids: own = [], excludedIds = [] } of Object.values(segments)) {
      own.forEach(add)
      excludedIds.forEach(add)
    }
    for (const item of [...Object.values(flags), ...Object.values(segments)]) {
      for (const { attribute, operator, value } of conditionsOf(item)) {
        if (attribute === 'targetingKey' && LISTING.has(operator)) [value].flat().forEach(add)
      }
    }
  }
  return ids
}

/** A context that is answered as the sampled one: with the listed id of that hash, or any text of it. */
function contextOf(
  { key, attributes = {} }: ContextSample,
  ids: ReadonlyMap<number, string>,
): EvaluationContext {
  if (key === undefined) return attributes
  return { ...attributes, targetingKey: ids.get(key) ?? pseudonymOf(key) }
}
