/** What every operation stands on: the working copy, the place for issues, and how items are read, written and erased. */
import { isJsonObject } from '#core'
import { at, readJson } from './issues.ts'
import { BASE_LAYER, environmentLayer, layerEnvironment } from './items.ts'
import type { ItemKind, ItemRef, JsonObject, JsonValue, Operation } from '#core'
import type { Digest } from './digest.ts'
import type { DomainError, Noun } from './errors.ts'
import type { Issues } from './issues.ts'
import type { ItemContent, WorkingItems } from './items.ts'

/** What the domain cannot do by itself. */
export interface Ports {
  readonly digest: Digest
  /** A new bucketing seed, random. */
  readonly randomSeed: () => string
  /** Whether validate webhooks may lead to this computer. Default: no. */
  readonly localHooks?: boolean
}

export interface Step {
  readonly working: WorkingItems
  /** JSON pointer to the operation. */
  readonly path: string
  readonly issues: Issues
  readonly ports: Ports
}

export type OperationOf<Name extends Operation['op']> = Extract<Operation, { op: Name }>

export function baseOf(kind: ItemKind, key: string): ItemRef {
  return { kind, key, layer: BASE_LAYER }
}

export function layerOf(kind: 'config' | 'flag', key: string, environment: string): ItemRef {
  return { kind, key, layer: environmentLayer(environment) }
}

export function below(step: Step, member: string): Step {
  return { ...step, path: at(step.path, member) }
}

/** The value as JSON, undefined when it is not. Issues name the place. */
export function read(value: unknown, { path, issues }: Step): JsonValue | undefined {
  const before = issues.list.length
  const json = readJson(value, path, issues)
  return issues.list.length === before ? json : undefined
}

export function readPatch(patch: unknown, step: Step): JsonObject | undefined {
  const members = read(patch, step)
  if (members !== undefined && isJsonObject(members)) return members
  if (members !== undefined) step.issues.add(step.path, 'must be an object')
  return undefined
}

export function write(ref: ItemRef, content: ItemContent, { working, path }: Step): void {
  working.write({ ref, content, path, exact: true })
}

export function erase(ref: ItemRef, { working, path }: Step): void {
  working.write({ ref, content: null, path, exact: true })
}

export function notFound(noun: Noun, name: string, environment?: string): DomainError {
  return { reason: 'not_found', noun, name, ...(environment !== undefined && { environment }) }
}

/** A layer needs the item it is a layer of, and its environment. */
export function missingOwner(
  kind: 'config' | 'flag',
  key: string,
  environment: string,
  { working }: Step,
): DomainError | undefined {
  if (working.get(baseOf(kind, key)) === undefined) return notFound(kind, key)
  if (working.items.environment(environment) !== undefined) return undefined
  return notFound('environment', environment)
}

export function deleteOne(ref: ItemRef, noun: Noun, step: Step): DomainError | undefined {
  if (step.working.get(ref) === undefined) {
    return notFound(noun, ref.key, layerEnvironment(ref.layer))
  }
  erase(ref, step)
  return undefined
}

export function deleteAllLayers(
  kind: 'config' | 'flag' | 'segment',
  key: string,
  step: Step,
): DomainError | undefined {
  const missing = deleteOne(baseOf(kind, key), kind, step)
  if (missing !== undefined || kind === 'segment') return missing
  const schema = baseOf('schema', key)
  if (kind === 'config' && step.working.get(schema) !== undefined) erase(schema, step)
  const environments = [...step.working.refs('environment')]
  for (const environment of environments) {
    const layer = layerOf(kind, key, environment.key)
    if (step.working.get(layer) !== undefined) erase(layer, step)
  }
  return undefined
}
