/** Which attributes of a context flags and segments read, told from how they are written. Walks; compiles and checks nothing. */
import type { AttributeCondition, Condition, Flag, Segment, SnapshotBody } from './snapshot.ts'

/** The comparisons within a condition, as deep as conditions nest; what is none is passed over. */
export function comparisonsOf(condition: Condition | undefined, depth = 0): AttributeCondition[] {
  if (typeof condition !== 'object' || condition === null || depth > MAX_NESTING) return []
  if ('operator' in condition) return [condition]
  const { all = [], any = [], not }: Parts = condition
  return [...all, ...any, ...(not ? [not] : [])].flatMap((one) => comparisonsOf(one, depth + 1))
}

const MAX_NESTING = 6

interface Parts {
  readonly all?: readonly Condition[]
  readonly any?: readonly Condition[]
  readonly not?: Condition
}

/** What a flag or a segment compares itself, without what it refers to. */
export function conditionsOf({ rules = [], when }: Partial<Flag & Segment>): AttributeCondition[] {
  return [when, ...rules.map((rule) => rule.when)].flatMap((one) => comparisonsOf(one))
}

/** Names of the attributes that rules and segments of a body read; dotted paths as they are written. */
export function namedAttributes({
  flags,
  segments,
}: Pick<SnapshotBody, 'flags' | 'segments'>): Set<string> {
  const names = new Set<string | undefined>()
  for (const item of [...Object.values(flags), ...Object.values(segments)]) {
    for (const { attribute } of conditionsOf(item)) names.add(attribute)
    if ('rules' in item) for (const { bucketBy } of item.rules ?? []) names.add(bucketBy)
  }
  return new Set([...names].filter((name) => typeof name === 'string'))
}
