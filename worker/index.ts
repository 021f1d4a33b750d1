/** The Worker: puts the parts together and nothing else. The only file that knows all of them. */
import { Hono } from 'hono'
import { createApi } from './api/index.ts'
import { problemResponse } from './http/problem.ts'
import { directoryStub, projectStub } from './objects/stubs.ts'

export { DirectoryObject } from './objects/directory/directory-object.ts'
export { HubObject } from './objects/hub/hub-object.ts'

let app: Hono | undefined

function compose(env: Env): Hono {
  const api = createApi({
    project: (name) => projectStub(env, name),
    directory: () => directoryStub(env),
    forgetKey: () => {},
    nowMs: () => Date.now(),
    ...(env.OWNER_TOKEN !== undefined && { ownerToken: env.OWNER_TOKEN }),
  })
  return new Hono()
    .route('/api/v1', api)
    .get('/health', (context) => context.json({ status: 'ok' }))
    .notFound(() => problemResponse('not_found', 'There is no such route.'))
}

export default {
  fetch(request, env, context) {
    app ??= compose(env)
    return app.fetch(request, env, context)
  },
} satisfies ExportedHandler<Env>
