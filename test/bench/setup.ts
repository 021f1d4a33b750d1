/** What the benchmarks of a running platform share: a free port, and the few admin calls they need. */
import { createServer } from 'node:net'

export interface BenchAdmin {
  /** Creates the project with these configs in `production`; answers a server key of it. */
  project(name: string, configs: Readonly<Record<string, unknown>>): Promise<string>
  /** Replaces one config's document. */
  put(project: string, config: string, document: unknown): Promise<void>
}

export function adminOf(platform: {
  readonly url: string
  readonly ownerToken: string
}): BenchAdmin {
  const call = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${platform.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${platform.ownerToken}`,
        'content-type': 'application/json',
        'if-match': '*',
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const put = async (project: string, config: string, document: unknown): Promise<void> => {
    await call('PUT', `/projects/${project}/configs/${config}`, {
      format: 'json',
      source: JSON.stringify(document),
      reason: 'benchmark',
    })
  }
  return {
    put,
    async project(name, configs) {
      await call('POST', '/projects', { name, environments: ['production'] })
      for (const [config, document] of Object.entries(configs)) await put(name, config, document)
      const made = await call('POST', `/projects/${name}/keys`, {
        environment: 'production',
        audience: 'server',
        name: 'benchmark',
      })
      const key: unknown = Reflect.get(Object(made), 'key')
      if (typeof key !== 'string') throw new Error('the platform answered no key')
      return key
    },
  }
}

export async function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? settle(address.port) : fail(new Error('no port')),
      )
    })
  })
}
