/** What happened: revisions, their differences, and the whole project at one of them. */
import type { ItemKind } from '#core'
import { currentRevision, type HandlersOf, valueOf } from './call.ts'
import { readPoint } from './reading.ts'

const KINDS: readonly ItemKind[] = ['environment', 'config', 'flag', 'segment']

export const revisionHandlers: HandlersOf<
  'listRevisions' | 'getRevision' | 'getDifference' | 'exportProject'
> = {
  async listRevisions({ project, query }) {
    const revision = await currentRevision(project)
    return { body: valueOf(await project.revisions(query)), revision }
  },

  async getRevision({ project, parameters }) {
    const revision = await currentRevision(project)
    return { body: valueOf(await project.revision(Number(parameters.revision))), revision }
  },

  async getDifference({ project, parameters, query }) {
    const from = Number(parameters.revision)
    const to = Number(parameters.to)
    const revision = await currentRevision(project)
    const items = valueOf(await project.diff(from, to, query.environment))
    return { body: { from, to, items }, revision }
  },

  async exportProject({ project, parameters, query }) {
    const at = await readPoint(project, query.revision)
    const kinds = await Promise.all(KINDS.map((kind) => project.items(kind, at.revision)))
    const items = kinds.flatMap((found) => valueOf(found))
    const body = { project: parameters.project, revision: at.revision, items }
    return { body, revision: at.current }
  },
}
