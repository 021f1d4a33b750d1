/** Configs: base layers, override layers, and what they resolve to. */
import { configItem, configOverrideItem } from '../../admin/contract/config.ts'
import { type HandlersOf, valueOf, visibleBy } from './call.ts'
import { contentOf } from './content.ts'
import {
  BASE,
  environmentOf,
  layerOf,
  readItem,
  readPoint,
  readRefGroups,
  readVersions,
  storedPart,
} from './reading.ts'
import { commitOne, deletionReason } from './writing.ts'

const refOf = (key: string, layer: string) => ({ kind: 'config', key, layer }) as const

export const configHandlers: HandlersOf<
  | 'listConfigs'
  | 'getConfig'
  | 'putConfig'
  | 'patchConfig'
  | 'deleteConfig'
  | 'listConfigVersions'
  | 'getResolvedConfig'
  | 'getConfigOverride'
  | 'putConfigOverride'
  | 'patchConfigOverride'
  | 'deleteConfigOverride'
  | 'listConfigOverrideVersions'
> = {
  listConfigs({ identity, parameters, project, query }) {
    const isVisible = visibleBy(identity, 'config.read', parameters.project)
    return readRefGroups(project, 'config', query, (name, items) => ({
      name,
      layers: items
        .filter(({ layer }) => {
          const environment = environmentOf(layer)
          return environment === undefined || isVisible(environment)
        })
        .map((item) => ({ layer: item.layer, ...storedPart(item) })),
    }))
  },

  async getConfig({ project, parameters, query }) {
    const name = parameters.config
    const { item, at } = await readItem(project, refOf(name, BASE), query.revision)
    const body = { name, ...storedPart(item), content: contentOf(configItem, item) }
    return { body, revision: at.current }
  },

  putConfig(call) {
    const { reason, ...content } = call.body
    return commitOne(call, { op: 'putConfig', name: call.parameters.config, ...content }, reason)
  },

  patchConfig(call) {
    const { reason, changes } = call.body
    return commitOne(call, { op: 'patchConfig', name: call.parameters.config, changes }, reason)
  },

  async deleteConfig(call) {
    const name = call.parameters.config
    return commitOne(call, { op: 'deleteConfig', name }, deletionReason(call))
  },

  listConfigVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.config, BASE), query),

  async getResolvedConfig({ project, parameters, query }) {
    const at = await readPoint(project, query.revision)
    const resolved = await project.resolved(parameters.config, query.environment, at.revision)
    return { body: valueOf(resolved), revision: at.current }
  },

  async getConfigOverride({ project, parameters, query }) {
    const { config: name, environment } = parameters
    const ref = refOf(name, layerOf(environment))
    const { item, at } = await readItem(project, ref, query.revision)
    const content = contentOf(configOverrideItem, item)
    return { body: { name, environment, ...storedPart(item), content }, revision: at.current }
  },

  putConfigOverride(call) {
    const { reason, ...content } = call.body
    const { config: name, environment } = call.parameters
    return commitOne(call, { op: 'putConfigOverride', name, environment, ...content }, reason)
  },

  patchConfigOverride(call) {
    const { reason, changes } = call.body
    const { config: name, environment } = call.parameters
    return commitOne(call, { op: 'patchConfigOverride', name, environment, changes }, reason)
  },

  async deleteConfigOverride(call) {
    const { config: name, environment } = call.parameters
    return commitOne(call, { op: 'deleteConfigOverride', name, environment }, deletionReason(call))
  },

  listConfigOverrideVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.config, layerOf(parameters.environment)), query),
}
