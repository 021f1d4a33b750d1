/** What the migrations of a schema must be, taken by themselves. */
import { compareSemver, parsePointer } from '#core'
import { hopsOf } from '#schema'
import { at, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { MAX_DEPTH } from './limits.ts'
import type { JsonObject, JsonValue, SchemaMigration } from '#core'
import type { Issues } from './issues.ts'

const MAX_MIGRATIONS = 100
/** In one direction of one migration; operations of one patch. */
const MAX_STEPS = 100
const MAX_VERSION_CHARACTERS = 128
const MAX_MEMBER_CHARACTERS = 1_000

/** Whether a version is one of Semantic Versioning. */
export function isVersion(value: JsonValue | undefined): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_VERSION_CHARACTERS &&
    compareSemver(value, value) !== undefined
  )
}

export const VERSION_RULE = 'must be a version of SemVer 2.0.0, such as 1.0.0'

export function isMigrationList(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & readonly SchemaMigration[] {
  return issues.passes(() => {
    if (!isList(value, path, issues, MAX_MIGRATIONS)) return
    const known = new Set<string>()
    for (const [index, migration] of value.entries()) {
      const here = at(path, index)
      if (!isMigration(migration, here, issues)) continue
      for (const { from, to } of hopsOf(migration, index)) {
        const edge = JSON.stringify([from, to])
        if (known.has(edge)) issues.add(here, `must be the only one from ${from} to ${to}`)
        known.add(edge)
      }
    }
  })
}

function isMigration(
  value: JsonValue,
  path: string,
  issues: Issues,
): value is JsonValue & SchemaMigration {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, ['from', 'to', 'up'], ['down'])) return
    const { from, to, up, down } = value
    if (!isVersion(from)) issues.add(at(path, 'from'), VERSION_RULE)
    if (!isVersion(to)) issues.add(at(path, 'to'), VERSION_RULE)
    else if (from === to) issues.add(at(path, 'to'), 'must be another version than from')
    checkSteps(up, at(path, 'up'), issues)
    if (down !== undefined) checkSteps(down, at(path, 'down'), issues)
  })
}

function checkSteps(value: JsonValue | undefined, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_STEPS)) return
  for (const [index, step] of value.entries()) checkStep(step, at(path, index), issues)
}

/** The members of each step besides `op`. */
const STEPS = {
  move: ['from', 'path'],
  rename: ['path', 'name'],
  set: ['path', 'value'],
  remove: ['path'],
  convert: ['path', 'type'],
  patch: ['patch'],
} as const

const PATCH_OPERATIONS = {
  add: ['path', 'value'],
  replace: ['path', 'value'],
  test: ['path', 'value'],
  remove: ['path'],
  move: ['from', 'path'],
  copy: ['from', 'path'],
} as const

function checkStep(step: JsonValue, path: string, issues: Issues): void {
  const members = membersOf(step, STEPS, path, issues)
  if (members === undefined) return
  const { op, name, type, patch } = members
  if (op !== 'patch') checkPointers(members, path, issues, op !== 'set' && op !== 'convert')
  if (op === 'convert') {
    isOneOf(type, at(path, 'type'), issues, ['string', 'number', 'boolean', 'list'] as const)
  }
  if (op === 'rename' && isText(name, at(path, 'name'), issues, 1, MAX_MEMBER_CHARACTERS)) {
    if (name === '__proto__') issues.add(at(path, 'name'), 'is not an allowed member name')
  }
  if (op === 'patch' && isList(patch, at(path, 'patch'), issues, MAX_STEPS)) {
    for (const [index, operation] of patch.entries()) {
      const here = at(at(path, 'patch'), index)
      const found = membersOf(operation, PATCH_OPERATIONS, here, issues)
      if (found !== undefined) checkPointers(found, here, issues, false)
    }
  }
}

/** The step, when it has an operation that is known and just the members of that. */
function membersOf(
  value: JsonValue,
  known: Readonly<Record<string, readonly string[]>>,
  path: string,
  issues: Issues,
): JsonObject | undefined {
  const any = [...new Set(Object.values(known).flat())]
  if (!isObjectOf(value, path, issues, ['op'], any)) return undefined
  const { op } = value
  if (!isOneOf(op, at(path, 'op'), issues, Object.keys(known))) return undefined
  return isObjectOf(value, path, issues, ['op', ...(known[op] ?? [])]) ? value : undefined
}

function checkPointers(
  { from, path: place }: JsonObject,
  path: string,
  issues: Issues,
  below: boolean,
): void {
  for (const [member, pointer] of [
    ['from', from],
    ['path', place],
  ] as const) {
    if (pointer === undefined) continue
    const tokens = typeof pointer === 'string' ? parsePointer(pointer) : undefined
    if (tokens === undefined) issues.add(at(path, member), 'must be a JSON pointer')
    else if (tokens.length > MAX_DEPTH) {
      issues.add(at(path, member), `must not lead deeper than ${MAX_DEPTH}`)
    } else if (tokens.includes('__proto__')) {
      issues.add(at(path, member), 'must not lead through __proto__')
    } else if (below && tokens.length === 0) {
      issues.add(at(path, member), 'must lead below the whole document')
    }
  }
}
