/** Flags, and their settings in each environment. */
import type { QueryOf } from '../../admin/contract/route.ts'
import type { Routes } from '../../admin/contract/routes.ts'
import { flagEnvironmentItem, flagItem } from '../../admin/contract/flag.ts'
import type { StoredItem } from '../objects/project/interface.ts'
import { type HandlersOf, valueOf } from './call.ts'
import { contentOf } from './content.ts'
import {
  BASE,
  environmentOf,
  layerOf,
  readGroups,
  readItem,
  readVersions,
  storedPart,
} from './reading.ts'
import { commitOne, deletionReason } from './writing.ts'

const refOf = (key: string, layer: string) => ({ kind: 'flag', key, layer }) as const

export const flagHandlers: HandlersOf<
  | 'listFlags'
  | 'getFlag'
  | 'putFlag'
  | 'patchFlag'
  | 'deleteFlag'
  | 'listFlagVersions'
  | 'getFlagEnvironment'
  | 'putFlagEnvironment'
  | 'patchFlagEnvironment'
  | 'deleteFlagEnvironment'
  | 'listFlagEnvironmentVersions'
> = {
  listFlags: ({ project, query }) =>
    readGroups(project, 'flag', query, flagAnswer, (layers) => isAskedFor(query, layers)),

  async getFlag({ project, parameters, query }) {
    const key = parameters.flag
    const { item, at } = await readItem(project, refOf(key, BASE), query.revision)
    const environments = valueOf(await project.items('environment', at.revision))
    const settings = await Promise.all(
      environments.map(({ key: name }) => project.item(refOf(key, layerOf(name)), at.revision)),
    )
    const layers = settings.flatMap((found) => (found.ok ? [found.value] : []))
    return { body: answerOf(key, item, layers), revision: at.current }
  },

  putFlag(call) {
    const { reason, ...content } = call.body
    return commitOne(call, { op: 'putFlag', key: call.parameters.flag, ...content }, reason)
  },

  patchFlag(call) {
    const { reason, patch } = call.body
    return commitOne(call, { op: 'patchFlag', key: call.parameters.flag, patch }, reason)
  },

  async deleteFlag(call) {
    const key = call.parameters.flag
    return commitOne(call, { op: 'deleteFlag', key }, deletionReason(call))
  },

  listFlagVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.flag, BASE), query),

  async getFlagEnvironment({ project, parameters, query }) {
    const { flag: key, environment } = parameters
    const ref = refOf(key, layerOf(environment))
    const { item, at } = await readItem(project, ref, query.revision)
    const content = contentOf(flagEnvironmentItem, item)
    return { body: { key, environment, ...storedPart(item), content }, revision: at.current }
  },

  putFlagEnvironment(call) {
    const { reason, ...content } = call.body
    const { flag: key, environment } = call.parameters
    return commitOne(call, { op: 'putFlagEnvironment', key, environment, ...content }, reason)
  },

  patchFlagEnvironment(call) {
    const { reason, patch } = call.body
    const { flag: key, environment } = call.parameters
    return commitOne(call, { op: 'patchFlagEnvironment', key, environment, patch }, reason)
  },

  async deleteFlagEnvironment(call) {
    const { flag: key, environment } = call.parameters
    return commitOne(call, { op: 'deleteFlagEnvironment', key, environment }, deletionReason(call))
  },

  listFlagEnvironmentVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.flag, layerOf(parameters.environment)), query),
}

/** Archived flags are only there for who asks for them. */
function isAskedFor(
  { tag, kind, owner, archived = false }: QueryOf<Routes['listFlags']>,
  layers: readonly StoredItem[],
): boolean {
  const base = layers.find((item) => item.layer === BASE)
  if (base === undefined) return false
  const flag = contentOf(flagItem, base)
  return (
    (flag.archived ?? false) === archived &&
    (tag === undefined || (flag.tags ?? []).includes(tag)) &&
    (kind === undefined || flag.kind === kind) &&
    (owner === undefined || flag.owner === owner)
  )
}

function flagAnswer(key: string, items: readonly StoredItem[]) {
  const base = items.find((item) => item.layer === BASE)
  return base && answerOf(key, base, items)
}

function answerOf(key: string, base: StoredItem, layers: readonly StoredItem[]) {
  const environments = layers.flatMap((item) => {
    const environment = environmentOf(item.layer)
    if (environment === undefined) return []
    const content = contentOf(flagEnvironmentItem, item)
    return [[environment, { ...storedPart(item), content }] as const]
  })
  return {
    key,
    ...storedPart(base),
    content: contentOf(flagItem, base),
    environments: Object.fromEntries(environments),
  }
}
