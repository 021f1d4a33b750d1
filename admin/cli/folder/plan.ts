/**
 * A plan: exactly the operations that make a project what is declared, on which revision they were made, and a hash of both, so that what
 * is applied is what was looked at. One change set, never several: half of an intention must not be live. Pure.
 */
import { canonicalize, isJsonObject, type JsonValue, type Operation } from '#core'
import { operation as operationSchema } from '../../contract/change-set.ts'
import { BODY_LIMITS, MAX_OPERATIONS } from '../../contract/limits.ts'
import { parseWith } from '../../contract/schema.ts'
import { changesBetween, type ItemChange } from './differences.ts'
import { environmentOf, type Items, putOperation } from './items.ts'

export const PLAN_FORMAT = 1

export interface Plan {
  readonly format: typeof PLAN_FORMAT
  readonly project: string
  /** The revision it was made on. */
  readonly base: number
  /** SHA-256 of the canonical JSON of `[project, base, operations]`. */
  readonly sha256: string
  readonly operations: readonly Operation[]
}

export type Sha256 = (text: string) => string

export function createPlan(
  project: string,
  base: number,
  operations: readonly Operation[],
  sha256: Sha256,
): Plan {
  return {
    format: PLAN_FORMAT,
    project,
    base,
    sha256: hashOf(project, base, operations, sha256),
    operations,
  }
}

function hashOf(
  project: string,
  base: number,
  operations: readonly Operation[],
  sha256: Sha256,
): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- operations are JSON: the contract's schemas made them
  return sha256(canonicalize([project, base, operations as unknown as JsonValue]))
}

/** The plan in a file's JSON, or why it is none. A changed one is refused: nobody looked at what it says now. */
export function readPlan(value: JsonValue, sha256: Sha256): Plan | { readonly fault: string } {
  if (!isJsonObject(value) || value['format'] !== PLAN_FORMAT)
    return { fault: `not a plan of format ${PLAN_FORMAT}` }
  const { project, base, operations: given } = value
  if (typeof project !== 'string' || typeof base !== 'number' || !Array.isArray(given))
    return { fault: 'not a plan: project, base or operations are missing' }
  const operations: Operation[] = []
  for (const [index, one] of given.entries()) {
    const parsed = parseWith(operationSchema, one)
    if (!parsed.ok)
      return { fault: `operation ${index}: ${parsed.issues[0]?.message ?? 'not valid'}` }
    operations.push(parsed.value)
  }
  const plan = createPlan(project, base, operations, sha256)
  return plan.sha256 === value['sha256']
    ? plan
    : { fault: 'it was changed after it was made; plan again' }
}

/** Why a project cannot take this as one change set; undefined when it can. */
export function oversize(operations: readonly Operation[]): string | undefined {
  if (operations.length > MAX_OPERATIONS)
    return `${operations.length} operations are more than the ${MAX_OPERATIONS} that one change set may have; declare it in steps`
  const bytes = new TextEncoder().encode(JSON.stringify(operations)).length
  return bytes > BODY_LIMITS.source - 4096
    ? `${bytes} bytes are more than the ${BODY_LIMITS.source} that one change set may have; declare it in steps`
    : undefined
}

/** The operations that turn `before` into `after`, and the changes they make. What is declared must have been read without issues. */
export function planChanges(
  before: Items,
  after: Items,
): { readonly changes: readonly ItemChange[]; readonly operations: readonly Operation[] } {
  const changes = changesBetween(before, after)
  return { changes, operations: operationsOf(changes, after) }
}

const WRITE_ORDER = ['environment', 'segment', 'schema', 'config', 'mirror', 'flag'] as const

function operationsOf(changes: readonly ItemChange[], after: Items): Operation[] {
  const writes = changes
    .filter(({ change }) => change !== 'removed')
    .toSorted((a, b) => rankOf(a, WRITE_ORDER) - rankOf(b, WRITE_ORDER))
  const removals = changes
    .filter((one) => one.change === 'removed' && !isGoneAnyway(one, after))
    .toSorted((a, b) => rankOf(b, WRITE_ORDER) - rankOf(a, WRITE_ORDER))
  // Environments that others inherit from come first: a parent must be there when its child is made.
  const environments = writes.filter(({ ref }) => ref.kind === 'environment')
  const others = writes.filter(({ ref }) => ref.kind !== 'environment')
  return [...parentsFirst(environments), ...others].map(writeOf).concat(removals.map(removalOf))
}

/** By kind, base layers before the layers upon them. */
function rankOf({ ref }: ItemChange, order: readonly string[]): number {
  return order.indexOf(ref.kind) * 2 + (ref.layer === 'base' ? 0 : 1)
}

function parentsFirst(environments: readonly ItemChange[]): ItemChange[] {
  const sorted: ItemChange[] = []
  const byName = new Map(environments.map((one) => [one.ref.key, one]))
  const add = (one: ItemChange, below: ReadonlySet<string>): void => {
    const name = one.after?.['parent']
    const parent = typeof name === 'string' ? byName.get(name) : undefined
    if (parent !== undefined && !below.has(parent.ref.key))
      add(parent, new Set([...below, one.ref.key]))
    if (!sorted.includes(one)) sorted.push(one)
  }
  for (const one of environments) add(one, new Set([one.ref.key]))
  return sorted
}

/** A layer goes with its item and with its environment; deleting it as well would find nothing. */
function isGoneAnyway({ ref }: ItemChange, after: Items): boolean {
  const environment = environmentOf(ref)
  if (environment === undefined) return false
  return !after.has(`${ref.kind}/${ref.key}/base`) || !after.has(`environment/${environment}/base`)
}

function writeOf({ ref, change, before, after }: ItemChange): Operation {
  const put = putOperation(ref, after ?? {})
  // What is declared was read by the same schema.
  if (!put.ok) throw new TypeError(`${ref.kind} ${ref.key}: ${put.issues[0]?.message}`)
  if (ref.kind !== 'environment' || change === 'added') return put.operation
  // What is not declared any more goes; `protected` is always there.
  const removed = Object.keys(before ?? {}).filter((name) => after?.[name] === undefined)
  return {
    ...put.operation,
    ...Object.fromEntries(removed.map((name) => [name, null])),
    op: 'updateEnvironment',
    environment: ref.key,
  }
}

function removalOf({ ref }: ItemChange): Operation {
  const { kind, key } = ref
  const environment = environmentOf(ref)
  switch (kind) {
    case 'environment':
      return { op: 'deleteEnvironment', environment: key }
    case 'segment':
      return { op: 'deleteSegment', key }
    case 'mirror':
      return { op: 'deleteMirror', name: key }
    case 'schema':
      return { op: 'deleteSchema', name: key }
    case 'config':
      return environment === undefined
        ? { op: 'deleteConfig', name: key }
        : { op: 'deleteConfigOverride', name: key, environment }
    case 'flag':
      return environment === undefined
        ? { op: 'deleteFlag', key }
        : { op: 'deleteFlagEnvironment', key, environment }
    case 'secret':
      throw new TypeError(`secret ${key}: secrets are not kept in files`)
  }
}
