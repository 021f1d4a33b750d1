/**
 * Migrations between versions of a schema: which of them lead from one version to another, and what they make of a document.
 * Pure. A step whose place is not there changes nothing, since most members are optional.
 */
import { applyPatch } from '../core/diff.ts'
import { isJsonObject } from '../core/json.ts'
import {
  escapePointer,
  formatPointer,
  getMember,
  getPointer,
  parsePointer,
} from '../core/pointer.ts'
import { coerceReference } from '../core/references.ts'
import { compareSemver } from '../core/semver.ts'
import { isPlain, parseTemplate } from '../core/template.ts'
import type { ConvertedType, MigrationStep, SchemaMigration } from '../core/change-set.ts'
import type { JsonValue } from '../core/json.ts'

/** How deep a document may nest. */
const MAX_DEPTH = 32

/** UTF-16 units of JSON that the patches of a chain may copy. */
const MAX_COPIED_UNITS = 1024 * 1024

/** One migration in one direction. */
export interface Hop {
  readonly from: string
  readonly to: string
  readonly steps: readonly MigrationStep[]
  /** JSON pointer to the steps in the list of migrations. */
  readonly path: string
}

export type Migrated =
  | { readonly ok: true; readonly document: JsonValue }
  | { readonly ok: false; readonly failure: MigrationFailure }

export interface MigrationFailure {
  /** JSON pointer to the step in the list of migrations; empty: there is no chain. */
  readonly step: string
  /** JSON pointer to the place of the document; empty for a patch, whose message names it. */
  readonly pointer: string
  /** What would be right; never a value. */
  readonly message: string
}

/** `document` as version `to` has it. Undone steps are those that declare `down`. */
export function migrate(
  document: JsonValue,
  migrations: readonly SchemaMigration[],
  from: string,
  to: string,
): Migrated {
  const chain = findChain(migrations, from, to)
  if (chain !== undefined) return migrateAlong(document, chain)
  const message = `no chain of migrations leads from ${from} to ${to}`
  return { ok: false, failure: { step: '', pointer: '', message } }
}

/** The fewest hops from `from` to `to`; of several such chains the one through the lower versions. Undefined: none. */
export function findChain(
  migrations: readonly SchemaMigration[],
  from: string,
  to: string,
): readonly Hop[] | undefined {
  return shortest(migrations.flatMap(hopsOf), from, to)
}

/** The same over whatever leads from version to version. */
export function shortest<H extends { readonly from: string; readonly to: string }>(
  all: readonly H[],
  from: string,
  to: string,
): readonly H[] | undefined {
  const hops = all.toSorted((a, b) => (compareSemver(a.to, b.to) ?? 0) || (a.to < b.to ? -1 : 1))
  const chains = new Map<string, readonly H[]>([[from, []]])
  // A Map goes on to what is added while it is walked: that is the queue of a breadth-first search.
  for (const [version, chain] of chains) {
    if (version === to) return chain
    for (const hop of hops) {
      if (hop.from === version && !chains.has(hop.to)) chains.set(hop.to, [...chain, hop])
    }
  }
  return undefined
}

/** All that leads on from `version`, over however many hops: what a reader needs who may want another one. */
export function waysFrom(
  migrations: readonly SchemaMigration[],
  version: string,
): readonly Pick<Hop, 'from' | 'to' | 'steps'>[] {
  const hops = migrations.flatMap(hopsOf)
  const reached = new Set([version])
  for (const one of reached) for (const { from, to } of hops) if (from === one) reached.add(to)
  return hops
    .filter(({ from, to }) => reached.has(from) && to !== version)
    .map(({ from, to, steps }) => ({ from, to, steps }))
}

/** The directions that a migration declares. */
export function hopsOf({ from, to, up, down }: SchemaMigration, index: number): readonly Hop[] {
  const forth: Hop = { from, to, steps: up, path: `/${index}/up` }
  if (down === undefined) return [forth]
  return [forth, { from: to, to: from, steps: down, path: `/${index}/down` }]
}

export function migrateAlong(document: JsonValue, chain: readonly Hop[]): Migrated {
  let migrated = document
  const budget = { left: MAX_COPIED_UNITS }
  for (const { steps, path } of chain) {
    for (const [index, step] of steps.entries()) {
      try {
        migrated = applyStep(migrated, step, budget)
        if (isDeeper(migrated, MAX_DEPTH)) {
          throw new TypeError(`must not nest deeper than ${MAX_DEPTH}`)
        }
      } catch (error) {
        // From here and from applyPatch.
        if (!(error instanceof TypeError)) throw error
        const pointer = step.op === 'patch' ? '' : step.path
        return {
          ok: false,
          failure: {
            step: `${path}/${escapePointer(String(index))}`,
            pointer,
            message: error.message,
          },
        }
      }
    }
  }
  return { ok: true, document: migrated }
}

interface Budget {
  left: number
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1))
}

