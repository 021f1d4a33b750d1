/** The identity provider's settings as the operator gives them: variables of the Worker, read once. */
import * as v from 'valibot'
import { grant } from '../../admin/contract/token.ts'
import { parseWith } from '../../admin/contract/schema.ts'
import { isAction } from '../domain/access.ts'
import type { Grant } from '../domain/grants.ts'
import type { OidcOptions } from '../http/oidc.ts'

/** docs/how-to/sign-in-with-oidc.md tells what each is for. */
export interface OidcVariables {
  readonly OIDC_ISSUER?: string | undefined
  readonly OIDC_AUDIENCE?: string | undefined
  /** Default: `<issuer>/cdn-cgi/access/certs` for Cloudflare Access, `<issuer>/.well-known/jwks.json` otherwise. */
  readonly OIDC_JWKS_URL?: string | undefined
  /** Default `groups`. */
  readonly OIDC_GROUPS_CLAIM?: string | undefined
  /** JSON: an object from group to its grants. */
  readonly OIDC_GROUPS?: string | undefined
}

const groupsSchema = v.record(v.string(), v.array(grant))

/**
 * Undefined when no issuer is set.
 *
 * @throws Error naming the variable that is missing or wrong.
 */
export function readOidcSettings(variables: OidcVariables): OidcOptions | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = variables
  if (issuer === undefined || issuer === '') return undefined
  if (audience === undefined || audience === '') throw new Error('OIDC_AUDIENCE is not set')
  const base = urlOf('OIDC_ISSUER', issuer)
  const path = base.hostname.endsWith('.cloudflareaccess.com')
    ? 'cdn-cgi/access/certs'
    : '.well-known/jwks.json'
  const jwksUrl = variables.OIDC_JWKS_URL ?? `${issuer.replace(/\/+$/, '')}/${path}`
  urlOf('OIDC_JWKS_URL', jwksUrl)
  return {
    issuer,
    audience,
    jwksUrl,
    groupsClaim: variables.OIDC_GROUPS_CLAIM ?? 'groups',
    groups: readGroups(variables.OIDC_GROUPS ?? '{}'),
  }
}

/** Keys that came over plain http could be anybody's; on this machine, in tests, they cannot. */
function urlOf(variable: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const local = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost'
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && local)) return url
  throw new Error(`${variable} must be an https URL`)
}

function readGroups(text: string): Readonly<Record<string, readonly Grant[]>> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new Error('OIDC_GROUPS is not JSON')
  }
  const parsed = parseWith(groupsSchema, document)
  if (!parsed.ok) {
    const [first] = parsed.issues
    throw new Error(`OIDC_GROUPS${first?.path ?? ''} ${first?.message ?? ''}`)
  }
  const groups = Object.entries(parsed.value).map(([group, grants]) => {
    const named = grants.map((one): Grant => {
      if ('role' in one) return one
      const actions = one.actions.filter(isAction)
      if (actions.length === one.actions.length) return { ...one, actions }
      throw new Error(`OIDC_GROUPS/${group} names an action that is none`)
    })
    return [group, named] as const
  })
  return Object.fromEntries(groups)
}
