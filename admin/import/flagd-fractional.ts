/**
 * flagd's `fractional`: shares of people, by a text that is hashed. Where that text is one known part and then one
 * attribute, as it is for nearly every flag, the shares become one split under `bucketing: {by: 'flagd'}`. Where it is put
 * together otherwise, or where a share goes on deciding, each share becomes a condition, `flagd.inShare`.
 */
import { isJsonObject } from '#core'
import type { JsonValue } from '#core'
import { flagdPart } from '#migrate/flagd.ts'
import { MAX_BUCKETING_PARTS } from '../contract/limits.ts'
import { hashedOf, type Hashed, type Rest } from './flagd-hashed.ts'
import { both, either, type Formula } from './formula.ts'
import { isArray } from './json.ts'
import { type FlagScope, spend } from './json-logic.ts'
import type { Branch, Share } from './flagd-targeting.ts'
import { Untranslatable } from './translation.ts'

/** One entry: the parts `[from, to)` go on with `branches`. */
interface Entry {
  readonly from: number
  readonly to: number
  readonly branches: readonly Branch[]
}

interface Shares {
  readonly entries: readonly Entry[]
  readonly parts: number
}

type Follow = (logic: JsonValue, path: string, scope: FlagScope) => readonly Branch[]

/** The branches of `fractional`; whom no branch takes gets the default. */
export function branchesOfFractional(
  operands: readonly JsonValue[],
  at: (index?: number) => string,
  scope: FlagScope,
  follow: Follow,
): readonly Branch[] {
  const nobody: Branch = { when: true, serve: null, path: at() }
  const [first] = operands
  const named = first !== undefined && !isArray(first)
  const hashed = hashedOf(named ? first : undefined, at(0), scope)
  const entries = operands.flatMap((entry, index) =>
    named && index === 0 ? [] : [readEntry(entry, at(index), scope, follow)],
  )
  const shares = sharesOf(entries, at())
  return shares === null ? [nobody] : [...branchesBy(hashed, shares, at()), nobody]
}

interface Weighted {
  readonly weight: number
  readonly branches: readonly Branch[]
}

function readEntry(entry: JsonValue, path: string, scope: FlagScope, follow: Follow): Weighted {
  spend(scope, path)
  if (!isArray(entry) || entry.length === 0 || entry.length > 2) {
    throw new Untranslatable(path, 'must be a list of a variant and, if not 1, its weight')
  }
  const [answer = null, weight = 1] = entry
  if (isJsonObject(weight)) {
    throw new Untranslatable(
      `${path}/1`,
      'a weight is a number here; a ramp is what moves with time',
    )
  }
  if (typeof weight !== 'number' || !Number.isSafeInteger(weight) || weight < 0) {
    throw new Untranslatable(`${path}/1`, 'must be a whole number, at least 0')
  }
  // Here, and not elsewhere, flagd takes a number for the name of a variant.
  const named = typeof answer === 'number' ? String(answer) : answer
  return { weight, branches: follow(named, `${path}/0`, scope) }
}

const MAX_TOTAL = 2 ** 31 - 1

/** Null: flagd answers nothing for such weights. */
function sharesOf(entries: readonly Weighted[], path: string): Shares | null {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0 || total > MAX_TOTAL) return null
  // Only the proportions matter to `floor(hash × total / 2^32) < sum`.
  const unit =
    total > MAX_BUCKETING_PARTS
      ? entries.reduce((common, { weight }) => divisor(common, weight), total)
      : 1
  if (total / unit > MAX_BUCKETING_PARTS) {
    throw new Untranslatable(path, `its weights add up to more than ${MAX_BUCKETING_PARTS}`)
  }
  let to = 0
  const placed = entries.map(({ weight, branches }) => {
    const from = to
    to += weight / unit
    return { from, to, branches }
  })
  return { entries: placed.filter((entry) => entry.from < entry.to), parts: total / unit }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

function branchesBy(hashed: Hashed, shares: Shares, path: string): readonly Branch[] {
  if (hashed.kind === 'known') return entryOf(hashed.text, shares)?.branches ?? []
  const positions: Share['positions'][number][] = []
  const others: Branch[] = []
  for (const entry of shares.entries) {
    const { from, to, branches } = entry
    const variant = hashed.split === undefined ? undefined : onlyVariant(entry)
    if (variant !== undefined) {
      positions.push({ variant, from, weight: to - from })
      continue
    }
    const inShare = hashed.inShare({ from, to, parts: shares.parts })
    others.push(...branches.map((branch) => ({ ...branch, when: both(inShare, branch.when) })))
  }
  if (hashed.split === undefined || positions.length === 0) return others
  const { seed, bucketBy, rest } = hashed.split
  const serve: Share = { seed, bucketBy, parts: shares.parts, positions }
  return [{ when: true, serve, path }, ...branchesOfRest(rest, shares, path), ...others]
}

function entryOf(text: string, { entries, parts }: Shares): Entry | undefined {
  const part = flagdPart(text, parts)
  return entries.find(({ from, to }) => part >= from && part < to)
}

/** Whom the split passes over. */
function branchesOfRest(rest: readonly Rest[], shares: Shares, path: string): readonly Branch[] {
  const byVariant = new Map<string, Formula>()
  for (const { when, text } of rest) {
    const entry = entryOf(text, shares)
    const variant = entry === undefined ? undefined : onlyVariant(entry)
    if (variant !== undefined) {
      byVariant.set(variant, either(byVariant.get(variant) ?? false, when))
    }
  }
  return [...byVariant].map(([serve, when]) => ({ when, serve, path }))
}

/** Undefined: the entry goes on deciding, or has the default, which a split may not be able to serve. */
function onlyVariant({ branches: [branch, ...others] }: Entry): string | undefined {
  const isPlain = others.length === 0 && branch?.when === true
  return isPlain && typeof branch.serve === 'string' ? branch.serve : undefined
}
