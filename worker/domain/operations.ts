/** One operation: what it writes to the working copy, or why not. A shape that is wrong is an issue and writes nothing. */
import { equalJson, isJsonObject } from '#core'
import { isConfigItem, isConfigOverrideItem, oversizeSource } from './config-check.ts'
import { isEnvironmentItem } from './environment-check.ts'
import { isFlagEnvironmentItem, isFlagItem } from './flag-check.ts'
import { at, readJson } from './issues.ts'
import { patchSource } from './source-patch.ts'
import { BASE_LAYER, environmentLayer, layerEnvironment } from './items.ts'
import { MAX_CONFIG_BYTES } from './limits.ts'
import { mergePatch } from './merge-patch.ts'
import { migrateConfig } from './migrate-config.ts'
import { findChain } from './migration.ts'
import { ENVIRONMENT_NAME_RULE, isEnvironmentName, isItemName, ITEM_NAME_RULE } from './names.ts'
import { isMirrorItem } from './mirror-check.ts'
import { isSchemaItem, MAX_SCHEMA_BYTES, nextVersion, oversizeSchema } from './schema-check.ts'
import { isSegmentItem } from './segment-check.ts'
import type { ItemKind, ItemRef, JsonObject, JsonValue, Operation, SchemaItem } from '#core'
import type { Digest } from './digest.ts'
import type { DomainError, Noun } from './errors.ts'
import type { Issues } from './issues.ts'
import type { ItemContent, WorkingItems } from './items.ts'

/** What the domain cannot do by itself. */
export interface Ports {
  readonly digest: Digest
  /** A new bucketing seed, random. */
  readonly randomSeed: () => string
}

interface Step {
  readonly working: WorkingItems
  /** JSON pointer to the operation. */
  readonly path: string
  readonly issues: Issues
  readonly ports: Ports
}

type OperationOf<Name extends Operation['op']> = Extract<Operation, { op: Name }>

/** Applies `operation`. Returns what ends the whole change at once; shapes that are wrong go to `issues`. */
export function applyOperation(operation: Operation, step: Step): DomainError | undefined {
  if (!step.issues.passes(() => checkNames(operation, step))) return undefined
  switch (operation.op) {
    case 'createEnvironment':
      return createEnvironment(operation, step)
    case 'updateEnvironment':
      return updateEnvironment(operation, step)
    case 'deleteEnvironment':
      return deleteEnvironment(operation.environment, step)
    case 'putConfig':
      return putConfig(operation, step)
    case 'putConfigOverride':
      return putConfigOverride(operation, step)
    case 'patchConfig':
      return patchConfig(operation, step)
    case 'patchConfigOverride':
      return patchConfigOverride(operation, step)
    case 'putFlag':
      return putFlag(operation, step)
    case 'patchFlag':
      return patchFlag(operation, step)
    case 'putFlagEnvironment':
      return putFlagEnvironment(operation, step)
    case 'patchFlagEnvironment':
      return patchFlagEnvironment(operation, step)
    case 'putSegment':
      return putSegment(operation, step)
    case 'putSchema':
      return putSchema(operation, step)
    case 'putMirror': {
      const { op: _, name, ...item } = operation
      const content = read(item, step)
      if (isMirrorItem(content, step.path, step.issues)) {
        write(baseOf('mirror', name), content, step)
      }
      return undefined
    }
    case 'deleteMirror':
      return deleteOne(baseOf('mirror', operation.name), 'mirror', step)
    case 'deleteSchema':
      return deleteOne(baseOf('schema', operation.name), 'schema', step)
    case 'deleteConfig':
      return deleteAllLayers('config', operation.name, step)
    case 'deleteFlag':
      return deleteAllLayers('flag', operation.key, step)
    case 'deleteSegment':
      return deleteAllLayers('segment', operation.key, step)
    case 'deleteConfigOverride': {
      const { name, environment } = operation
      return deleteOne(layerOf('config', name, environment), 'override', step)
    }
    case 'deleteFlagEnvironment': {
      const { key, environment } = operation
      return deleteOne(layerOf('flag', key, environment), 'flag', step)
    }
    default:
      return unknownOperation(operation, step)
  }
}

function unknownOperation(_: never, { path, issues }: Step): undefined {
  issues.add(at(path, 'op'), 'is not a known operation')
}

function checkNames(operation: Operation, { path, issues }: Step): void {
  if ('environment' in operation && !isEnvironmentName(operation.environment)) {
    issues.add(at(path, 'environment'), ENVIRONMENT_NAME_RULE)
  }
  if ('name' in operation && !isItemName(operation.name)) {
    issues.add(at(path, 'name'), ITEM_NAME_RULE)
  }
  if ('key' in operation && !isItemName(operation.key)) {
    issues.add(at(path, 'key'), ITEM_NAME_RULE)
  }
}

// Environments

