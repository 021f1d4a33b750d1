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
import { type FlagScope, isTimestamp, spend } from './json-logic.ts'
import type { Branch, Share } from './flagd-targeting.ts'
import { Untranslatable } from './translation.ts'

/** One entry: the parts `[from, to)` have this answer. */
interface Entry<T> {
  readonly from: number
  readonly to: number
  readonly answer: T
}

interface Shares<T> {
  readonly entries: readonly Entry<T>[]
  readonly parts: number
}

type Follow<T> = (logic: JsonValue, path: string, scope: FlagScope) => T
type At = (index?: number) => string
type Branches = readonly Branch[]

/** The branches of `fractional`; whom no branch takes gets the default. */
export function branchesOfFractional(
  operands: readonly JsonValue[],
  at: At,
  scope: FlagScope,
  follow: Follow<Branches>,
): Branches {
  const lifted = liftWeight(operands)
  if (lifted) return throughLift(lifted, at(), scope, follow)
  const nobody: Branch = { when: true, serve: null, path: at() }
  const { hashed, list } = entriesOf(operands, at, scope)
  const ramp = rampOf(list, hashed, scope, follow)
  if (ramp) return [...ramp.map((serve) => ({ when: true, serve, path: at() })), nobody]
  const shares = sharesOf(
    list.map((entry) => readEntry(entry, scope, follow)),
    at(),
  )
  return shares === null ? [nobody] : [...branchesBy(hashed, shares, at()), nobody]
}

/** As a condition: whether the answer is truthy. */
export function conditionOfFractional(
  operands: readonly JsonValue[],
  at: At,
  scope: FlagScope,
  follow: Follow<Formula>,
): Formula {
  const lifted = liftWeight(operands)
  if (lifted) return throughLift(lifted, at(), scope, follow)
  const { hashed, list } = entriesOf(operands, at, scope)
  const shares = sharesOf(
    list.map((entry) => readEntry(entry, scope, follow)),
    at(),
  )
  if (shares === null) return false
  if (hashed.kind === 'known') return entryOf(hashed.text, shares)?.answer ?? false
  const { entries, parts } = shares
  return entries
    .map(({ from, to, answer }) => both(hashed.inShare({ from, to, parts }), answer))
    .reduce(either, false)
}

interface PlacedEntry {
  readonly entry: JsonValue
  readonly path: string
}

function entriesOf(operands: readonly JsonValue[], at: At, scope: FlagScope) {
  const [first] = operands
  const isNamed = first !== undefined && !isArray(first)
  const hashed = hashedOf(isNamed ? first : undefined, at(0), scope)
  const list: readonly PlacedEntry[] = operands.flatMap((entry, index) =>
    isNamed && index === 0 ? [] : [{ entry, path: at(index) }],
  )
  return { hashed, list }
}

/**
 * A weight that is an `if` of its own: `[v, {if: [c, 1, 2]}]` among others is `{if: [c, …[v, 1]…, …[v, 2]…]}`, written so
 * that the `if` comes first. Undefined where there is none.
 */
function liftWeight(operands: readonly JsonValue[]): JsonValue | undefined {
  for (const [index, entry] of operands.entries()) {
    const weight = isArray(entry) ? entry[1] : undefined
    const [name, ...others] = isJsonObject(weight ?? null) ? Object.keys(weight ?? {}) : []
    const choices = weight !== undefined && isJsonObject(weight) ? weight[name ?? ''] : undefined
    const isIf = (name === 'if' || name === '?:') && others.length === 0
    // Without an else there is no weight in that case, and flagd answers nothing.
    if (!isIf || !isArray(choices) || choices.length % 2 === 0 || !isArray(entry)) continue
    const withWeight = (chosen: JsonValue): JsonValue => ({
      fractional: operands.toSpliced(index, 1, [entry[0] ?? null, chosen]),
    })
    return {
      if: choices.map((choice, place) =>
        place % 2 === 1 || place === choices.length - 1 ? withWeight(choice) : choice,
      ),
    }
  }
  return undefined
}

/** The places of what was written anew are not those of the document. */
function throughLift<T>(lifted: JsonValue, path: string, scope: FlagScope, follow: Follow<T>): T {
  const notes = new Map<string, string>()
  try {
    const answer = follow(lifted, path, { ...scope, notes })
    for (const reason of notes.values()) scope.notes.set(path, reason)
    return answer
  } catch (error) {
    throw error instanceof Untranslatable ? new Untranslatable(path, error.message) : error
  }
}

