/**
 * LaunchDarkly: what flags imported by `admin/import/launchdarkly*.ts` need to behave as under LaunchDarkly's Node server
 * SDK (9.13): its buckets, the clauses ours do not equal, and its contexts as ours.
 *
 * Not here: big segments, migrations, events.
 */
import { clauseHolds } from './launchdarkly-clause.ts'
import { sha1 } from './sha1.ts'
import { textOf } from './text.ts'
import type { Bucketer } from '../core/bucketer.ts'
import type { EvaluationContext } from '../core/evaluation.ts'

/**
 * Where `value` falls: a fraction in `[0, 1)`. `seed` is `<flag key>.<salt>`, or a rollout's own number as text.
 *
 * @param secondary The `secondary` of users as SDKs before 2022 hashed it; no current one does.
 */
export function launchdarklyBucket(value: string, seed: string, secondary?: string): number {
  const [first, second] = sha1(`${seed}.${value}${secondary === undefined ? '' : `.${secondary}`}`)
  // 15 hex digits are 60 bits. Rounding may reach 1, which LaunchDarkly gives to the last variation.
  const fraction = (first * 2 ** 28 + (second >>> 4)) / 2 ** 60
  return Math.min(fraction, 1 - 2 ** -53)
}

export const launchdarkly: Bucketer = {
  bucket: (value, seed) => launchdarklyBucket(value, seed),
  operators: {
    /** `value` is a clause, which names its attribute and context kind itself; it stands without an attribute. */
    clause: (_, value, context) => clauseHolds(value, context),
    /** Whether there is something to hash: a text or a whole number. `value` is not used. */
    bucketable: (attribute) => bucketable(attribute) !== undefined,
    /** `value` is `{seed, weight}`, in 100,000 parts: the share of a segment's rule. What cannot be hashed is at 0. */
    inShare: (attribute, value) => {
      const { seed, weight } = members(value)
      const text = bucketable(attribute)
      const fraction = text === undefined ? 0 : launchdarklyBucket(text, textOf(seed))
      return fraction < Number(weight) / 100_000
    },
  },
}

function bucketable(attribute: unknown): string | undefined {
  if (typeof attribute === 'string') return attribute
  return Number.isInteger(attribute) ? String(attribute) : undefined
}

const USER_FIELDS = ['name', 'ip', 'firstName', 'lastName', 'email', 'avatar', 'country']

/**
 * A LaunchDarkly context as ours: each kind is an attribute that holds its own (`user.email`, `organization.key`), and
 * `kind` lists the kinds. `targetingKey` is the user's key, else `<kind>:<key>` of the kinds there are, as LaunchDarkly
 * writes the key of a context. An object without `kind` is a user of before 2022, its `custom` attributes beside the others.
 *
 * An OpenFeature context counts as LaunchDarkly's own provider has it: `targetingKey` is the key, of a user unless `kind`
 * says another. A kind without a usable key is left out, as LaunchDarkly refuses such a context.
 */
export function contextFromLaunchDarkly(context: unknown): EvaluationContext {
  const given = members(context)
  const kinds: Record<string, unknown> = {}
  const add = (kind: string, attributes: unknown): void => {
    const { _meta: _, kind: __, targetingKey, ...own } = members(attributes)
    const key = own['key'] ?? targetingKey
    if (!/^[\w.-]+$/.test(kind) || kind === 'kind' || kind === '__proto__') return
    if (typeof key !== 'string' || key === '') return
    kinds[kind] = { ...own, key, anonymous: Boolean(own['anonymous']) }
  }
  const { kind } = given
  if (kind === undefined || kind === null) {
    add('user', Object.hasOwn(given, 'key') ? fromLegacyUser(given) : given)
  } else if (kind === 'multi') for (const [name, one] of Object.entries(given)) add(name, one)
  else if (typeof kind === 'string') add(kind, given)
  const names = Object.keys(kinds)
  return { ...kinds, kind: names, targetingKey: targetingKeyOf(kinds) }
}

function fromLegacyUser(user: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { custom, key, anonymous } = user
  const attributes: Record<string, unknown> = { ...members(custom) }
  for (const name of USER_FIELDS) attributes[name] = user[name] ?? attributes[name]
  attributes['key'] = key === undefined || key === null ? undefined : textOf(key)
  attributes['anonymous'] = anonymous ?? attributes['anonymous']
  return attributes
}

function targetingKeyOf(kinds: Readonly<Record<string, unknown>>): string | undefined {
  if (kinds['user'] !== undefined) return keyOf(kinds['user'])
  const names = Object.keys(kinds).toSorted()
  if (names.length === 0) return undefined
  return names.map((name) => `${name}:${escapeKey(keyOf(kinds[name]))}`).join(':')
}

function keyOf(kind: unknown): string {
  return textOf(members(kind)['key'])
}

function escapeKey(key: string): string {
  return key.replaceAll('%', '%25').replaceAll(':', '%3A')
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
