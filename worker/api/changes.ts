/** The change set itself, and its way back. */
import type { GuardKind } from '../domain/change-guard.ts'
import type { WriteOptions } from '../objects/project/interface.ts'
import { requireOperations } from './writing.ts'
import { type HandlersOf, requireAllowed, valueOf } from './call.ts'

/** Said in the body, the query, or both. */
function acknowledging(write: WriteOptions, said: readonly GuardKind[] = []): WriteOptions {
  return { ...write, acknowledge: [...(write.acknowledge ?? []), ...said] }
}

const KINDS = ['config', 'flag'] as const

export const changeHandlers: HandlersOf<'commitChanges' | 'rollback' | 'promote'> = {
  async commitChanges({ identity, parameters, project, query, body, write }) {
    const { reason, operations, acknowledge } = body
    const { contents } = query
    requireOperations(identity, operations, parameters.project)
    // A change may reach items that nobody named: by a mirror, by a migration.
    if (contents === true) requireAllowed(identity, 'export.read', parameters)
    const options = { ...acknowledging(write, acknowledge), ...(contents === true && { contents }) }
    const committed = valueOf(await project.commit({ reason, operations }, options))
    return { body: committed, revision: committed.revision }
  },

  async promote({ identity, parameters, project: rpc, body, write }) {
    const { project } = parameters
    const { acknowledge, ...request } = body
    for (const kind of new Set(body.items?.map((item) => item.kind) ?? KINDS)) {
      requireAllowed(identity, `${kind}.read`, { project, environment: body.from })
      requireAllowed(identity, `${kind}.write`, { project, environment: body.to })
    }
    const promoted = valueOf(await rpc.promote(request, acknowledging(write, acknowledge)))
    return { body: promoted, revision: promoted.revision }
  },

  async rollback({ project, body, write }) {
    const committed = valueOf(await project.rollback(body, write))
    return { body: committed, revision: committed.revision }
  },
}
