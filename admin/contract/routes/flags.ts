/** Routes of flags and their settings by environment. The writes are change sets of one operation. */
import * as v from 'valibot'
import { listOf, committed, itemVersion, pageOf, stored, storedMembers } from '../answer.ts'
import { evaluationDetails } from '../explanation.ts'
import {
  flagEnvironmentItem,
  flagEnvironmentMembers,
  flagItem,
  patchBodyOf,
  putFlagMembers,
} from '../flag.ts'
import { MAX_TIME_MS } from '../limits.ts'
import {
  contentDeleteQuery,
  flagsQuery,
  noQuery,
  pageQuery,
  revisionQuery,
  contentQuery,
} from '../query.ts'
import type { Route } from '../route.ts'
import { anObject, dictionary, integer, itemName, named, reason, strict } from '../schema.ts'
import { deleteBody } from './projects.ts'

const signals = { notEvaluatedFor30d: v.boolean(), constantFor30d: v.boolean() }
const staleness = named('Staleness', v.object({ ...signals, isStale: v.boolean() }))
const flagAnswer = v.object({
  key: v.string(),
  ...storedMembers(flagItem),
  /** When the list was asked with `stale`. */
  stale: v.exactOptional(staleness),
  /** Settings by environment, where there are any. */
  environments: dictionary(stored(flagEnvironmentItem), {
    max: Number.MAX_SAFE_INTEGER,
    name: () => null,
  }),
})
const flagUsageAnswer = v.object({
  key: v.string(),
  createdAtMs: v.number(),
  /** By environment, where evaluations were reported. */
  environments: dictionary(
    v.object({
      lastEvaluatedAtMs: v.number(),
      /** Null: the caller’s fallback. */
      lastVariant: v.nullable(v.string()),
      variantSinceMs: v.number(),
      total: v.number(),
      ...signals,
    }),
    { max: Number.MAX_SAFE_INTEGER, name: () => null },
  ),
  stale: staleness,
})
const flagEnvironmentAnswer = v.object({
  key: v.string(),
  environment: v.string(),
  ...storedMembers(flagEnvironmentItem),
})
export const flagRoutes = {
  listFlags: {
    method: 'GET',
    path: '/projects/:project/flags',
    action: 'flag.read',
    summary: 'Lists the flags with their settings in each environment.',
    notes:
      'Archived flags are left out unless `archived` is `true`, which lists them alone. `stale` lists those that are stale now, or are not, with the signals.',
    query: flagsQuery,
    answer: pageOf(flagAnswer),
  },
  getFlag: {
    method: 'GET',
    path: '/projects/:project/flags/:flag',
    action: 'flag.read',
    summary: 'Answers one flag with its settings in each environment.',
    query: revisionQuery,
    answer: flagAnswer,
  },
  putFlag: {
    method: 'PUT',
    path: '/projects/:project/flags/:flag',
    action: 'flag.write',
    summary: 'Creates or replaces what of a flag is the same in every environment.',
    query: contentQuery,
    body: strict({ ...putFlagMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  patchFlag: {
    method: 'PATCH',
    path: '/projects/:project/flags/:flag',
    action: 'flag.write',
    summary: 'Merges into it (RFC 7396): objects merge, `null` removes.',
    query: contentQuery,
    body: patchBodyOf(putFlagMembers),
    answer: committed,
    write: 'commit',
  },
  deleteFlag: {
    method: 'DELETE',
    path: '/projects/:project/flags/:flag',
    action: 'flag.write',
    summary: 'Deletes a flag with its settings.',
    query: contentDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listFlagVersions: {
    method: 'GET',
    path: '/projects/:project/flags/:flag/versions',
    action: 'flag.read',
    summary: 'Lists the versions of a flag, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
  getFlagUsage: {
    method: 'GET',
    path: '/projects/:project/flags/:flag/usage',
    action: 'flag.read',
    summary:
      'Answers how a flag is evaluated, as far as applications report it, and whether it is stale.',
    notes:
      'The signals are about the last 30 days; a younger flag has none. `isStale`: one of them, on a flag that is meant to go (not `temporary: false`, nor of kind `operational`, `permission` or `killswitch`), in a project where anything was reported in these days.',
    query: noQuery,
    answer: flagUsageAnswer,
  },
  getFlagEnvironment: {
    method: 'GET',
    path: '/projects/:project/flags/:flag/environments/:environment',
    action: 'flag.read',
    summary: 'Answers a flag’s settings in one environment.',
    query: revisionQuery,
    answer: flagEnvironmentAnswer,
  },
  putFlagEnvironment: {
    method: 'PUT',
    path: '/projects/:project/flags/:flag/environments/:environment',
    action: 'flag.write',
    summary: 'Creates or replaces a flag’s settings in one environment.',
    query: contentQuery,
    body: strict({ ...flagEnvironmentMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  patchFlagEnvironment: {
    method: 'PATCH',
    path: '/projects/:project/flags/:flag/environments/:environment',
    action: 'flag.write',
    summary:
      'Merges into a flag’s settings in one environment (RFC 7396): `{"enabled": true}` switches it on.',
    query: contentQuery,
    body: patchBodyOf(flagEnvironmentMembers),
    answer: committed,
    write: 'commit',
  },
  deleteFlagEnvironment: {
    method: 'DELETE',
    path: '/projects/:project/flags/:flag/environments/:environment',
    action: 'flag.write',
    summary: 'Deletes a flag’s settings in one environment: it is off there.',
    query: contentDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listFlagEnvironmentVersions: {
    method: 'GET',
    path: '/projects/:project/flags/:flag/environments/:environment/versions',
    action: 'flag.read',
    summary: 'Lists the versions of a flag’s settings in one environment, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
  evaluate: {
    method: 'POST',
    path: '/projects/:project/environments/:environment/evaluate',
    action: 'flag.evaluate',
    summary: 'Evaluates one flag, or all of the environment, for a context. Writes nothing.',
    notes:
      'One flag is explained: `steps` tell of each prerequisite, target and rule how it went and why. `value` is absent where the caller’s fallback would be served.',
    query: noQuery,
    body: strict({
      flag: v.exactOptional(itemName),
      context: anObject,
      /** Default: the newest. */
      revision: v.exactOptional(integer(1, Number.MAX_SAFE_INTEGER)),
      /** Milliseconds since 1970; default: now. */
      atMs: v.exactOptional(integer(0, MAX_TIME_MS)),
    }),
    answer: v.object({ revision: v.number(), results: listOf(evaluationDetails) }),
  },
} as const satisfies Readonly<Record<string, Route>>
