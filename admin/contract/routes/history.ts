/** Routes of the change set as a whole: changes, revisions, rollback, audit, import and export. */
import * as v from 'valibot'
import {
  listOf,
  auditEntry,
  committed,
  difference,
  imported,
  pageOf,
  revisionEntry,
  storedMembers,
} from '../answer.ts'
import { changesBody } from '../change-set.ts'
import { diffQuery, importQuery, noQuery, pageQuery, revisionQuery, writeQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { integer, jsonValue, reason, scopeName, strict } from '../schema.ts'

const item = v.object({
  kind: v.picklist(['environment', 'config', 'flag', 'segment']),
  key: v.string(),
  layer: v.string(),
  ...storedMembers(jsonValue),
})

export const historyRoutes = {
  commitChanges: {
    method: 'POST',
    path: '/projects/:project/changes',
    action: 'change.commit',
    summary: 'Commits a change set: all of its operations or none.',
    notes: 'A `base` in the body counts as `If-Match` does; when both are there they must agree.',
    query: writeQuery,
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
      'With `environment` only its layers go back (overrides and flag settings); without it everything but the environments themselves.',
    query: writeQuery,
    body: strict({
      to: integer(1, Number.MAX_SAFE_INTEGER),
      environment: v.exactOptional(scopeName),
      reason,
    }),
    answer: committed,
    write: 'commit',
  },
  listAudit: {
    method: 'GET',
    path: '/projects/:project/audit',
    action: 'audit.read',
    summary: 'Lists the project’s audit, newest first, with the hashes that chain it.',
    query: pageQuery,
    answer: pageOf(auditEntry),
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
