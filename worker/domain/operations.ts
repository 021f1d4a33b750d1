/** One operation: what it writes to the working copy, or why not. A shape that is wrong is an issue and writes nothing. */
import {
  putConfig,
  putConfigOverride,
  patchConfig,
  patchConfigOverride,
} from './config-operations.ts'
import {
  createEnvironment,
  updateEnvironment,
  deleteEnvironment,
} from './environment-operations.ts'
import { putFlag, patchFlag, putFlagEnvironment, patchFlagEnvironment } from './flag-operations.ts'
import { at } from './issues.ts'
import { isMirrorItem } from './mirror-check.ts'
import { ENVIRONMENT_NAME_RULE, isEnvironmentName, isItemName, ITEM_NAME_RULE } from './names.ts'
import { baseOf, layerOf, read, write, deleteOne, deleteAllLayers } from './operation-step.ts'
import { putSchema } from './schema-operations.ts'
import { isSegmentItem } from './segment-check.ts'
import type { Operation } from '#core'
import type { DomainError } from './errors.ts'
import type { Step, OperationOf } from './operation-step.ts'

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

function putSegment(operation: OperationOf<'putSegment'>, step: Step): undefined {
  const { op: _, key, ...item } = operation
  const content = read({ ...item, visibility: item.visibility ?? 'server' }, step)
  if (content === undefined) return
  if (isSegmentItem(content, step.path, step.issues)) write(baseOf('segment', key), content, step)
}
