/** A project with one environment, keys for both audiences, and changes to it: what most tests begin with. */
import type { Audience, AudienceName, Operation } from '#core'
import { caller, directory, must, project } from './objects.ts'

export interface TestProject {
  readonly name: string
  /** `<project>/production/<audience>` in parts. */
  audience(audience: Audience): AudienceName
  /** A new SDK key of `production`. */
  makeKey(audience?: Audience): Promise<{ readonly id: string; readonly key: string }>
  /** Commits, and answers once the change is published. */
  change(...operations: readonly Operation[]): Promise<number>
  /** Puts the config `settings`. */
  putSettings(document: unknown): Promise<number>
}

let made = 0

/** Makes a project with the environment `production`. Its name is new each time, since the Worker's caches outlive `reset`. */
export async function makeProject(name = `shop-${++made}`): Promise<TestProject> {
  const { epoch } = must(await directory().createProject(name, 'a test', caller))
  const environments = { production: { protected: false } }
  must(await project(name).create({ name, epoch, environments, reason: 'a test' }, caller))
  const self: TestProject = {
    name,
    audience: (audience) => ({ project: name, environment: 'production', audience }),
    async makeKey(audience = 'server') {
      const request = { name: 'test', environment: 'production', audience, reason: 'a test' }
      return must(await project(name).createKey(request, caller))
    },
    async change(...operations) {
      const options = { caller, base: '*' } as const
      const { revision } = must(
        await project(name).commit({ reason: 'a test', operations }, options),
      )
      for (const audience of ['server', 'client'] as const) {
        await project(name).head('production', audience)
      }
      return revision
    },
    putSettings: (document) =>
      self.change({
        op: 'putConfig',
        name: 'settings',
        format: 'json',
        source: JSON.stringify(document),
        visibility: 'server',
      }),
  }
  return self
}
