/** Flags: what is the same everywhere, and the settings of one environment. EVALUATION.md §2 has the grammar. */
import type { FlagEnvironmentItem, FlagItem, Rule, Serve } from '#core'
import { isJsonObject } from '#core'
import * as v from 'valibot'
import { condition } from './condition.ts'
import {
  MAX_BUCKETING_PARTS,
  MAX_DESCRIPTION_CHARS,
  MAX_METADATA_MEMBERS,
  MAX_OWNER_CHARS,
  MAX_PREREQUISITES,
  MAX_RULES,
  MAX_SEGMENT_IDS,
  MAX_TAG_CHARS,
  MAX_TAGS,
  MAX_TEXT_CHARS,
  MAX_TIME_MS,
  MAX_VARIANTS,
  MAX_VARIANT_NAME_CHARS,
} from './limits.ts'
import {
  named,
  dictionary,
  integer,
  itemName,
  jsonValue,
  parseWith,
  reason,
  strict,
  text,
  visibility,
} from './schema.ts'

/** More than any item has. */
const MAX_PATCH_MEMBERS = 50

const variantName = text(MAX_VARIANT_NAME_CHARS)
const variantNameFault = (name: string) =>
  name.length >= 1 && name.length <= MAX_VARIANT_NAME_CHARS
    ? null
    : `a variant's name must have 1 to ${MAX_VARIANT_NAME_CHARS} characters`
const seed = text(MAX_TEXT_CHARS)
/** Parts of 100,000, or of what the rule's `bucketing` counts in; what they add up to, the domain says. */
const share = integer(0, MAX_BUCKETING_PARTS)
const time = integer(0, MAX_TIME_MS)

const variantServe = strict({ variant: variantName })
const splitServe = strict({
  split: v.pipe(
    v.array(strict({ variant: variantName, weight: share, from: v.exactOptional(share) })),
    v.minLength(1),
    v.maxLength(MAX_VARIANTS),
  ),
})
const rampServe = strict({
  ramp: v.pipe(
    strict({ variant: variantName, from: share, to: share, startMs: time, endMs: time }),
    v.check((ramp) => ramp.startMs < ramp.endMs, 'startMs must be before endMs'),
  ),
})

const serve: v.GenericSchema<Serve> = named(
  'Serve',
  v.lazy((input) => {
    if (isJsonObject(input) && Object.hasOwn(input, 'split')) return splitServe
    return isJsonObject(input) && Object.hasOwn(input, 'ramp') ? rampServe : variantServe
  }),
)

const rule: v.GenericSchema<Rule> = named(
  'Rule',
  strict({
    id: text(128),
    when: v.exactOptional(condition),
    serve,
    seed: v.exactOptional(seed),
    bucketBy: v.exactOptional(text(MAX_TEXT_CHARS)),
    bucketing: v.exactOptional(
      strict({ by: text(64), parts: v.exactOptional(integer(1, MAX_BUCKETING_PARTS)) }),
    ),
    startMs: v.exactOptional(time),
    endMs: v.exactOptional(time),
  }),
)

const flagType = v.picklist(['boolean', 'string', 'number', 'object'])

const metadata = dictionary(v.union([v.string(), v.number(), v.boolean()]), {
  max: MAX_METADATA_MEMBERS,
  name: (name) => (name.length <= MAX_TEXT_CHARS ? null : 'the name is too long'),
})

export const flagKind = v.picklist([
  'release',
  'experiment',
  'operational',
  'permission',
  'killswitch',
])
export const owner = text(MAX_OWNER_CHARS)
export const tag = text(MAX_TAG_CHARS)
export const tags = v.pipe(v.array(tag), v.maxLength(MAX_TAGS))

/** For people and tools; none of it reaches a snapshot. */
const lifecycleMembers = {
  owner: v.exactOptional(owner),
  tags: v.exactOptional(tags),
  kind: v.exactOptional(flagKind),
  temporary: v.exactOptional(v.boolean()),
  archived: v.exactOptional(v.boolean()),
}

const flagMembers = {
  type: flagType,
  variants: dictionary(jsonValue, { min: 1, max: MAX_VARIANTS, name: variantNameFault }),
  description: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))),
  offVariant: v.exactOptional(variantName),
  defaultVariant: v.exactOptional(variantName),
  metadata: v.exactOptional(metadata),
  ...lifecycleMembers,
}

/** Members of a `putFlag`: visibility defaults to `server`; without `seed` the stored one stays or a random one is made. */
export const putFlagMembers = {
  ...flagMembers,
  visibility: v.optional(visibility, 'server'),
  seed: v.exactOptional(seed),
}

/** A flag as it is stored. */
export const flagItem: v.GenericSchema<FlagItem> = named(
  'FlagItem',
  strict({
    ...flagMembers,
    visibility,
    seed,
  }),
)

export const flagEnvironmentMembers = {
  enabled: v.boolean(),
  offVariant: v.exactOptional(variantName),
  defaultVariant: v.exactOptional(variantName),
  seed: v.exactOptional(seed),
  prerequisites: v.exactOptional(
    v.pipe(
      v.array(
        strict({
          flag: itemName,
          variants: v.pipe(v.array(variantName), v.minLength(1), v.maxLength(MAX_VARIANTS)),
        }),
      ),
      v.maxLength(MAX_PREREQUISITES),
    ),
  ),
  targets: v.exactOptional(
    dictionary(v.pipe(v.array(text(MAX_TEXT_CHARS)), v.maxLength(MAX_SEGMENT_IDS)), {
      max: MAX_VARIANTS,
      name: variantNameFault,
    }),
  ),
  rules: v.exactOptional(v.pipe(v.array(rule), v.maxLength(MAX_RULES))),
}

/** A flag in one environment. */
export const flagEnvironmentItem: v.GenericSchema<FlagEnvironmentItem> = named(
  'FlagEnvironmentItem',
  strict(flagEnvironmentMembers),
)

/** A JSON Merge Patch whose top members are some of `members`; what it makes of the item is checked once it is merged. */
function patchOf(members: Readonly<Record<string, unknown>>) {
  return dictionary(jsonValue, {
    min: 1,
    max: MAX_PATCH_MEMBERS,
    name: (name) => (Object.hasOwn(members, name) ? null : 'unknown member'),
  })
}

/** The same as the body of a PATCH: the patch's members stand beside `reason`. */
export function patchBodyOf(members: Readonly<Record<string, unknown>>) {
  return v.pipe(
    patchOf({ ...members, reason }),
    v.title('MergePatch'),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const { reason: why, ...patch } = dataset.value
      const parsed = parseWith(reason, why)
      if (parsed.ok) return { reason: parsed.value, patch }
      const input = { ...dataset.value }
      for (const { message } of parsed.issues) {
        addIssue({
          message: why === undefined ? 'is missing' : message,
          path: [{ type: 'object', origin: 'value', input, key: 'reason', value: why }],
        })
      }
      return NEVER
    }),
  )
}

export const flagPatch = patchOf(putFlagMembers)
export const flagEnvironmentPatch = patchOf(flagEnvironmentMembers)
