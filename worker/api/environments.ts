/** Environments of a project. */
import type { EnvironmentItem } from '#core'
import { canonicalize } from '#core'
import { environmentItem } from '../../admin/contract/environment.ts'
import { ProblemError } from '../http/problem.ts'
import type { ProjectRpc } from '../objects/project/interface.ts'
import { currentRevision, type HandlersOf, visibleBy } from './call.ts'
import { contentOf } from './content.ts'
import { BASE, readGroups, readItem, readVersions, storedPart } from './reading.ts'
import { commitOne, deletionReason } from './writing.ts'

const refOf = (key: string) => ({ kind: 'environment', key, layer: BASE }) as const

export const environmentHandlers: HandlersOf<
  | 'listEnvironments'
  | 'createEnvironment'
  | 'getEnvironment'
  | 'updateEnvironment'
  | 'deleteEnvironment'
  | 'listEnvironmentVersions'
> = {
  listEnvironments({ identity, parameters, project, query }) {
    const isVisible = visibleBy(identity, 'environment.read', parameters.project)
    return readGroups(project, 'environment', query, (name, [item]) =>
      item && isVisible(name)
        ? { name, ...storedPart(item), content: contentOf(environmentItem, item) }
        : undefined,
    )
  },

  async createEnvironment(call) {
    const { name, reason, ...settings } = call.body
    const operation = { op: 'createEnvironment', environment: name, ...settings } as const
    try {
      const reply = await commitOne(call, operation, reason)
      return reply.status === 201 ? { ...reply, location: `${call.path}/${name}` } : reply
    } catch (error) {
      // Saying again what is so is no error: setup scripts run twice.
      const exists = error instanceof ProblemError && error.code === 'already_exists'
      if (!exists || !(await isAlready(call.project, name, settings))) throw error
      const revision = await currentRevision(call.project)
      const dryRun = call.write.dryRun === true
      return { body: { revision, dryRun, changed: [], environments: [] }, revision, status: 200 }
    }
  },

  async getEnvironment({ project, parameters, query }) {
    const { item, at } = await readItem(project, refOf(parameters.environment), query.revision)
    const body = {
      name: item.key,
      ...storedPart(item),
      content: contentOf(environmentItem, item),
    }
    return { body, revision: at.current }
  },

  updateEnvironment(call) {
    const { reason, ...settings } = call.body
    const { environment } = call.parameters
    return commitOne(call, { op: 'updateEnvironment', environment, ...settings }, reason)
  },

  async deleteEnvironment(call) {
    const { environment } = call.parameters
    return commitOne(call, { op: 'deleteEnvironment', environment }, deletionReason(call))
  },

  listEnvironmentVersions: ({ project, parameters, query }) =>
    readVersions(project, refOf(parameters.environment), query),
}

async function isAlready(
  project: ProjectRpc,
  name: string,
  settings: EnvironmentItem,
): Promise<boolean> {
  const stored = await project.item(refOf(name))
  return stored.ok && canonicalize(stored.value.content) === canonicalize(settings)
}
