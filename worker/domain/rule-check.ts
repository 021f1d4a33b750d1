/** What the rules of a flag must be: EVALUATION.md §2, §4 and §9. Total: never throws. */
import { isJsonObject, SHARE_PARTS } from '#core'
import { checkCondition } from './condition-check.ts'
import { at, isIntegerIn, isList, isObjectOf, isText, quote } from './issues.ts'
import { MAX_RULES, MAX_VARIANTS } from './limits.ts'
import { checkVariant, MAX_SEED_CHARACTERS } from './variant-check.ts'
import type { JsonObject, JsonValue } from '#core'
import type { Issues } from './issues.ts'

const MAX_RULE_ID_CHARACTERS = 128
const MAX_ATTRIBUTE_CHARACTERS = 256
const MAX_BUCKETER_CHARACTERS = 64
const MAX_FOREIGN_PARTS = 1_000_000_000
const OPTIONAL = ['when', 'seed', 'bucketBy', 'bucketing', 'startMs', 'endMs']

/** Adds an issue for everything in `value` that is not a list of rules over `variants`. */
export function checkRules(
  value: JsonValue,
  variants: ReadonlySet<string>,
  path: string,
  issues: Issues,
): void {
  if (!isList(value, path, issues, MAX_RULES)) return
  const ids = new Set<string>()
  for (const [index, rule] of value.entries()) {
    const place = at(path, index)
    if (!isObjectOf(rule, place, issues, ['id', 'serve'], OPTIONAL)) continue
    const { id } = rule
    if (isText(id, at(place, 'id'), issues, 1, MAX_RULE_ID_CHARACTERS)) {
      if (ids.has(id)) issues.add(at(place, 'id'), `${quote(id)} is already an earlier rule's id`)
      ids.add(id)
    }
    checkRule(rule, variants, place, issues)
  }
}

function checkRule(
  rule: JsonObject,
  variants: ReadonlySet<string>,
  path: string,
  issues: Issues,
): void {
  const { when, seed, bucketBy, startMs, endMs } = rule
  if (when !== undefined) checkCondition(when, at(path, 'when'), issues)
  if (seed !== undefined) isText(seed, at(path, 'seed'), issues, 1, MAX_SEED_CHARACTERS)
  if (bucketBy !== undefined) {
    isText(bucketBy, at(path, 'bucketBy'), issues, 1, MAX_ATTRIBUTE_CHARACTERS)
  }
  checkPeriod(startMs, endMs, path, issues)
  const parts = checkBucketing(rule['bucketing'], at(path, 'bucketing'), issues)
  checkServe(rule['serve'], { variants, parts }, at(path, 'serve'), issues)
}

/** What shares of the rule are counted in. Which bucketers there are, only the application knows. */
function checkBucketing(value: JsonValue | undefined, path: string, issues: Issues): number {
  if (value === undefined || !isObjectOf(value, path, issues, ['by'], ['parts'])) return SHARE_PARTS
  isText(value['by'], at(path, 'by'), issues, 1, MAX_BUCKETER_CHARACTERS)
  const { parts = SHARE_PARTS } = value
  return isIntegerIn(parts, at(path, 'parts'), issues, 1, MAX_FOREIGN_PARTS) ? parts : SHARE_PARTS
}

/** Both are optional for a rule; a ramp, which needs both, has been checked for that. */
function checkPeriod(
  startMs: JsonValue | undefined,
  endMs: JsonValue | undefined,
  path: string,
  issues: Issues,
): void {
  const start = startMs === undefined || isTime(startMs, at(path, 'startMs'), issues)
  const end = endMs === undefined || isTime(endMs, at(path, 'endMs'), issues)
  if (!start || !end || typeof startMs !== 'number' || typeof endMs !== 'number') return
  if (startMs >= endMs) issues.add(at(path, 'endMs'), 'must be later than startMs')
}

function isTime(value: JsonValue, path: string, issues: Issues): boolean {
  return isIntegerIn(value, path, issues, 0, Number.MAX_SAFE_INTEGER)
}

interface ServeScope {
  readonly variants: ReadonlySet<string>
  /** What weights are counted in. */
  readonly parts: number
}

function checkServe(
  serve: JsonValue | undefined,
  scope: ServeScope,
  path: string,
  issues: Issues,
): void {
  if (serve === undefined || !isJsonObject(serve)) {
    issues.add(path, 'must be {variant}, {split} or {ramp}')
  } else if (Object.hasOwn(serve, 'split')) {
    if (isObjectOf(serve, path, issues, ['split'])) {
      checkSplit(serve['split'], scope, at(path, 'split'), issues)
    }
  } else if (Object.hasOwn(serve, 'ramp')) {
    if (isObjectOf(serve, path, issues, ['ramp'])) {
      checkRamp(serve['ramp'], scope, at(path, 'ramp'), issues)
    }
  } else if (isObjectOf(serve, path, issues, ['variant'])) {
    checkVariant(serve['variant'], scope.variants, at(path, 'variant'), issues)
  }
}

function checkSplit(
  split: JsonValue | undefined,
  { variants, parts }: ServeScope,
  path: string,
  issues: Issues,
): void {
  if (!isList(split, path, issues, MAX_VARIANTS)) return
  if (split.length === 0) issues.add(path, 'must name at least one variant')
  let end = 0
  const taken: { readonly start: number; readonly end: number; readonly place: string }[] = []
  for (const [index, share] of split.entries()) {
    const place = at(path, index)
    if (!isObjectOf(share, place, issues, ['variant', 'weight'], ['from'])) continue
    const { variant, weight, from = end } = share
    checkVariant(variant, variants, at(place, 'variant'), issues)
    if (!isIntegerIn(weight, at(place, 'weight'), issues, 0, parts)) continue
    // Without "from" it starts where the one before ends, past the end if that is so: the sum says it.
    if (share['from'] !== undefined && !isIntegerIn(from, at(place, 'from'), issues, 0, parts))
      continue
    const start = Number(from)
    end = start + weight
    if (weight > 0) taken.push({ start, end, place })
  }
  checkPositions(taken, parts, path, issues)
}

function checkPositions(
  taken: readonly { readonly start: number; readonly end: number; readonly place: string }[],
  parts: number,
  path: string,
  issues: Issues,
): void {
  let reached = 0
  for (const { start, end, place } of taken.toSorted((a, b) => a.start - b.start)) {
    if (start < reached)
      issues.add(place, `must not overlap another position, which ends at ${reached}`)
    reached = Math.max(reached, end)
  }
  if (reached > parts) issues.add(path, `weights must sum to at most ${parts}, end at ${reached}`)
}

function checkRamp(
  ramp: JsonValue | undefined,
  { variants, parts }: ServeScope,
  path: string,
  issues: Issues,
): void {
  const members = ['variant', 'from', 'to', 'startMs', 'endMs']
  if (!isObjectOf(ramp, path, issues, members)) return
  const { variant, from, to } = ramp
  checkVariant(variant, variants, at(path, 'variant'), issues)
  const first = isIntegerIn(from, at(path, 'from'), issues, 0, parts)
  const last = isIntegerIn(to, at(path, 'to'), issues, 0, parts)
  if (first && last && from > to)
    issues.add(at(path, 'to'), 'must not be less than from: a ramp grows')
  checkPeriod(ramp['startMs'], ramp['endMs'], path, issues)
}
