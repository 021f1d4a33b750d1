/** Segments. */
import { segmentItem } from '../../admin/contract/segment.ts'
import type { HandlersOf } from './call.ts'
import { contentOf } from './content.ts'
import { BASE, readGroups, readItem, readVersions, storedPart } from './reading.ts'
import { commitOne, deletionReason } from './writing.ts'

const refOf = (key: string) => ({ kind: 'segment', key, layer: BASE }) as const

export const segmentHandlers: HandlersOf<
  'listSegments' | 'getSegment' | 'putSegment' | 'deleteSegment' | 'listSegmentVersions'
> = {
  listSegments: ({ project, query }) =>
    readGroups(
      project,
      'segment',
      query,
      (key, [item]) => item && { key, ...storedPart(item), content: contentOf(segmentItem, item) },
    ),

  async getSegment({ project, parameters, query }) {
    const { item, at } = await readItem(project, refOf(parameters.segment), query.revision)
    const content = contentOf(segmentItem, item)
    return { body: { key: item.key, ...storedPart(item), content }, revision: at.current }
  },

  putSegment(call) {
    const { reason, ...content } = call.body
    return commitOne(call, { op: 'putSegment', key: call.parameters.segment, ...content }, reason)
  },

  async deleteSegment(call) {
    const key = call.parameters.segment
    return commitOne(call, { op: 'deleteSegment', key }, deletionReason(call))
  },

  listSegmentVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.segment), query),
}
