/** The admin HTTP API of design §10 and §12. Mount it with `app.route('/api/v1', createApi(backend))`. */
import { Hono } from 'hono'
import { routes, type RouteName } from '../../admin/contract/routes.ts'
import { ProblemError, problemResponse } from '../http/problem.ts'
import { auditHandlers } from './audit.ts'
import type { Backend } from './backend.ts'
import type { Handlers, ParsedCall, Reply } from './call.ts'
import { changeHandlers } from './changes.ts'
import { configHandlers } from './configs.ts'
import { dispatch, type DispatchedRoute } from './dispatch.ts'
import { environmentHandlers } from './environments.ts'
import { evaluateHandlers } from './evaluate.ts'
import { FAILURE_RATE, Buckets } from '../domain/rate.ts'
import { problemOfFault } from './fault.ts'
import { deploymentHandlers } from './deployments.ts'
import { fleetHandlers } from './fleet.ts'
import { flagHandlers } from './flags.ts'
import { importHandlers } from './import.ts'
import { keyHandlers } from './keys.ts'
import { projectHandlers } from './projects.ts'
import { revisionHandlers } from './revisions.ts'
import { secretHandlers } from './secrets.ts'
import { mirrorHandlers } from './mirrors.ts'
import { schemaHandlers } from './schemas.ts'
import { segmentHandlers } from './segments.ts'
import { sessionHandlers } from './session.ts'
import { signingKeyHandlers } from './signing-keys.ts'
import { tokenHandlers } from './tokens.ts'

// Every route of the contract has a handler of its own types, and an action of the policy table, or this does not compile.
const handlers: Handlers = {
  ...projectHandlers,
  ...environmentHandlers,
  ...configHandlers,
  ...flagHandlers,
  ...segmentHandlers,
  ...secretHandlers,
  ...schemaHandlers,
  ...mirrorHandlers,
  ...evaluateHandlers,
  ...changeHandlers,
  ...revisionHandlers,
  ...keyHandlers,
  ...deploymentHandlers,
  ...fleetHandlers,
  ...auditHandlers,
  ...importHandlers,
  ...tokenHandlers,
  ...sessionHandlers,
  ...signingKeyHandlers,
}
const dispatched: Readonly<Record<RouteName, DispatchedRoute>> = routes

export function createApi(backend: Backend): Hono {
  const app = new Hono()
  const failures = new Buckets(FAILURE_RATE)
  const methods = new Map<string, string[]>()
  for (const name of Object.keys(handlers).filter(isRouteName)) {
    const route = dispatched[name]
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- handlers[name] takes the call of this very route, which dispatch parses with the route's own schemas
    const handler = handlers[name] as unknown as (call: ParsedCall) => Promise<Reply<unknown>>
    app.on(route.method, route.path, (context) =>
      dispatch({ backend, failures }, route, handler, context.req.raw, context.req.param()),
    )
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method])
  }
  for (const [path, allowed] of methods) {
    const allow = allowed.join(', ')
    app.all(path, () =>
      problemResponse('method_not_allowed', `This takes ${allow}.`, { headers: { allow } }),
    )
  }
  app.all('*', () => problemResponse('not_found', 'There is no such route.'))
  app.onError((error) => {
    if (error instanceof ProblemError) return error.toResponse()
    return problemOfFault(error, (fault) => backend.report?.(fault)).toResponse()
  })
  return app
}

function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(routes, name)
}
