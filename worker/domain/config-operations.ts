/** Operations on configs and their overrides. */
import { isConfigItem, isConfigOverrideItem, oversizeSource } from './config-check.ts'
import { MAX_CONFIG_BYTES } from './limits.ts'
import { baseOf, layerOf, read, write, notFound, missingOwner } from './operation-step.ts'
import { patchSource } from './source-patch.ts'
import type { DomainError } from './errors.ts'
import type { Step, OperationOf } from './operation-step.ts'

export function putConfig(
  operation: OperationOf<'putConfig'>,
  step: Step,
): DomainError | undefined {
  const { op: _, name, ...item } = operation
  const excess = tooLarge(`config ${name}`, item.source, step)
  if (excess !== undefined) return excess
  const content = read({ ...item, visibility: item.visibility ?? 'server' }, step)
  if (isConfigItem(content, step.path, step.issues)) write(baseOf('config', name), content, step)
  return undefined
}

export function putConfigOverride(
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

export function patchConfig(
  operation: OperationOf<'patchConfig'>,
  step: Step,
): DomainError | undefined {
  const { name, changes } = operation
  const stored = step.working.items.config(name)
  if (stored === undefined) return notFound('config', name)
  const source = patchSource(stored, changes, step.path, step.issues)
  return source === undefined
    ? undefined
    : putConfig({ op: 'putConfig', name, ...stored, source }, step)
}

export function patchConfigOverride(
  operation: OperationOf<'patchConfigOverride'>,
  step: Step,
): DomainError | undefined {
  const { name, environment, changes } = operation
  const stored = step.working.items.override(name, environment)
  if (stored === undefined) {
    const missing = missingOwner('config', name, environment, step)
    return missing ?? notFound('override', name, environment)
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
