/** A project in its object, and short words for what tests say to it. */
import { env } from 'cloudflare:workers'
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import type { ChangeSet, EnvironmentItem, Operation, Visibility } from '#core'
import type { ProjectObject } from '../../../worker/objects/project/project-object.ts'
import type { Committed, WriteOptions } from '../../../worker/objects/project/interface.ts'
import { projectStub } from '../../../worker/objects/stubs.ts'
import type { Result } from '../../../worker/domain/errors.ts'
import { caller, must } from '../support/objects.ts'

export { caller, must }

export const project = (name = 'shop') => projectStub(env, name)

const ENVIRONMENTS: Readonly<Record<string, EnvironmentItem>> = {
  staging: { protected: false },
  production: { protected: true, parent: 'staging', deployment: 'all-at-once' },
}

/** Creates the project at revision 1: `staging`, and `production` below it. */
export async function createProject(name = 'shop', epoch = 1): Promise<Committed> {
  const request = { name, epoch, environments: ENVIRONMENTS, reason: 'begin' }
  return must(await project(name).create(request, caller))
}

export function change(...operations: readonly Operation[]): ChangeSet {
  return { reason: 'because', operations }
}

export function put(
  operations: readonly Operation[],
  options: Partial<WriteOptions> = {},
  name = 'shop',
): Promise<Result<Committed>> {
  return project(name).commit(change(...operations), { caller, base: '*', ...options })
}

export const config = (source: unknown, name = 'settings'): Operation => ({
  op: 'putConfig',
  name,
  format: 'json',
  source: JSON.stringify(source),
  visibility: 'server',
})

export const override = (source: unknown, environment: string, name = 'settings'): Operation => ({
  op: 'putConfigOverride',
  name,
  environment,
  format: 'json',
  source: JSON.stringify(source),
})

export const flag = (key = 'checkout', visibility: Visibility = 'server'): Operation => ({
  op: 'putFlag',
  key,
  type: 'boolean',
  variants: { on: true, off: false },
  visibility,
  offVariant: 'off',
})

/** Runs inside the object. */
export function inside<R>(
  work: (instance: ProjectObject, state: DurableObjectState) => R | Promise<R>,
  name = 'shop',
): Promise<R> {
  return runInDurableObject<ProjectObject, R>(env.PROJECT.getByName(name), work)
}

/** Runs the alarm: what is committed is everywhere afterwards, as far as it can be. */
export async function published(name = 'shop'): Promise<void> {
  await runDurableObjectAlarm(env.PROJECT.getByName(name))
}
