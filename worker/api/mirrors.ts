/** Mirrors. */
import { mirrorItem } from '../../admin/contract/mirror.ts'
import type { HandlersOf } from './call.ts'
import { contentOf } from './content.ts'
import { BASE, readGroups, readItem, readVersions, storedPart } from './reading.ts'
import { commitOne, deletionReason } from './writing.ts'

const refOf = (key: string) => ({ kind: 'mirror', key, layer: BASE }) as const

export const mirrorHandlers: HandlersOf<
  'listMirrors' | 'getMirror' | 'putMirror' | 'deleteMirror' | 'listMirrorVersions'
> = {
  listMirrors: ({ project, query }) =>
    readGroups(
      project,
      'mirror',
      query,
      (name, [item]) => item && { name, ...storedPart(item), content: contentOf(mirrorItem, item) },
    ),

  async getMirror({ project, parameters, query }) {
    const { item, at } = await readItem(project, refOf(parameters.mirror), query.revision)
    const content = contentOf(mirrorItem, item)
    return { body: { name: item.key, ...storedPart(item), content }, revision: at.current }
  },

  putMirror(call) {
    const { reason, ...content } = call.body
    return commitOne(call, { op: 'putMirror', name: call.parameters.mirror, ...content }, reason)
  },

  async deleteMirror(call) {
    const name = call.parameters.mirror
    return commitOne(call, { op: 'deleteMirror', name }, deletionReason(call))
  },

  listMirrorVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.mirror), query),
}
