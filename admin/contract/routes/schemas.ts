/** Routes of configs' schemas, and of checking documents without writing. */
import * as v from 'valibot'
import { committed, itemVersion, pageOf, storedMembers } from '../answer.ts'
import { putSchemaMembers, schemaItem, validateBody, validation } from '../config-schema.ts'
import { deleteQuery, itemsQuery, noQuery, pageQuery, revisionQuery, writeQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { jsonValue, reason, strict } from '../schema.ts'
import { deleteBody } from './projects.ts'

const schemaAnswer = v.object({ name: v.string(), ...storedMembers(schemaItem) })

export const schemaRoutes = {
  listSchemas: {
    method: 'GET',
    path: '/projects/:project/schemas',
    action: 'schema.read',
    summary: 'Lists the schemas of the configs.',
    query: itemsQuery,
    answer: pageOf(schemaAnswer),
  },
  getSchema: {
    method: 'GET',
    path: '/projects/:project/configs/:config/schema',
    action: 'schema.read',
    summary: 'Answers the schema of a config.',
    query: revisionQuery,
    answer: schemaAnswer,
  },
  putSchema: {
    method: 'PUT',
    path: '/projects/:project/configs/:config/schema',
    action: 'schema.write',
    summary: 'Creates or replaces the schema of a config, which need not be there yet.',
    notes:
      'Refused when the config does not fit in some environment. Without `version` it is 1.0.0, then raised by what the change means to documents. `migrate` takes the stored layers along its `migrations`, and needs `config.write` too.',
    query: writeQuery,
    body: strict({ ...putSchemaMembers, reason }),
    size: 'source',
    answer: committed,
    write: 'commit',
  },
  deleteSchema: {
    method: 'DELETE',
    path: '/projects/:project/configs/:config/schema',
    action: 'schema.write',
    summary: 'Deletes the schema of a config: nothing is asked of its documents any more.',
    query: deleteQuery,
    body: deleteBody,
    answer: committed,
    write: 'commit',
  },
  listSchemaVersions: {
    method: 'GET',
    path: '/projects/:project/configs/:config/schema/versions',
    action: 'schema.read',
    summary: 'Lists the versions of a schema’s item, newest first.',
    query: pageQuery,
    answer: pageOf(itemVersion),
  },
  inferSchema: {
    method: 'GET',
    path: '/projects/:project/configs/:config/schema/inferred',
    action: 'config.read',
    summary: 'Answers a schema that the config fits in every environment: a draft to be tightened.',
    notes: 'Types, members, and which of them all have; no values of the documents.',
    query: noQuery,
    answer: v.object({ revision: v.number(), schema: jsonValue }),
  },
  validateConfig: {
    method: 'POST',
    path: '/projects/:project/configs/:config/validate',
    action: 'config.read',
    summary: 'Checks documents of a config against schema, invariants and rules. Writes nothing.',
    notes:
      'Without `source` or `document`: what is stored, in `environment` or in all. `source` and `format` stand in for the base layer, or for the override of `environment`; `document` is checked as it is. ' +
      '`schema`, `formats` and `invariants` stand in for the stored ones.',
    query: noQuery,
    body: validateBody,
    size: 'source',
    answer: v.object({ revision: v.number(), ...validation.entries }),
  },
} as const satisfies Readonly<Record<string, Route>>