/** A rollout by the clock: `[[on, time − A], [off, B − time]]` is a ramp of `on` from A to B, and `off` for the others. */
function rampOf(
  list: readonly PlacedEntry[],
  hashed: Hashed,
  scope: FlagScope,
  follow: Follow<Branches>,
): readonly Share[] | undefined {
  const [grows, shrinks] = list.map(({ entry }) => (isArray(entry) ? entry : []))
  const fromSec = secondsOf(grows?.[1], 1)
  const toSec = secondsOf(shrinks?.[1], 0)
  const split = hashed.kind === 'asked' ? hashed.split : undefined
  if (list.length !== 2 || fromSec === undefined || toSec === undefined || !split) return undefined
  const parts = toSec - fromSec
  const names = list.map(({ entry, path }) =>
    onlyVariant(follow((isArray(entry) ? entry[0] : null) ?? null, `${path}/0`, scope)),
  )
  const [on, off] = names
  if (on === undefined || off === undefined || split.rest.length > 0) return undefined
  if (parts <= 0 || parts > MAX_BUCKETING_PARTS || toSec > MAX_TOTAL) return undefined
  const { seed, bucketBy } = split
  const share = (variant: string): Share => ({
    seed,
    bucketBy,
    parts,
    positions: [{ variant, from: 0, weight: parts }],
  })
  return [{ ...share(on), period: { startMs: fromSec * 1000, endMs: toSec * 1000 } }, share(off)]
}

/** The whole number in a difference with the time, which is the operand that is not at `index`. */
function secondsOf(weight: JsonValue | undefined, index: 0 | 1): number | undefined {
  const operands = weight !== undefined && isJsonObject(weight) ? weight['-'] : undefined
  if (!isArray(operands) || operands.length !== 2) return undefined
  const [seconds, time] = [operands[index], operands[1 - index]]
  const isPlain = typeof seconds === 'number' && Number.isSafeInteger(seconds)
  return isPlain && time !== undefined && isTimestamp(time) ? seconds : undefined
}

interface Weighted<T> {
  readonly weight: number
  readonly answer: T
}

function readEntry<T>(
  { entry, path }: PlacedEntry,
  scope: FlagScope,
  follow: Follow<T>,
): Weighted<T> {
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
  if (typeof weight !== 'number' || !Number.isSafeInteger(weight)) {
    throw new Untranslatable(`${path}/1`, 'must be a whole number, at least 0')
  }
  // Here, and not elsewhere, flagd takes a number for the name of a variant.
  const named = typeof answer === 'number' ? String(answer) : answer
  // Less than nobody is nobody.
  return { weight: Math.max(0, weight), answer: follow(named, `${path}/0`, scope) }
}

const MAX_TOTAL = 2 ** 31 - 1

/** Null: flagd answers nothing for such weights. */
function sharesOf<T>(entries: readonly Weighted<T>[], path: string): Shares<T> | null {
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
  const placed = entries.map(({ weight, answer }) => {
    const from = to
    to += weight / unit
    return { from, to, answer }
  })
  return { entries: placed.filter((entry) => entry.from < entry.to), parts: total / unit }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

function branchesBy(hashed: Hashed, shares: Shares<Branches>, path: string): Branches {
  if (hashed.kind === 'known') return entryOf(hashed.text, shares)?.answer ?? []
  const positions: Share['positions'][number][] = []
  const others: Branch[] = []
  for (const entry of shares.entries) {
    const { from, to, answer } = entry
    const variant = hashed.split === undefined ? undefined : onlyVariant(answer)
    if (variant !== undefined) {
      positions.push({ variant, from, weight: to - from })
      continue
    }
    const inShare = hashed.inShare({ from, to, parts: shares.parts })
    others.push(...answer.map((branch) => ({ ...branch, when: both(inShare, branch.when) })))
  }
  if (hashed.split === undefined || positions.length === 0) return others
  const { seed, bucketBy, rest } = hashed.split
  const serve: Share = { seed, bucketBy, parts: shares.parts, positions }
  return [{ when: true, serve, path }, ...branchesOfRest(rest, shares, path), ...others]
}

function entryOf<T>(text: string, { entries, parts }: Shares<T>): Entry<T> | undefined {
  const part = flagdPart(text, parts)
  return entries.find(({ from, to }) => part >= from && part < to)
}

/** Whom the split passes over. */
function branchesOfRest(rest: readonly Rest[], shares: Shares<Branches>, path: string): Branches {
  const byVariant = new Map<string, Formula>()
  for (const { when, text } of rest) {
    const entry = entryOf(text, shares)
    const variant = entry === undefined ? undefined : onlyVariant(entry.answer)
    if (variant !== undefined) {
      byVariant.set(variant, either(byVariant.get(variant) ?? false, when))
    }
  }
  return [...byVariant].map(([serve, when]) => ({ when, serve, path }))
}

/** Undefined: the entry goes on deciding, or has the default, which a split may not be able to serve. */
function onlyVariant([branch, ...others]: Branches): string | undefined {
  const isPlain = others.length === 0 && branch?.when === true
  return isPlain && typeof branch.serve === 'string' ? branch.serve : undefined
}
