/** The objects of the Worker under test, and the caller who acts. */
import { env } from 'cloudflare:workers'
import type { AudienceName } from '#core'
import type { DirectoryRpc } from '../../../worker/objects/directory/interface.ts'
import type { HubRpc } from '../../../worker/objects/hub/interface.ts'
import type { Caller, ProjectRpc } from '../../../worker/objects/project/interface.ts'
import { directoryStub, hubStub, projectStub } from '../../../worker/objects/stubs.ts'
import type { Result } from '../../../worker/domain/errors.ts'

export const caller: Caller = { tokenId: 'test-token', name: 'tester' }

export const directory = (): DirectoryRpc => directoryStub(env)
export const project = (name: string): ProjectRpc => projectStub(env, name)
export const hub = (name: AudienceName): HubRpc & Pick<Fetcher, 'fetch'> => hubStub(env, name)

/** The value of a result that must be fine. */
export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`refused: ${JSON.stringify(result.error)}`)
}
