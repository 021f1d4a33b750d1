/** Flags, and their settings in each environment. */
import type { FlagItem } from '#core'
import type { QueryOf } from '../../admin/contract/route.ts'
import type { Routes } from '../../admin/contract/routes.ts'
import { flagEnvironmentItem, flagItem } from '../../admin/contract/flag.ts'
import { judgeFlag, signalsOf, type Staleness } from '../domain/stale.ts'
import type { FlagUsage, ProjectRpc, StoredItem } from '../objects/project/interface.ts'
import { type HandlersOf, notFound, valueOf, visibleBy } from './call.ts'
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
  | 'getFlagUsage'
  | 'getFlagEnvironment'
  | 'putFlagEnvironment'
  | 'patchFlagEnvironment'
  | 'deleteFlagEnvironment'
  | 'listFlagEnvironmentVersions'
> = {
  async listFlags({ backend, identity, parameters, project, query }) {
    const isVisible = visibleBy(identity, 'flag.read', parameters.project)
    const { stale } = query
    const judge = stale === undefined ? undefined : await readStaleness(project, backend.nowMs())
    return readGroups(
      project,
      'flag',
      query,
      (key, layers) => {
        const answer = flagAnswer(key, layers, isVisible)
        return answer && judge ? { ...answer, stale: judge(answer.content, key) } : answer
      },
      (base) => {
        const flag = contentOf(flagItem, base)
        if (!isAskedFor(query, flag)) return false
        return judge === undefined || judge(flag, base.key).isStale === stale
      },
    )
  },

  async getFlagUsage({ backend, identity, project, parameters }) {
    const key = parameters.flag
    const { item, at } = await readItem(project, refOf(key, BASE), undefined)
    const { lastReportAtMs, flags } = valueOf(await project.usage(key))
    const [usage] = flags
    // Deleted between the two questions.
    if (usage === undefined) throw notFound({ noun: 'flag', name: key })
    const nowMs = backend.nowMs()
    return {
      body: usageAnswer(
        contentOf(flagItem, item),
        usage,
        lastReportAtMs,
        nowMs,
        visibleBy(identity, 'flag.read', parameters.project),
      ),
      revision: at.current,
    }
  },

  async getFlag({ identity, project, parameters, query }) {
    const key = parameters.flag
    const isVisible = visibleBy(identity, 'flag.read', parameters.project)
    const { item, at } = await readItem(project, refOf(key, BASE), query.revision)
    const environments = valueOf(await project.items('environment', at.revision))
    const settings = await Promise.all(
      environments.map(({ key: name }) => project.item(refOf(key, layerOf(name)), at.revision)),
    )
    const layers = settings.flatMap((found) => (found.ok ? [found.value] : []))
    return { body: answerOf(key, item, layers, isVisible), revision: at.current }
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
  flag: FlagItem,
): boolean {
  return (
    (flag.archived ?? false) === archived &&
    (tag === undefined || (flag.tags ?? []).includes(tag)) &&
    (kind === undefined || flag.kind === kind) &&
    (owner === undefined || flag.owner === owner)
  )
}

/** How stale each flag is at `nowMs`. One that came while this was read is as new as can be. */
async function readStaleness(project: ProjectRpc, nowMs: number) {
  const { lastReportAtMs, flags } = valueOf(await project.usage())
  const usages = new Map(flags.map((usage) => [usage.key, usage]))
  return (flag: FlagItem, key: string): Staleness => {
    const { createdAtMs = nowMs, environments = {} } = usages.get(key) ?? {}
    return judgeFlag(flag, createdAtMs, Object.values(environments), lastReportAtMs, nowMs)
  }
}

function usageAnswer(
  flag: FlagItem,
  { key, createdAtMs, environments }: FlagUsage,
  lastReportAtMs: number | null,
  nowMs: number,
  isVisible: IsVisible,
) {
  const seen = Object.entries(environments).filter(([environment]) => isVisible(environment))
  const used = seen.map(
    ([environment, { lastVariant, ...usage }]) =>
      [
        environment,
        {
          ...usage,
          lastVariant: lastVariant === '' ? null : lastVariant,
          ...signalsOf({ ...usage, lastVariant }, createdAtMs, nowMs),
        },
      ] as const,
  )
  const usages = Object.values(environments)
  return {
    key,
    createdAtMs,
    environments: Object.fromEntries(used),
    stale: judgeFlag(flag, createdAtMs, usages, lastReportAtMs, nowMs),
  }
}

type IsVisible = (environment: string) => boolean

function flagAnswer(key: string, items: readonly StoredItem[], isVisible: IsVisible) {
  const base = items.find((item) => item.layer === BASE)
  return base && answerOf(key, base, items, isVisible)
}

function answerOf(
  key: string,
  base: StoredItem,
  layers: readonly StoredItem[],
  isVisible: IsVisible,
) {
  const environments = layers.flatMap((item) => {
    const environment = environmentOf(item.layer)
    if (environment === undefined || !isVisible(environment)) return []
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
