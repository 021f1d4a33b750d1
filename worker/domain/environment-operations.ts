/** Operations on environments. */
import { isEnvironmentItem } from './environment-check.ts'
import { environmentLayer } from './items.ts'
import { mergePatch } from './merge-patch.ts'
import { baseOf, read, write, erase, notFound, deleteOne } from './operation-step.ts'
import type { ItemRef } from '#core'
import type { DomainError } from './errors.ts'
import type { Step, OperationOf } from './operation-step.ts'

export function createEnvironment(
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

export function updateEnvironment(
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
  const { localHooks } = step.ports
  if (isEnvironmentItem(content, step.path, step.issues, localHooks)) write(ref, content, step)
}

export function deleteEnvironment(environment: string, step: Step): DomainError | undefined {
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
