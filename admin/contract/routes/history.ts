/** Routes of the change set as a whole: changes, revisions, rollback, audit, import and export. */
import * as v from 'valibot'
import {
  listOf,
  auditEntry,
  committed,
  committedMembers,
  difference,
  imported,
  itemDifference,
  pageOf,
  revisionEntry,
  storedMembers,
} from '../answer.ts'
import { changesBody } from '../change-set.ts'
import { MAX_BACK, MAX_OPERATIONS } from '../limits.ts'
import {
  auditQuery,
  changesQuery,
  diffQuery,
  environmentDiffQuery,
  importQuery,
  noQuery,
  pageQuery,
  revisionQuery,
  writeQuery,
  contentQuery,
} from '../query.ts'
import { acknowledgeList } from '../guard.ts'
import type { Route } from '../route.ts'
import { integer, itemName, jsonValue, reason, scopeName, strict } from '../schema.ts'

const item = v.object({
  kind: v.picklist(['environment', 'config', 'flag', 'segment', 'schema', 'mirror']),
  key: v.string(),
  layer: v.string(),
  ...storedMembers(jsonValue),
})

const rollbackBody = v.pipe(
  strict({
    to: v.exactOptional(integer(1, Number.MAX_SAFE_INTEGER)),
    back: v.exactOptional(integer(1, MAX_BACK)),
    environment: v.exactOptional(scopeName),
    item: v.exactOptional(
      strict({ kind: v.picklist(['config', 'flag', 'segment']), key: itemName }),
    ),
    reason,
  }),
  v.check(
    ({ to, back }) => (to === undefined) !== (back === undefined),
    'must have either "to" or "back"',
  ),
)

export const historyRoutes = {
  commitChanges: {
    method: 'POST',
    path: '/projects/:project/changes',
    action: 'change.commit',
    summary: 'Commits a change set: all of its operations or none.',
    notes:
      'A `base` in the body counts as `If-Match` does; when both are there they must agree. `?dryRun=true&contents=true` also answers what each item would hold, those repaired by mirrors and migrated too, and needs `export.read`.',
    query: changesQuery,
    body: changesBody,
    size: 'source',
    answer: committed,
    write: 'commit',
    baseInBody: true,
  },
  listRevisions: {
    method: 'GET',
    path: '/projects/:project/revisions',
    action: 'revision.read',
    summary: 'Lists the revisions, newest first.',
    query: pageQuery,
    answer: pageOf(revisionEntry),
  },
  getRevision: {
    method: 'GET',
    path: '/projects/:project/revisions/:revision',
    action: 'revision.read',
    summary: 'Answers one revision: who, why, and which items.',
    query: noQuery,
    answer: revisionEntry,
  },
  getDifference: {
    method: 'GET',
    path: '/projects/:project/revisions/:revision/diff/:to',
    action: 'difference.read',
    environmentIn: 'query',
    summary: 'Lists the items that differ between two revisions.',
    notes: '`as` chooses how: with both contents, as JSON Patch, or as unified text.',
    query: diffQuery,
    answer: v.object({ from: v.number(), to: v.number(), items: listOf(difference) }),
  },
  rollback: {
    method: 'POST',
    path: '/projects/:project/rollback',
    action: 'revision.rollback',
    environmentIn: 'body',
    summary: 'Commits a new revision with the content of an older one.',
    notes:
      'To the revision `to`, or `back` by so many: revisions, or with `item` changes of that item. With `environment` only its layers go back (overrides and flag settings), with `item` only that item; without either everything but the environments themselves.',
    query: writeQuery,
    body: rollbackBody,
    answer: committed,
    write: 'commit',
  },
  promote: {
    method: 'POST',
    path: '/projects/:project/promote',
    action: 'environment.promote',
    environmentIn: 'body.to',
    summary:
      'Gives one environment what another has: configs and flag settings, all or the chosen.',
    notes:
      'Afterwards each config resolves to the same document in both, but for what it refers to. An override is taken over as it was written, where that is all it takes. `differences` shows what changes; `?dryRun=true` shows it first.',
    query: contentQuery,
    body: strict({
      from: scopeName,
      to: scopeName,
      items: v.exactOptional(
        v.pipe(
          v.array(strict({ kind: v.picklist(['config', 'flag']), key: itemName })),
          v.maxLength(MAX_OPERATIONS),
        ),
      ),
      acknowledge: v.exactOptional(acknowledgeList),
      reason,
    }),
    answer: v.object({ ...committedMembers, differences: listOf(itemDifference) }),
    write: 'commit',
  },
  getEnvironmentDifference: {
    method: 'GET',
    path: '/projects/:project/diff',
    action: 'difference.read',
    environmentIn: 'query.from',
    summary: 'Shows what differs between two environments, or layers, as JSON Patch and as text.',
    notes:
      '`of=resolved` compares what applications get, `of=layers` what was written for the environment alone. Without `from` or `to` that side is the base layer; each may be at an earlier revision, so that one environment may be compared with itself. `config` or `flag` names one item.',
    query: environmentDiffQuery,
    answer: v.object({ items: listOf(itemDifference) }),
  },
  listAudit: {
    method: 'GET',
    path: '/projects/:project/audit',
    action: 'audit.read',
    summary: 'Lists the project’s audit, newest first, with the hashes that chain it.',
    notes:
      '`actor` is a name or a token’s id, `item` such as `flag/checkout` finds all below it. Stays readable after the project is deleted.',
    query: auditQuery,
    answer: pageOf(auditEntry),
  },
  exportAudit: {
    method: 'GET',
    path: '/projects/:project/audit/export',
    action: 'audit.read',
    summary: 'Answers the whole audit of the project.',
    notes:
      'Lines of JSON, oldest first: where it begins and ends with a signed checkpoint, then the rows and the checkpoints among them. docs/audit.md tells how to verify it offline.',
    query: noQuery,
    answer: v.string(),
    media: 'application/x-ndjson',
  },
  importDocument: {
    method: 'POST',
    path: '/projects/:project/import',
    action: 'import.commit',
    summary: 'Translates another vendor’s flag document into one change set and commits it.',
    notes:
      'The body is the vendor’s own JSON. What cannot be carried over exactly is not guessed: it is listed in `skipped`. `reason` defaults to one that names the vendor.',
    query: importQuery,
    body: jsonValue,
    size: 'import',
    answer: imported,
    write: 'commit',
  },
  exportProject: {
    method: 'GET',
    path: '/projects/:project/export',
    action: 'export.read',
    summary: 'Answers every item of the project, at one revision.',
    query: revisionQuery,
    answer: v.object({ project: v.string(), revision: v.number(), items: listOf(item) }),
  },
} as const satisfies Readonly<Record<string, Route>>
