/** Routes of segments. The writes are change sets of one operation. */
import * as v from 'valibot'
import { committed, itemVersion, pageOf, storedMembers } from '../answer.ts'
import { contentDeleteQuery, itemsQuery, pageQuery, revisionQuery, contentQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { reason, strict } from '../schema.ts'
import { putSegmentMembers, segmentItem } from '../segment.ts'
import { deleteBody } from './projects.ts'

const segmentAnswer = v.object({ key: v.string(), ...storedMembers(segmentItem) })

export const segmentRoutes = {
  listSegments: {
    method: 'GET',
    path: '/projects/:project/segments',
    action: 'segment.read',
    summary: 'Lists the segments.',
    query: itemsQuery,
    answer: pageOf(segmentAnswer),
  },
  getSegment: {
    method: 'GET',
    path: '/projects/:project/segments/:segment',
    action: 'segment.read',
    summary: 'Answers one segment.',
    query: revisionQuery,
    answer: segmentAnswer,
  },
  putSegment: {
    method: 'PUT',
    path: '/projects/:project/segments/:segment',
    action: 'segment.write',
    summary: 'Creates or replaces a segment.',
    query: contentQuery,
    body: strict({ ...putSegmentMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  deleteSegment: {
    method: 'DELETE',
    path: '/projects/:project/segments/:segment',
    action: 'segment.write',
    summary: 'Deletes a segment that nothing refers to.',
    query: contentDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listSegmentVersions: {
    method: 'GET',
    path: '/projects/:project/segments/:segment/versions',
    action: 'segment.read',
    summary: 'Lists the versions of a segment, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
} as const satisfies Readonly<Record<string, Route>>