function createEnvironment(
  operation: OperationOf<'createEnvironment'>,
  step: Step,
): DomainError | undefined {
  const { op: _, environment, ...item } = operation
  const ref = baseOf('environment', environment)
  if (step.working.get(ref) !== undefined) {
    return { reason: 'already_exists', noun: 'environment', name: environment }
  }
  putEnvironment(ref, { ...item, protected: item.protected ?? false }, step)
  return undefined
}

function updateEnvironment(
  operation: OperationOf<'updateEnvironment'>,
  step: Step,
): DomainError | undefined {
  const { op: _, environment, ...patch } = operation
  const ref = baseOf('environment', environment)
  const stored = step.working.get(ref)
  if (stored === undefined) return notFound('environment', environment)
  const members = read(patch, step)
  if (members !== undefined) putEnvironment(ref, mergePatch(read(stored, step), members), step)
  return undefined
}

function putEnvironment(ref: ItemRef, item: unknown, step: Step): void {
  const content = read(item, step)
  if (isEnvironmentItem(content, step.path, step.issues)) write(ref, content, step)
}

function deleteEnvironment(environment: string, step: Step): DomainError | undefined {
  const missing = deleteOne(baseOf('environment', environment), 'environment', step)
  if (missing !== undefined) return missing
  const layer = environmentLayer(environment)
  for (const kind of ['config', 'flag', 'secret'] as const) {
    const refs = [...step.working.refs(kind)]
    for (const ref of refs) {
      if (ref.layer === layer) erase(ref, step)
    }
  }
  return undefined
}

// Configs

function putConfig(operation: OperationOf<'putConfig'>, step: Step): DomainError | undefined {
  const { op: _, name, ...item } = operation
  const excess = tooLarge(`config ${name}`, item.source, step)
  if (excess !== undefined) return excess
  const content = read({ ...item, visibility: item.visibility ?? 'server' }, step)
  if (isConfigItem(content, step.path, step.issues)) write(baseOf('config', name), content, step)
  return undefined
}

function putConfigOverride(
  operation: OperationOf<'putConfigOverride'>,
  step: Step,
): DomainError | undefined {
  const { op: _, name, environment, ...item } = operation
  const missing = missingOwner('config', name, environment, step)
  if (missing !== undefined) return missing
  const excess = tooLarge(`config ${name} in ${environment}`, item.source, step)
  if (excess !== undefined) return excess
  const content = read(item, step)
  if (isConfigOverrideItem(content, step.path, step.issues)) {
    write(layerOf('config', name, environment), content, step)
  }
  return undefined
}

function patchConfig(operation: OperationOf<'patchConfig'>, step: Step): DomainError | undefined {
  const { name, changes } = operation
  const stored = step.working.items.config(name)
  if (stored === undefined) return notFound('config', name)
  const source = patchSource(stored, changes, step.path, step.issues)
  return source === undefined
    ? undefined
    : putConfig({ op: 'putConfig', name, ...stored, source }, step)
}

function patchConfigOverride(
  operation: OperationOf<'patchConfigOverride'>,
  step: Step,
): DomainError | undefined {
  const { name, environment, changes } = operation
  const stored = step.working.items.override(name, environment)
  if (stored === undefined) {
    const missing = missingOwner('config', name, environment, step)
    return missing ?? notFound('override', `${name} in ${environment}`)
  }
  const source = patchSource(stored, changes, step.path, step.issues)
  return source === undefined
    ? undefined
    : putConfigOverride({ op: 'putConfigOverride', name, environment, ...stored, source }, step)
}

function tooLarge(what: string, source: unknown, { ports }: Step): DomainError | undefined {
  const actual = oversizeSource(source, ports.digest)
  if (actual === undefined) return undefined
  return { reason: 'too_large', what, limit: MAX_CONFIG_BYTES, actual }
}

// Flags and segments

function putFlag(operation: OperationOf<'putFlag'>, step: Step): undefined {
  const { op: _, key, ...item } = operation
  writeFlag(key, read(item, step), step)
}

function patchFlag({ key, patch }: OperationOf<'patchFlag'>, step: Step): DomainError | undefined {
  const stored = step.working.items.flag(key)
  if (stored === undefined) return notFound('flag', key)
  const inPatch = below(step, 'patch')
  const members = readPatch(patch, inPatch)
  if (members !== undefined) writeFlag(key, mergePatch(read(stored, step), members), inPatch)
  return undefined
}

function writeFlag(key: string, item: JsonValue | undefined, step: Step): void {
  if (item === undefined || !isJsonObject(item)) return
  const seed = item['seed'] ?? step.working.items.flag(key)?.seed ?? step.ports.randomSeed()
  const content: JsonValue = { visibility: 'server', ...item, seed }
  if (isFlagItem(content, step.path, step.issues)) write(baseOf('flag', key), content, step)
}

function putFlagEnvironment(
  operation: OperationOf<'putFlagEnvironment'>,
  step: Step,
): DomainError | undefined {
  const { op: _, key, environment, ...item } = operation
  return writeSettings(key, environment, () => read(item, step), step)
}

