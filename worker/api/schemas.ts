/** Schemas of configs, and documents checked without writing. */
import { schemaItem } from '../../admin/contract/config-schema.ts'
import { type HandlersOf, valueOf } from './call.ts'
import { contentOf } from './content.ts'
import { BASE, readGroups, readItem, readVersions, storedPart } from './reading.ts'
import { commitOne, deletionReason } from './writing.ts'

const refOf = (key: string) => ({ kind: 'schema', key, layer: BASE }) as const

export const schemaHandlers: HandlersOf<
  | 'listSchemas'
  | 'getSchema'
  | 'putSchema'
  | 'deleteSchema'
  | 'listSchemaVersions'
  | 'inferSchema'
  | 'validateConfig'
> = {
  listSchemas: ({ project, query }) =>
    readGroups(
      project,
      'schema',
      query,
      (name, [item]) => item && { name, ...storedPart(item), content: contentOf(schemaItem, item) },
    ),

  async getSchema({ project, parameters, query }) {
    const { item, at } = await readItem(project, refOf(parameters.config), query.revision)
    const content = contentOf(schemaItem, item)
    return { body: { name: item.key, ...storedPart(item), content }, revision: at.current }
  },

  putSchema(call) {
    const { reason, ...content } = call.body
    return commitOne(call, { op: 'putSchema', name: call.parameters.config, ...content }, reason)
  },

  async deleteSchema(call) {
    const name = call.parameters.config
    return commitOne(call, { op: 'deleteSchema', name }, deletionReason(call))
  },

  listSchemaVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.config), query),

  async inferSchema({ project, parameters }) {
    const body = valueOf(await project.inferSchema(parameters.config))
    return { body, revision: body.revision }
  },

  async validateConfig({ project, parameters, body }) {
    const found = valueOf(await project.validateConfig(parameters.config, body))
    return { body: found, revision: found.revision }
  },
}
