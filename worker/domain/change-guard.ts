/**
 * Whether a change is so large that somebody should say it is meant: what a guarded environment gets grows, shrinks or
 * changes beyond what a change usually does. Pure. Who must say so, and where, is told in docs/deployments.md.
 */
import { comparedParts, type PartPorts } from './content-parts.ts'
import type { EnvironmentItem, ItemRef } from '#core'
import type { Items } from './items.ts'

export type GuardKind = 'grows' | 'shrinks' | 'changes'

export function isGuardKind(value: unknown): value is GuardKind {
  return value === 'grows' || value === 'shrinks' || value === 'changes'
}

/** Less content than this, in characters, may grow and shrink as it likes: an example becomes a config by growing. */
export const MIN_GUARDED_SIZE = 4_096
/** Of fewer items than this, any share may change. */
export const MIN_GUARDED_ITEMS = 10

/** What an environment got and what it gets: configs as resolved, flags and segments. */
export interface ContentMeasure {
  /** Characters of canonical JSON; of a segment its bytes, which are known without reading it. */
  readonly sizeBefore: number
  readonly sizeAfter: number
  readonly itemsBefore: number
  /** Items that were added, removed, or say something else. */
  readonly itemsChanged: number
}

/** One thing that wants to be acknowledged. `grows`, `shrinks`: characters before and after. `changes`: items there were, and how many of them differ or are new. */
export interface GuardFinding {
  readonly environment: string
  readonly kind: GuardKind
  readonly before: number
  readonly after: number
}

/** `guard` of an environment; without it, whether it is protected. */
export function isGuarded(environment: EnvironmentItem | undefined): boolean {
  return environment?.guard ?? environment?.protected ?? false
}

/** Whether anything written can be in what the guard looks at; secrets and schemas are not. */
export function concernsGuard(changed: readonly ItemRef[]): boolean {
  return changed.some(({ kind }) => CONTENT.has(kind) || kind === 'environment')
}

const CONTENT: ReadonlySet<string> = new Set(['config', 'flag', 'segment'])

/** Over 1.5 times the size, under half of it, or over 30 % of the items. */
export function guardFindings(
  environment: string,
  { sizeBefore, sizeAfter, itemsBefore, itemsChanged }: ContentMeasure,
): readonly GuardFinding[] {
  const findings: GuardFinding[] = []
  if (sizeBefore >= MIN_GUARDED_SIZE) {
    const sizes = { environment, before: sizeBefore, after: sizeAfter }
    if (sizeAfter * 2 > sizeBefore * 3) findings.push({ ...sizes, kind: 'grows' })
    if (sizeAfter * 2 < sizeBefore) findings.push({ ...sizes, kind: 'shrinks' })
  }
  if (itemsBefore >= MIN_GUARDED_ITEMS && itemsChanged * 10 > itemsBefore * 3) {
    findings.push({ environment, kind: 'changes', before: itemsBefore, after: itemsChanged })
  }
  return findings
}

/** Measures what a server gets, which is all there is. One item at a time: a body may be long. */
export function measureContent(
  before: Items,
  after: Items,
  environment: string,
  ports: PartPorts,
): ContentMeasure {
  const measure = { sizeBefore: 0, sizeAfter: 0, itemsBefore: 0, itemsChanged: 0 }
  for (const { was, is } of comparedParts(before, after, environment, ports)) {
    measure.sizeBefore += was?.size ?? 0
    measure.sizeAfter += is?.size ?? 0
    if (was !== undefined) measure.itemsBefore++
    if (was?.stamp !== is?.stamp) measure.itemsChanged++
  }
  return measure
}
