/** Operations on flags and their settings by environment. */
import { isJsonObject } from '#core'
import { isFlagEnvironmentItem, isFlagItem } from './flag-check.ts'
import { mergePatch } from './merge-patch.ts'
import {
  baseOf,
  layerOf,
  below,
  read,
  readPatch,
  write,
  notFound,
  missingOwner,
} from './operation-step.ts'
import type { JsonValue } from '#core'
import type { DomainError } from './errors.ts'
import type { Step, OperationOf } from './operation-step.ts'

export function putFlag(operation: OperationOf<'putFlag'>, step: Step): undefined {
  const { op: _, key, ...item } = operation
  writeFlag(key, read(item, step), step)
}

export function patchFlag(
  { key, patch }: OperationOf<'patchFlag'>,
  step: Step,
): DomainError | undefined {
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

export function putFlagEnvironment(
  operation: OperationOf<'putFlagEnvironment'>,
  step: Step,
): DomainError | undefined {
  const { op: _, key, environment, ...item } = operation
  return writeSettings(key, environment, () => read(item, step), step)
}

export function patchFlagEnvironment(
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
