/** The objects by their names, as their interfaces: all that those take and give is plain data, so a stub is just that. */
import type { AudienceName } from '#core'
import { formatAudience } from '#core'
import type { DirectoryRpc } from './directory/interface.ts'
import type { HubRpc, Region } from './hub/interface.ts'
import { nodeName } from './hub/tree.ts'
import type { ProjectRpc } from './project/interface.ts'

export function projectStub(env: Env, name: string): ProjectRpc {
  // The runtime's stub types wrap every member of every answer; through recursive JSON they have no end (TS2589).
  const untyped: DurableObjectNamespace = env.PROJECT
  const stub: unknown = untyped.getByName(name)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ProjectObject implements ProjectRpc
  return stub as ProjectRpc
}

/** Also answers `fetch`: the WebSocket upgrade. `node`: 0 is the root, whom all is told. */
export function hubStub(
  env: Env,
  name: AudienceName,
  node = 0,
  hint?: Region,
): HubRpc & Pick<Fetcher, 'fetch'> {
  // A hint counts when the object is made, and is one.
  const options = hint === undefined ? {} : { locationHint: hint }
  return env.HUB.getByName(nodeName(formatAudience(name), node), options)
}

export function directoryStub(env: Env): DirectoryRpc {
  return env.DIRECTORY.getByName('directory')
}
