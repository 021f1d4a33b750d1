/** The change set itself, and its way back. */
import { actionOf } from '../domain/access.ts'
import { type HandlersOf, requireAllowed, valueOf } from './call.ts'

export const changeHandlers: HandlersOf<'commitChanges' | 'rollback'> = {
  async commitChanges({ identity, parameters, project, body, write }) {
    const { reason, operations } = body
    for (const operation of operations) {
      requireAllowed(identity, actionOf(operation), parameters.project)
    }
    const committed = valueOf(await project.commit({ reason, operations }, write))
    return { body: committed, revision: committed.revision }
  },

  async rollback({ project, body, write }) {
    const committed = valueOf(await project.rollback(body, write))
    return { body: committed, revision: committed.revision }
  },
}