function applyStep(document: JsonValue, step: MigrationStep, budget: Budget): JsonValue {
  switch (step.op) {
    case 'move':
      return move(document, step.from, step.path)
    case 'rename':
      return move(document, step.path, renamed(step.path, step.name))
    case 'set':
      return put(document, step.path, step.value)
    case 'remove':
      return getPointer(document, step.path) === undefined ? document : remove(document, step.path)
    case 'convert': {
      const value = getPointer(document, step.path)
      return value === undefined ? document : put(document, step.path, convert(value, step.type))
    }
    case 'patch':
      return step.patch.reduce((patched, operation, index) => {
        if (operation.op === 'copy') pay(budget, getPointer(patched, operation.from))
        try {
          const next = applyPatch(patched, [operation])
          if (isDeeper(next, MAX_DEPTH)) throw new TypeError(`nests deeper than ${MAX_DEPTH}`)
          return next
        } catch (error) {
          if (!(error instanceof TypeError)) throw error
          throw new TypeError(error.message.replace('operation 0', `operation ${index}`), {
            cause: error,
          })
        }
      }, document)
    default:
      // A newer platform may know more.
      throw new TypeError('is of a kind that is not known here')
  }
}

/** Each copy of a copy is twice as long: a few dozen would fill any memory. */
function pay(budget: Budget, copied: JsonValue | undefined): void {
  budget.left -= copied === undefined ? 0 : JSON.stringify(copied).length
  if (budget.left < 0) throw new TypeError('copies too much')
}

/** Where `rename` leads. */
export function renamed(path: string, name: string): string {
  return formatPointer([...(parsePointer(path) ?? []).slice(0, -1), name])
}

function move(document: JsonValue, from: string, path: string): JsonValue {
  const value = getPointer(document, from)
  if (value === undefined || from === path) return document
  if (path.startsWith(`${from}/`)) throw new TypeError('must not be moved into itself')
  if (getPointer(document, path) !== undefined) {
    throw new TypeError(`cannot be moved to ${path}, where something is already`)
  }
  return put(withoutEmpty(remove(document, from), from), path, value)
}

function remove(document: JsonValue, path: string): JsonValue {
  return applyPatch(document, [{ op: 'remove', path }])
}

/** Objects that a move has emptied go too: schemas without additional members would refuse what is left of them. */
function withoutEmpty(document: JsonValue, moved: string): JsonValue {
  const parent = (parsePointer(moved) ?? []).slice(0, -1)
  const path = formatPointer(parent)
  const container = getPointer(document, path)
  if (parent.length === 0 || container === undefined || !isJsonObject(container)) return document
  if (Object.keys(container).length > 0) return document
  return withoutEmpty(remove(document, path), path)
}

/** Sets the value, with the objects above it that are missing. */
function put(document: JsonValue, path: string, value: JsonValue): JsonValue {
  const tokens = parsePointer(path) ?? []
  if (tokens.length === 0) return value
  let container: JsonValue = document ?? {}
  const root = container
  for (const [index, token] of tokens.entries()) {
    const here = formatPointer(tokens.slice(0, index + 1))
    if (typeof container !== 'object' || container === null) {
      throw new TypeError(`has no place: ${formatPointer(tokens.slice(0, index))} is no object`)
    }
    const member = getMember(container, token)
    if (member === undefined) {
      const wrapped = tokens
        .slice(index + 1)
        .reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value)
      return applyPatch(root, [{ op: 'add', path: here, value: wrapped }])
    }
    container = member
  }
  return applyPatch(root, [{ op: 'replace', path, value }])
}

/** The value in another type. References stay, since the schema says what they become; so does null. */
function convert(value: JsonValue, type: ConvertedType): JsonValue {
  if (value === null || isReference(value) || isOfType(value, type)) return value
  const converted = type === 'string' ? printed(value) : read(value, type)
  if (converted !== undefined) return converted
  throw new TypeError(`is no value that can become a ${type}`)
}

function isReference(value: JsonValue): boolean {
  return typeof value === 'string' && !isPlain(parseTemplate(value).template, value)
}

function isOfType(value: JsonValue, type: ConvertedType): boolean {
  return type === 'list' ? Array.isArray(value) : typeof value === type
}

/** A list's elements with commas between them, if they can be told apart again. */
function printed(value: JsonValue): string | undefined {
  if (typeof value !== 'object') return String(value)
  if (!Array.isArray(value)) return undefined
  const elements: readonly JsonValue[] = value
  const texts = elements.filter((one) => typeof one === 'string' && /^[^,[\s][^,\s]*$/.test(one))
  return texts.length === elements.length ? texts.map(String).join(',') : undefined
}

function read(value: JsonValue, type: 'number' | 'boolean' | 'list'): JsonValue | undefined {
  if (typeof value === 'string') return coerceReference(value, type === 'list' ? 'string[]' : type)
  return type === 'list' ? [value] : undefined
}
