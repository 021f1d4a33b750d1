/**
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as curl and git know them. Node's own fetch heeds them only when it is told to: by a call where it
 * has one (24.14), by NODE_USE_ENV_PROXY at its start where it knows that (22.21); an older one cannot.
 */
import { versions } from 'node:process'

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']
/** `[major, minor]` of the first version of each line that knows NODE_USE_ENV_PROXY. */
const SINCE_22 = [22, 21] as const

/** Before the first request. Where Node has to be started anew for it, this does not return. */
export async function useProxies(process: NodeJS.Process): Promise<void> {
  const { env } = process
  const isWanted = PROXIES.some((name) => (env[name] ?? '') !== '')
  // Set already, to whatever: then Node has done it, or somebody said no.
  if (!isWanted || env['NODE_USE_ENV_PROXY'] !== undefined) return
  const http: object = await import('node:http')
  const set: unknown = Reflect.get(http, 'setGlobalProxyFromEnv')
  if (typeof set === 'function') {
    Reflect.apply(set, http, [env])
    return
  }
  const [major = 0, minor = 0] = versions.node.split('.').map(Number)
  const knows = major > SINCE_22[0] || (major === SINCE_22[0] && minor >= SINCE_22[1])
  const replace: unknown = Reflect.get(process, 'execve')
  if (knows && typeof replace === 'function' && process.platform !== 'win32') {
    const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    Reflect.apply(replace, process, [process.execPath, words, { ...env, NODE_USE_ENV_PROXY: '1' }])
  }
  process.stderr.write(
    knows
      ? 'warning: set NODE_USE_ENV_PROXY=1 for the proxy to be used\n'
      : `warning: a proxy is set, and Node ${versions.node} cannot use it; 22.21 or newer can\n`,
  )
}
