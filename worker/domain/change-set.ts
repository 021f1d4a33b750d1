/**
 * Applies a change set to the items of a project: all of it, or an error. Pure; what it does not do is store, count
 * revisions or know who asks. Shapes are checked here although the API parses them: a patch makes its content here.
 */
import { applyOperation } from './operations.ts'
import { findFault } from './integrity.ts'
import { fail, ok } from './errors.ts'
import { Issues } from './issues.ts'
import { itemsOver, WorkingItems } from './items.ts'
import { applyMirrors } from './mirrors.ts'
import { findExcess } from './size-check.ts'
import { findViolations } from './violations.ts'
import { MAX_OPERATIONS, MAX_REASON_CHARACTERS } from './limits.ts'
import type { ChangeSet } from '#core'
import type { Digest } from './digest.ts'
import type { DomainError, Result } from './errors.ts'
import type { ItemSource } from './items.ts'
import type { Ports } from './operation-step.ts'

/** What the operations, in order, make of `source`; refused as a whole when anything in it, or what it leaves, is wrong. */
export function applyChangeSet(
  source: ItemSource,
  changeSet: ChangeSet,
  ports: Ports,
): Result<WorkingItems> {
  const issues = new Issues()
  checkReason(changeSet.reason, issues)
  const count = changeSet.operations.length
  if (count < 1 || count > MAX_OPERATIONS) {
    issues.add('/operations', `must have 1 to ${MAX_OPERATIONS} operations, has ${count}`)
  }
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const working = new WorkingItems(source)
  for (const [index, operation] of changeSet.operations.entries()) {
    const error = applyOperation(operation, {
      working,
      path: `/operations/${index}`,
      issues,
      ports,
    })
    if (error !== undefined) return fail(error)
  }
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  return settle(working, source, ports.digest)
}

/** The checks over what is left when all is written. Rolling back ends here too. */
export function settle(
  working: WorkingItems,
  source: ItemSource,
  digest: Digest,
): Result<WorkingItems> {
  const before = itemsOver(source)
  // Parents that form a cycle are told first.
  const fault = findFault(working, before)
  if (fault !== undefined) return fail(fault)
  const issues = new Issues()
  applyMirrors(working, issues)
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const error: DomainError | undefined =
    findFault(working, before) ??
    findExcess(working, before, digest) ??
    findViolations(working, before)
  return error === undefined ? ok(working) : fail(error)
}

/** Why something is done: 1 to 1,000 characters. */
export function checkReason(reason: unknown, issues: Issues): void {
  const fits =
    typeof reason === 'string' && reason.trim() !== '' && reason.length <= MAX_REASON_CHARACTERS
  if (!fits) issues.add('/reason', `must say why, in 1 to ${MAX_REASON_CHARACTERS} characters`)
}
