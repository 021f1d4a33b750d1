/** Deployments: what is being released, and what people do about it. */
import type { Deployment } from '../domain/deployment.ts'
import { shareOf } from '../domain/deployment.ts'
import type { Action } from '../domain/access.ts'
import type { DeploymentAct } from '../objects/project/interface.ts'
import { type HandlersOf, type ParsedCall, requireAllowed, valueOf, visibleBy } from './call.ts'

type ActCall = Pick<ParsedCall, 'identity' | 'caller' | 'project'> & {
  readonly parameters: { readonly project: string; readonly deployment: string }
  readonly body: { readonly reason: string }
  readonly query: { readonly dryRun?: boolean }
}

const act = (what: DeploymentAct) => async (call: ActCall) => {
  const { project, body, caller, query } = call
  await find(call, what === 'alarm' ? 'deployment.alarm' : 'deployment.write')
  const id = call.parameters.deployment
  const options = { caller, dryRun: query.dryRun === true }
  return { body: shown(valueOf(await project.actOnDeployment(id, what, body.reason, options))) }
}

export const deploymentHandlers: HandlersOf<
  | 'listDeployments'
  | 'createDeployment'
  | 'getDeployment'
  | 'pauseDeployment'
  | 'resumeDeployment'
  | 'promoteDeployment'
  | 'abortDeployment'
  | 'alarmDeployment'
> = {
  async listDeployments({ identity, parameters, project, query }) {
    const { environment, ...page } = query
    const isVisible = visibleBy(identity, 'deployment.read', parameters.project)
    const { items, ...rest } = valueOf(await project.deployments(environment, page))
    const seen = items.filter((one) => isVisible(one.environment))
    return { body: { ...rest, items: seen.map(shown) } }
  },

  async createDeployment({ project, body, query, caller, path }) {
    const dryRun = query.dryRun === true
    const deployment = valueOf(await project.deploy(body, { caller, dryRun }))
    const location = `${path}/${deployment.id}`
    return { body: shown(deployment), ...(dryRun ? { status: 200 } : { location }) }
  },

  async getDeployment(call) {
    return { body: shown(await find(call, 'deployment.read')) }
  },

  pauseDeployment: act('pause'),
  resumeDeployment: act('resume'),
  promoteDeployment: act('promote'),
  abortDeployment: act('abort'),
  alarmDeployment: act('alarm'),
}

/** The deployment that the path names, if the token may do this in its environment. */
async function find(
  { identity, parameters, project }: Pick<ActCall, 'identity' | 'parameters' | 'project'>,
  action: Action,
): Promise<Deployment> {
  const deployment = valueOf(await project.deployment(parameters.deployment))
  const { environment } = deployment
  requireAllowed(identity, action, { project: parameters.project, environment })
  return deployment
}

/** As the contract tells of it: without the seed, which nobody needs. */
function shown(deployment: Deployment) {
  const { plan, seed: _, gate: __, proven: ___, step: ____, leftMs: _____, ...about } = deployment
  return { ...about, share: shareOf(deployment), ...plan }
}
