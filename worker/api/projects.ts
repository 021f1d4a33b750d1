/** Projects. Two objects know a project, the directory its name and the project all else; what a crash leaves between is finished by a retry. */
import type { EnvironmentItem } from '#core'
import { MAX_ENVIRONMENTS } from '../../admin/contract/limits.ts'
import type { Issue } from '../domain/errors.ts'
import { isAllowed } from '../domain/grants.ts'
import type { Committed, WriteOptions } from '../objects/project/interface.ts'
import type { ProjectEntry } from '../objects/directory/interface.ts'
import { problemOf } from '../http/problem.ts'
import { cutList, readCursor } from '../http/paging.ts'
import { type Call, type HandlersOf, notFound, valueOf } from './call.ts'
import { deletionReason } from './writing.ts'
import type { Routes } from '../../admin/contract/routes.ts'

const LIST = 'projects'

export const projectHandlers: HandlersOf<
  'listProjects' | 'createProject' | 'getProject' | 'updateProject' | 'deleteProject'
> = {
  async listProjects({ backend, identity, query }) {
    const all = await backend.directory().projects()
    const visible = all
      .filter(({ name }) => isAllowed(identity, 'project.list', { project: name }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const start = query.cursor === undefined ? {} : { start: readCursor(LIST, query.cursor) }
    return { body: cutList(LIST, visible, { limit: query.limit, ...start }, ({ name }) => name) }
  },

  async createProject(call) {
    const { name, reason = 'Created' } = call.body
    checkParents(call.body.environments)
    if (call.query.dryRun === true) return previewProject(call)
    const entry = await registered(call, reason)
    const project = call.backend.project(name)
    const { environments } = call.body
    const committed = valueOf(
      await project.create({ name, epoch: entry.epoch, environments, reason }, call.caller),
    )
    const location = `${call.path}/${name}`
    return { body: { ...committed, name }, revision: committed.revision, location }
  },

  async getProject({ project }) {
    const info = valueOf(await project.info())
    return { body: info, revision: info.revision }
  },

  async updateProject({ project, body: { reason, ...settings }, caller, write }) {
    const info = valueOf(await project.info())
    requireBase(write, info.revision)
    if (write.dryRun === true) {
      return { body: { ...info, ...settings, dryRun: true }, revision: info.revision }
    }
    const updated = valueOf(await project.update(settings, reason, caller))
    return { body: { ...updated, dryRun: false }, revision: updated.revision }
  },

  async deleteProject(call) {
    const { backend, project, parameters, caller, write } = call
    const reason = deletionReason(call)
    const info = await project.info()
    if (info.ok) requireBase(write, info.value.revision)
    if (write.dryRun === true) {
      const { revision } = valueOf(info)
      return { body: { revision, dryRun: true }, revision }
    }
    // The project first: were its name free while it lives, another could be made over it.
    const removed = await project.remove(reason, caller)
    if (!removed.ok && removed.error.reason !== 'not_found') throw problemOf(removed.error)
    const unregistered = await backend.directory().removeProject(parameters.project, reason, caller)
    // Either may have been done by an earlier try; if both were, there is no such project.
    if (!removed.ok && !unregistered.ok) {
      throw notFound({ noun: 'project', name: parameters.project })
    }
    const revision = removed.ok ? removed.value.revision : 0
    return { body: { revision, dryRun: false } }
  },
}

function requireBase({ base }: WriteOptions, current: number): void {
  if (base === '*' || base === current) return
  throw problemOf({ reason: 'revision_conflict', base, current, changed: [] })
}

type CreateCall = Call<Routes['createProject']>

/** The directory's entry: a new one, or the one that a try which never reached the project left behind. */
async function registered(call: CreateCall, reason: string): Promise<ProjectEntry> {
  const { name } = call.body
  const directory = call.backend.directory()
  const made = await directory.createProject(name, reason, call.caller)
  if (made.ok) return made.value
  if (made.error.reason !== 'already_exists') throw problemOf(made.error)
  const info = await call.backend.project(name).info()
  const entry = (await directory.projects()).find((one) => one.name === name)
  if (info.ok || entry === undefined) throw problemOf(made.error)
  return entry
}

/** What creating would answer. */
async function previewProject(call: CreateCall) {
  const { name, environments } = call.body
  const exists = (await call.backend.directory().projects()).some((one) => one.name === name)
  if (exists && (await call.backend.project(name).info()).ok) {
    throw problemOf({ reason: 'already_exists', noun: 'project', name })
  }
  const committed: Committed = {
    revision: 1,
    dryRun: true,
    changed: [],
    environments: Object.keys(environments).toSorted(),
  }
  return { body: { ...committed, name }, revision: 1, status: 200 } as const
}

/** Said before the directory takes the name, which a project that cannot be made would keep. */
function checkParents(environments: Readonly<Record<string, EnvironmentItem>>): void {
  const parentOf = (name: string) =>
    Object.hasOwn(environments, name) ? environments[name]?.parent : undefined
  const issues: Issue[] = []
  for (const [name, { parent }] of Object.entries(environments)) {
    const path = `/environments/${name}/parent`
    if (parent !== undefined && !Object.hasOwn(environments, parent)) {
      issues.push({ path, message: 'is none of the environments' })
    }
    // The way up ends, or it is a circle: it has no more steps than there are environments.
    let ancestor = parent
    for (let step = 0; ancestor !== undefined && step < MAX_ENVIRONMENTS; step += 1) {
      ancestor = parentOf(ancestor)
    }
    if (ancestor !== undefined) issues.push({ path, message: 'leads back to itself' })
  }
  if (issues.length > 0) throw problemOf({ reason: 'invalid', issues })
}
