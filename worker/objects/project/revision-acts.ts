/** The acts that make a revision: what the revision says of itself, and what is to be written. */
import { applyChangeSet, checkReason } from '../../domain/change-set.ts'
import { boundedList, differencesBetween, type ItemDifference } from '../../domain/difference.ts'
import { fail } from '../../domain/errors.ts'
import { Issues } from '../../domain/issues.ts'
import { itemsOver } from '../../domain/items.ts'
import { applyPromotion, type PromotionRequest } from '../../domain/promotion.ts'
import { applyRollback } from '../../domain/rollback.ts'
import { digest } from '../sha256.ts'
import { itemsAt } from './history.ts'
import type { ChangeSet } from '#core'
import type { CommitPorts, Plan, RevisionNote } from './commit.ts'
import type { RollbackRequest } from './interface.ts'
import type { ProjectRow } from './project-row.ts'

export interface RevisionAct {
  readonly note: RevisionNote
  /** Draws its seeds from `randomSeed` alone, so that it can be made again just the same. */
  readonly plan: (project: ProjectRow, randomSeed: () => string) => Plan
}

export function changeAct(
  { localHooks = false }: CommitPorts,
  changeSet: ChangeSet,
  kind: 'change' | 'import',
): RevisionAct {
  const operations = changeSet.operations.map(summary)
  return {
    note: { kind, reason: changeSet.reason, action: kind, operations },
    plan: (_, randomSeed) => (source) =>
      applyChangeSet(source, changeSet, { digest, randomSeed, localHooks }),
  }
}

/** Everything, one environment or one item as it was at revision `to`. */
export function rollbackAct(
  { store }: CommitPorts,
  { environment, item, reason }: RollbackRequest,
  to: number,
): RevisionAct {
  const operation = {
    op: 'rollback',
    to,
    ...(environment !== undefined && { environment }),
    ...(item !== undefined && { kind: item.kind, key: item.key }),
  }
  return {
    note: { kind: 'rollback', reason, action: 'rollback', operations: [operation], restores: to },
    plan: (project) => (source) => {
      const issues = new Issues()
      checkReason(reason, issues)
      if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
      const then = itemsAt(store, project, to)
      return then.ok ? applyRollback(source, then.value, { environment, item }, digest) : then
    },
  }
}

/** `tell` is given what changes in the environment promoted to, before anything is written. */
export function promotionAct(
  request: PromotionRequest,
  tell: (differences: readonly ItemDifference[]) => void,
): RevisionAct {
  const { from, to, reason, items = [] } = request
  const named = items.map(({ kind, key }) => `${kind}/${key}`)
  const operations = [{ op: 'promote', from, to, items: named }]
  return {
    note: { kind: 'promotion', reason, action: 'promotion', operations },
    plan: (_, randomSeed) => (source) => {
      const working = applyPromotion(source, request, { digest, randomSeed })
      if (!working.ok) return working
      const before = { items: itemsOver(source), environment: to, label: `${to}, before` }
      const after = { items: working.value.items, environment: to, label: `${to}, after` }
      tell(boundedList(differencesBetween(before, after, 'resolved')))
      return working
    },
  }
}

/** What an operation does to what, without its content. */
function summary(operation: ChangeSet['operations'][number]): Record<string, string> {
  const { op } = operation
  return {
    op,
    ...('environment' in operation && { environment: operation.environment }),
    ...('name' in operation && { name: operation.name }),
    ...('key' in operation && { key: operation.key }),
  }
}
