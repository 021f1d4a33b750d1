/** The change set itself, and its way back. */
import { requireOperations } from './writing.ts'
import { type HandlersOf, valueOf } from './call.ts'

export const changeHandlers: HandlersOf<'commitChanges' | 'rollback'> = {
  async commitChanges({ identity, parameters, project, body, write }) {
    const { reason, operations } = body
    requireOperations(identity, operations, parameters.project)
    const committed = valueOf(await project.commit({ reason, operations }, write))
    return { body: committed, revision: committed.revision }
  },

  async rollback({ project, body, write }) {
    const committed = valueOf(await project.rollback(body, write))
    return { body: committed, revision: committed.revision }
  },
}
