/** Another vendor's document as one change set. The translation is `admin/import`; here it is committed. */
import type { Operation } from '#core'
import { importFrom, isVendor, VENDORS } from '../../admin/import/index.ts'
import { problemOf } from '../http/problem.ts'
import { currentRevision, type HandlersOf, valueOf } from './call.ts'
import { requireOperations, withPaths } from './writing.ts'

export const importHandlers: HandlersOf<'importDocument'> = {
  async importDocument({ identity, parameters, project, query, body, write }) {
    const { from, environment } = query
    if (!isVendor(from)) {
      const message = `must be one of ${VENDORS.join(', ')}`
      throw problemOf({ reason: 'invalid', issues: [{ path: '?from', message }] })
    }
    const translated = importFrom(from, body, { environment })
    if (!translated.ok) throw problemOf({ reason: 'invalid', issues: translated.issues })
    const { operations, skipped, sources } = translated
    requireOperations(identity, operations, parameters.project)
    const imported = countOf(operations)
    if (operations.length === 0) {
      const revision = await currentRevision(project)
      const dryRun = write.dryRun === true
      return {
        body: { revision, dryRun, changed: [], environments: [], imported, skipped },
        revision,
      }
    }
    const reason = query.reason ?? `Imported from ${from}`
    const committed = valueOf(
      withPaths(await project.commit({ reason, operations }, write, 'import'), (issue) => {
        // Say where it stands in the vendor's document; the operations are of our making.
        const [, index = '', rest = ''] = /^\/operations\/(\d+)(.*)$/.exec(issue.path) ?? []
        const path = sources[Number(index)]
        return path === undefined ? issue : { path, message: `${rest}: ${issue.message}` }
      }),
    )
    return { body: { ...committed, imported, skipped }, revision: committed.revision }
  },
}

function countOf(operations: readonly Operation[]) {
  const count = (op: Operation['op']) => operations.filter((one) => one.op === op).length
  return { flags: count('putFlag'), segments: count('putSegment'), configs: count('putConfig') }
}
