/** The Worker: puts the parts together and nothing else. The only file that knows all of them. */
import * as runtime from 'cloudflare:workers'
import type { Hono } from 'hono'
import { createApi } from './api/index.ts'
import { readOidcSettings } from './api/oidc-settings.ts'
import { createSubjectVerifier, type VerifySubject } from './http/oidc.ts'
import { createPurger } from './http/purge.ts'
import { secured } from './http/security-headers.ts'
import { reportFault } from './objects/report.ts'
import { directoryStub, hubStub, projectStub } from './objects/stubs.ts'
import { createKvStore } from './read/kv-store.ts'
import { createRead } from './read/routes.ts'

export { DirectoryObject } from './objects/directory/directory-object.ts'
export { HubObject } from './objects/hub/hub-object.ts'
export { ProjectObject } from './objects/project/project-object.ts'

let app: Hono | undefined

/** Once an isolate: caches live as long as it does. Bindings are the same for every request of an isolate. */
function compose(env: Env): Hono {
  const store = createKvStore({
    kv: env.SNAPSHOTS,
    project: (name) => projectStub(env, name),
    directory: () => directoryStub(env),
    // Absent where the runtime has none.
    edge: typeof caches === 'undefined' ? undefined : caches.default,
  })
  const read = createRead({
    store,
    hub: (name, node) => hubStub(env, name, node),
    random: () => Math.random(),
    record: ({ project, environment, audience }, counts) =>
      projectStub(env, project).recordEvaluations(environment, audience, counts),
    keepSamples: ({ project, environment, audience }, samples) =>
      projectStub(env, project).recordSamples(environment, audience, samples),
    takeStatus: (name, report) => hubStub(env, name).report(report),
    clock: () => Date.now(),
    every(ms, call) {
      const timer = setInterval(call, ms)
      return () => clearInterval(timer)
    },
    onError: (error) => reportFault('read failed', error),
  })
  const verifySubject = subjectVerifier(env)
  const api = createApi({
    project: (name) => projectStub(env, name),
    directory: () => directoryStub(env),
    hub: (name) => hubStub(env, name),
    forgetKey: (sha256) => read.forgetKey(sha256),
    purge: createPurger({
      purge: cachePurge(),
      nowMs: () => Date.now(),
      report: (error) => reportFault('purge failed', error),
    }),
    nowMs: () => Date.now(),
    report: (error) => reportFault('request failed', error),
    ...(verifySubject !== undefined && { verifySubject }),
    ...(env.OWNER_TOKEN !== undefined && { ownerToken: env.OWNER_TOKEN }),
  })
  return read.app.route('/api/v1', api)
}

/** Workers Cache, where this runtime has it. */
function cachePurge(): ((tags: string[]) => Promise<unknown>) | undefined {
  const cache: unknown = Reflect.get(runtime, 'cache')
  const purge: unknown = Reflect.get(Object(cache), 'purge')
  if (typeof purge !== 'function') return undefined
  return (tags) => Promise.resolve(Reflect.apply(purge, cache, [{ tags }]))
}

/** Settings that cannot work keep nobody out who has a token: they are reported, and nobody signs in by them. */
function subjectVerifier(env: Env): VerifySubject | undefined {
  try {
    const settings = readOidcSettings(env)
    return settings && createSubjectVerifier(settings, () => Date.now())
  } catch (error) {
    reportFault('identity provider not configured', error)
    return undefined
  }
}

export default {
  async fetch(request, env, context) {
    app ??= compose(env)
    return secured(await app.fetch(request, env, context))
  },
} satisfies ExportedHandler<Env>
