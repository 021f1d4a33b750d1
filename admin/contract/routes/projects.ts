/** Routes of projects, their environments and their SDK keys. */
import * as v from 'valibot'
import { committed, committedMembers, itemVersion, pageOf, storedMembers } from '../answer.ts'
import { environmentItem, environmentMembers, environmentPatchMembers } from '../environment.ts'
import { createKeyBody, sdkKey, sdkKeyMembers } from '../key.ts'
import {
  createProjectBody,
  project,
  projectEntry,
  projectMembers,
  updateProjectBody,
} from '../project.ts'
import {
  contentQuery,
  deleteQuery,
  itemsQuery,
  noQuery,
  pageQuery,
  revisionQuery,
  writeQuery,
} from '../query.ts'
import type { Route } from '../route.ts'
import { reason, scopeName, strict } from '../schema.ts'

/** The body of a DELETE; without one the reason stands in the query. */
export const deleteBody = strict({ reason: v.exactOptional(reason) })

const environmentAnswer = v.object({ name: v.string(), ...storedMembers(environmentItem) })

export const projectRoutes = {
  listProjects: {
    method: 'GET',
    path: '/projects',
    action: 'project.list',
    summary: 'Lists the projects the token may see.',
    query: pageQuery,
    answer: pageOf(projectEntry),
  },
  createProject: {
    method: 'POST',
    path: '/projects',
    action: 'project.create',
    summary: 'Creates a project with its environments, at revision 1.',
    notes:
      '`environments` is a list of names or a map of settings; without it: development, staging, production. ' +
      'A retry after a crash finishes what was begun.',
    query: writeQuery,
    body: createProjectBody,
    answer: v.object({ name: v.string(), ...committedMembers }),
    status: 201,
    write: 'direct',
  },
  getProject: {
    method: 'GET',
    path: '/projects/:project',
    action: 'project.read',
    summary: 'Answers the project and its newest revision.',
    query: noQuery,
    answer: project,
  },
  updateProject: {
    method: 'PATCH',
    path: '/projects/:project',
    action: 'project.write',
    summary: 'Changes what people call the project, and how long its audit is kept.',
    notes: 'None of it is in a revision; the audit has the hashes before and after.',
    query: writeQuery,
    body: updateProjectBody,
    answer: v.object({ ...projectMembers, dryRun: v.boolean() }),
    write: 'guarded',
  },
  deleteProject: {
    method: 'DELETE',
    path: '/projects/:project',
    action: 'project.delete',
    summary: 'Erases the project but for its audit; its SDK keys stop working.',
    query: deleteQuery,
    body: deleteBody,
    answer: v.object({ revision: v.number(), dryRun: v.boolean() }),
    write: 'guarded',
  },

  listEnvironments: {
    method: 'GET',
    path: '/projects/:project/environments',
    action: 'environment.read',
    summary: 'Lists the environments.',
    query: itemsQuery,
    answer: pageOf(environmentAnswer),
  },
  createEnvironment: {
    method: 'POST',
    path: '/projects/:project/environments',
    action: 'environment.write',
    environmentIn: 'body.name',
    summary: 'Creates an environment.',
    notes:
      'One that exists with exactly these settings answers 200 and changes nothing; with others, 409 `already_exists`.',
    query: writeQuery,
    body: strict({ name: scopeName, ...environmentMembers, reason }),
    answer: committed,
    status: 201,
    write: 'commit',
  },
  getEnvironment: {
    method: 'GET',
    path: '/projects/:project/environments/:environment',
    action: 'environment.read',
    summary: 'Answers one environment.',
    query: revisionQuery,
    answer: environmentAnswer,
  },
  updateEnvironment: {
    method: 'PATCH',
    path: '/projects/:project/environments/:environment',
    action: 'environment.write',
    summary: 'Changes the settings that are given; `null` removes.',
    query: contentQuery,
    body: strict({ ...environmentPatchMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  deleteEnvironment: {
    method: 'DELETE',
    path: '/projects/:project/environments/:environment',
    action: 'environment.write',
    summary:
      'Deletes an environment with its overrides, flag settings, SDK keys and secrets; these need `secret.write`.',
    query: deleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listEnvironmentVersions: {
    method: 'GET',
    path: '/projects/:project/environments/:environment/versions',
    action: 'environment.read',
    summary: 'Lists the versions of an environment’s settings, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },

  listKeys: {
    method: 'GET',
    path: '/projects/:project/keys',
    action: 'key.read',
    summary: 'Lists the SDK keys, revoked ones too, without their secrets.',
    query: pageQuery,
    answer: pageOf(sdkKey),
  },
  createKey: {
    method: 'POST',
    path: '/projects/:project/keys',
    action: 'key.write',
    environmentIn: 'body',
    summary: 'Creates an SDK key for one environment and audience. `key` is shown this once.',
    query: writeQuery,
    body: createKeyBody,
    answer: v.union([
      v.object({ ...sdkKeyMembers, key: v.string() }),
      v.object({ dryRun: v.literal(true) }),
    ]),
    status: 201,
    write: 'direct',
  },
  revokeKey: {
    method: 'DELETE',
    path: '/projects/:project/keys/:key',
    action: 'key.write',
    summary: 'Revokes an SDK key: streams close at once, other requests within 5 seconds.',
    query: deleteQuery,
    body: deleteBody,
    answer: v.object({ id: v.string(), dryRun: v.boolean() }),
    write: 'direct',
  },
} as const satisfies Readonly<Record<string, Route>>
