/** The audit of a project, and of what belongs to no project. */
import { currentRevision, type HandlersOf, valueOf } from './call.ts'

export const auditHandlers: HandlersOf<'listAudit' | 'listDirectoryAudit'> = {
  async listAudit({ project, query }) {
    const revision = await currentRevision(project)
    return { body: valueOf(await project.audit(query)), revision }
  },

  async listDirectoryAudit({ backend, query }) {
    return { body: valueOf(await backend.directory().audit(query)) }
  },
}
