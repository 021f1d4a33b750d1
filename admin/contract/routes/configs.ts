/** Routes of configs and their overrides. The writes are change sets of one operation. */
import * as v from 'valibot'
import { listOf, committed, itemVersion, pageOf, storedMembers } from '../answer.ts'
import {
  configItem,
  configOverrideItem,
  configOverrideMembers,
  configPatchMembers,
  putConfigMembers,
} from '../config.ts'
import {
  contentDeleteQuery,
  itemsQuery,
  pageQuery,
  resolvedQuery,
  revisionQuery,
  contentQuery,
} from '../query.ts'
import type { Route } from '../route.ts'
import { dictionary, jsonValue, reason, strict } from '../schema.ts'
import { deleteBody } from './projects.ts'

/** In a list a layer stands without its source. */
const configSummary = v.object({
  name: v.string(),
  layers: listOf(
    v.object({ layer: v.string(), revision: v.number(), version: v.number(), sha256: v.string() }),
  ),
})
const configAnswer = v.object({ name: v.string(), ...storedMembers(configItem) })
const overrideAnswer = v.object({
  name: v.string(),
  environment: v.string(),
  ...storedMembers(configOverrideItem),
})
const resolvedAnswer = v.object({
  revision: v.number(),
  document: jsonValue,
  /** Lowest first; those that exist. */
  layers: listOf(v.string()),
  /** The layer of each value, by JSON pointer; a list comes from one layer as a whole. */
  origins: dictionary(v.string(), { max: Number.MAX_SAFE_INTEGER, name: () => null }),
  /** The texts that the SDK answers, with their types. */
  references: v.exactOptional(jsonValue),
})

export const configRoutes = {
  listConfigs: {
    method: 'GET',
    path: '/projects/:project/configs',
    action: 'config.read',
    summary: 'Lists the configs and their layers, without the sources.',
    query: itemsQuery,
    answer: pageOf(configSummary),
  },
  getConfig: {
    method: 'GET',
    path: '/projects/:project/configs/:config',
    action: 'config.read',
    summary: 'Answers the base layer, its source as it was written.',
    query: revisionQuery,
    answer: configAnswer,
  },
  putConfig: {
    method: 'PUT',
    path: '/projects/:project/configs/:config',
    action: 'config.write',
    summary: 'Creates or replaces the base layer.',
    query: contentQuery,
    body: strict({ ...putConfigMembers, reason }),
    size: 'source',
    answer: committed,
    write: 'commit',
  },
  patchConfig: {
    method: 'PATCH',
    path: '/projects/:project/configs/:config',
    action: 'config.write',
    summary: 'Changes places of the base layer’s source and keeps the rest as it was written.',
    notes:
      'Each change names a place by JSON pointer and sets its `value`, or removes it. Comments and layout around it stay. A change that cannot be made in place is refused: then send the whole source.',
    query: contentQuery,
    body: strict({ ...configPatchMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  deleteConfig: {
    method: 'DELETE',
    path: '/projects/:project/configs/:config',
    action: 'config.write',
    summary: 'Deletes a config with its overrides.',
    query: contentDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listConfigVersions: {
    method: 'GET',
    path: '/projects/:project/configs/:config/versions',
    action: 'config.read',
    summary: 'Lists the versions of the base layer, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
  getResolvedConfig: {
    method: 'GET',
    path: '/projects/:project/configs/:config/resolved',
    action: 'config.read',
    environmentIn: 'query',
    summary: 'Answers the merged document of an environment, and which layer each value came from.',
    notes:
      'References to other configs are resolved; those to variables and secrets stand as they are written, and `references` names them.',
    query: resolvedQuery,
    answer: resolvedAnswer,
  },
  getConfigOverride: {
    method: 'GET',
    path: '/projects/:project/configs/:config/environments/:environment',
    action: 'config.read',
    summary: 'Answers the override layer of an environment.',
    query: revisionQuery,
    answer: overrideAnswer,
  },
  putConfigOverride: {
    method: 'PUT',
    path: '/projects/:project/configs/:config/environments/:environment',
    action: 'config.write',
    summary: 'Creates or replaces the override layer of an environment.',
    query: contentQuery,
    body: strict({ ...configOverrideMembers, reason }),
    size: 'source',
    answer: committed,
    write: 'commit',
  },
  patchConfigOverride: {
    method: 'PATCH',
    path: '/projects/:project/configs/:config/environments/:environment',
    action: 'config.write',
    summary: 'Changes places of the override layer’s source and keeps the rest as it was written.',
    query: contentQuery,
    body: strict({ ...configPatchMembers, reason }),
    answer: committed,
    write: 'commit',
  },
  deleteConfigOverride: {
    method: 'DELETE',
    path: '/projects/:project/configs/:config/environments/:environment',
    action: 'config.write',
    summary: 'Deletes the override layer of an environment.',
    query: contentDeleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listConfigOverrideVersions: {
    method: 'GET',
    path: '/projects/:project/configs/:config/environments/:environment/versions',
    action: 'config.read',
    summary: 'Lists the versions of an override layer, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
} as const satisfies Readonly<Record<string, Route>>