function patchFlagEnvironment(
  { key, environment, patch }: OperationOf<'patchFlagEnvironment'>,
  step: Step,
): DomainError | undefined {
  const inPatch = below(step, 'patch')
  const patched = (): JsonValue | undefined => {
    // Without settings a flag is off in an environment: that is what a first patch changes.
    const stored = step.working.items.flagEnvironment(key, environment) ?? { enabled: false }
    const members = readPatch(patch, inPatch)
    return members && mergePatch(read(stored, step), members)
  }
  return writeSettings(key, environment, patched, inPatch)
}

function writeSettings(
  key: string,
  environment: string,
  settings: () => JsonValue | undefined,
  step: Step,
): DomainError | undefined {
  const missing = missingOwner('flag', key, environment, step)
  const flag = step.working.items.flag(key)
  if (missing !== undefined || flag === undefined) return missing
  const content = settings()
  if (content === undefined) return undefined
  if (isFlagEnvironmentItem(content, flag, step.path, step.issues)) {
    write(layerOf('flag', key, environment), content, step)
  }
  return undefined
}

function putSegment(operation: OperationOf<'putSegment'>, step: Step): undefined {
  const { op: _, key, ...item } = operation
  const content = read({ ...item, visibility: item.visibility ?? 'server' }, step)
  if (content === undefined) return
  if (isSegmentItem(content, step.path, step.issues)) write(baseOf('segment', key), content, step)
}

// Schemas

function putSchema(operation: OperationOf<'putSchema'>, step: Step): DomainError | undefined {
  const { op: _, name, version, migrate, ...item } = operation
  const excess = oversizeSchema(item, step.ports.digest)
  if (excess !== undefined) {
    const what = `schema of config ${name}`
    return { reason: 'too_large', what, limit: MAX_SCHEMA_BYTES, actual: excess }
  }
  const stored = step.working.items.schema(name)
  const content = read({ ...item, version: version ?? nextVersion(stored, item.schema) }, step)
  if (!isSchemaItem(content, step.path, step.issues)) return undefined
  if (stored?.version === content.version && !equalJson(stored.schema, content.schema)) {
    const message = `must be another one for another schema; ${content.version} is the stored one`
    step.issues.add(at(step.path, 'version'), message)
    return undefined
  }
  write(baseOf('schema', name), content, step)
  if (migrate === true) migrateLayers(name, stored?.version, content, step)
  return undefined
}

function migrateLayers(
  name: string,
  from: string | undefined,
  { version, migrations = [] }: SchemaItem,
  step: Step,
): void {
  if (from === undefined) {
    step.issues.add(at(step.path, 'migrate'), 'needs a stored schema to begin with')
    return
  }
  const chain = findChain(migrations, from, version)
  if (chain === undefined) {
    const message = `must lead from the stored version, ${from}, to ${version}`
    step.issues.add(at(step.path, 'migrations'), message)
    return
  }
  migrateConfig(name, chain, { ...step, digest: step.ports.digest })
}

// What they share

function baseOf(kind: ItemKind, key: string): ItemRef {
  return { kind, key, layer: BASE_LAYER }
}

function layerOf(kind: 'config' | 'flag', key: string, environment: string): ItemRef {
  return { kind, key, layer: environmentLayer(environment) }
}

function below(step: Step, member: string): Step {
  return { ...step, path: at(step.path, member) }
}

/** The value as JSON, undefined when it is not. Issues name the place. */
function read(value: unknown, { path, issues }: Step): JsonValue | undefined {
  const before = issues.list.length
  const json = readJson(value, path, issues)
  return issues.list.length === before ? json : undefined
}

function readPatch(patch: unknown, step: Step): JsonObject | undefined {
  const members = read(patch, step)
  if (members !== undefined && isJsonObject(members)) return members
  if (members !== undefined) step.issues.add(step.path, 'must be an object')
  return undefined
}

function write(ref: ItemRef, content: ItemContent, { working, path }: Step): void {
  working.write({ ref, content, path, exact: true })
}

function erase(ref: ItemRef, { working, path }: Step): void {
  working.write({ ref, content: null, path, exact: true })
}

function notFound(noun: Noun, name: string): DomainError {
  return { reason: 'not_found', noun, name }
}

/** A layer needs the item it is a layer of, and its environment. */
function missingOwner(
  kind: 'config' | 'flag',
  key: string,
  environment: string,
  { working }: Step,
): DomainError | undefined {
  if (working.get(baseOf(kind, key)) === undefined) return notFound(kind, key)
  if (working.items.environment(environment) !== undefined) return undefined
  return notFound('environment', environment)
}

function deleteOne(ref: ItemRef, noun: Noun, step: Step): DomainError | undefined {
  if (step.working.get(ref) === undefined) {
    const environment = layerEnvironment(ref.layer)
    return notFound(noun, environment === undefined ? ref.key : `${ref.key} in ${environment}`)
  }
  erase(ref, step)
  return undefined
}

function deleteAllLayers(
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
