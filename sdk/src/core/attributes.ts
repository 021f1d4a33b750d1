/** Attributes of a context: how they are found, EVALUATION.md §5, and what of them is hashed. */
import type { Compiling } from './conditions.ts'
import type { Reader } from './operators.ts'
import type { Asking } from './outcome.ts'
import { isMembers, own } from './read.ts'
import type { Members } from './read.ts'

/** An attribute, and what the context of evaluation `turn` has there: rules one after the other ask for the same. */
export interface Attribute {
  readonly name: string
  /** Undefined for a name without dots. */
  readonly path: readonly string[] | undefined
  /** What is made of it, and of each element of a list. */
  readonly read: Reader | undefined
  turn: number
  value: unknown
}

export function attributeOf(name = 'targetingKey', known?: Compiling, read?: Reader): Attribute {
  const before = known?.attributes.get(name) ?? []
  const same = before.find((one) => one.read === read)
  if (same) return same
  const path = name.includes('.') ? name.split('.') : undefined
  const attribute = { name, path, read, turn: 0, value: undefined }
  known?.attributes.set(name, [...before, attribute])
  return attribute
}

export function look(attribute: Attribute, context: Members, { turn }: Asking): unknown {
  if (attribute.turn !== turn) {
    attribute.value = readAttribute(attribute, context)
    attribute.turn = turn
  }
  return attribute.value
}

/** As a member by its whole name, then, if it has dots, by path through objects. */
export function readAttribute(
  { name, path, read }: Pick<Attribute, 'name' | 'path'> & { readonly read?: Reader | undefined },
  context: Members,
): unknown {
  let value = own(context, name)
  if (value === undefined && path !== undefined) value = follow(path, context)
  return read !== undefined ? readWith(read, value) : value
}

function follow(path: readonly string[], context: Members): unknown {
  let value: unknown = context
  for (const step of path) value = isMembers(value) ? own(value, step) : undefined
  return value
}

function readWith(read: Reader, value: unknown): unknown {
  return Array.isArray(value) ? value.map(read) : read(value)
}

/** The value that is hashed: a non-empty string as it is, a finite number in its JSON form, else undefined. */
export function bucketingValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return Number.isFinite(value) ? String(value) : undefined
}
