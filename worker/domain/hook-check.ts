/** Where a validate webhook may be: what somebody who may change an environment can make the platform send requests to. */
import { at, isList, isObjectOf, isText } from './issues.ts'
import type { JsonValue } from '#core'
import type { Issues } from './issues.ts'

export const MAX_HOOKS = 5
const MAX_NAME_CHARACTERS = 128
const MAX_URL_CHARACTERS = 2_048

/** Names that are not public, whoever resolves them. */
const PRIVATE_SUFFIXES = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home.arpa', 'onion']

export function checkHooks(
  value: JsonValue,
  path: string,
  issues: Issues,
  allowLocal: boolean,
): void {
  if (!isList(value, path, issues, MAX_HOOKS)) return
  const names = new Set<string>()
  for (const [index, hook] of value.entries()) {
    const here = at(path, index)
    if (!isObjectOf(hook, here, issues, ['name', 'url'])) continue
    const { name, url } = hook
    if (isText(name, at(here, 'name'), issues, 1, MAX_NAME_CHARACTERS)) {
      if (names.has(name)) issues.add(at(here, 'name'), 'must be given once in an environment')
      names.add(name)
    }
    if (!isText(url, at(here, 'url'), issues, 1, MAX_URL_CHARACTERS)) continue
    const fault = hookUrlFault(url, allowLocal)
    if (fault !== undefined) issues.add(at(here, 'url'), fault)
  }
}

/**
 * Why the platform will not send to `text`; undefined: it will. `allowLocal`: `http://localhost` and `http://127.0.0.1`,
 * with a port, may be asked too, for a platform that runs beside what it asks.
 *
 * Names that lead to private addresses are not found out here: the runtime's network keeps to the public one.
 */
export function hookUrlFault(text: string, allowLocal: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return 'must be an absolute URL such as https://rules.example.com/validate'
  if (url.username !== '' || url.password !== '') return 'must not hold a user or a password'
  if (url.hash !== '') return 'must not have a fragment'
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  if (isLocal && url.protocol === 'http:') {
    return allowLocal ? undefined : 'may lead to this computer only on a platform started locally'
  }
  if (url.protocol !== 'https:') return 'must begin with https://'
  if (url.port !== '') return 'must not name a port: 443 it is'
  // URL writes every spelling of an IPv4 address as four numbers, and IPv6 in brackets.
  const host = url.hostname.replace(/\.$/, '')
  if (/^[0-9.]+$/.test(host) || host.startsWith('[')) return 'must name a host, not an address'
  const isPrivate = PRIVATE_SUFFIXES.some((end) => host === end || host.endsWith(`.${end}`))
  return isPrivate || !host.includes('.') ? 'must name a public host' : undefined
}
