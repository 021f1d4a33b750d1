/** Routes of mirrors. */
import * as v from 'valibot'
import { committed, itemVersion, pageOf, storedMembers } from '../answer.ts'
import { mirrorItem, mirrorMembers } from '../mirror.ts'
import { contentDeleteQuery, itemsQuery, pageQuery, revisionQuery, contentQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { reason, strict } from '../schema.ts'
import { deleteBody } from './projects.ts'

const mirrorAnswer = v.object({ name: v.string(), ...storedMembers(mirrorItem) })

export const mirrorRoutes = {
  listMirrors: {
    method: 'GET',
    path: '/projects/:project/mirrors',
    action: 'mirror.read',
    summary: 'Lists the mirrors.',
    query: itemsQuery,
    answer: pageOf(mirrorAnswer),
  },
  getMirror: {
    method: 'GET',
    path: '/projects/:project/mirrors/:mirror',
    action: 'mirror.read',
    summary: 'Answers one mirror.',
    query: revisionQuery,
    answer: mirrorAnswer,
  },
  putMirror: {
    method: 'PUT',
    path: '/projects/:project/mirrors/:mirror',
    action: 'mirror.write',
    summary:
      'Creates or replaces a mirror: places of one config that say what places of another say.',
    notes:
      'What differs already is refused (`enforce`), repaired in the same revision (`heal`) or told in `mirrors` of the answer (`alert`).',
    query: contentQuery,
    body: strict({ ...mirrorMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  deleteMirror: {
    method: 'DELETE',
    path: '/projects/:project/mirrors/:mirror',
    action: 'mirror.write',
    summary: 'Deletes a mirror; the configs stay as they are.',
    query: contentDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listMirrorVersions: {
    method: 'GET',
    path: '/projects/:project/mirrors/:mirror/versions',
    action: 'mirror.read',
    summary: 'Lists the versions of a mirror, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
} as const satisfies Readonly<Record<string, Route>>
