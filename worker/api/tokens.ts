/** Admin tokens. */
import type { BodyOf } from '../../admin/contract/route.ts'
import type { Routes } from '../../admin/contract/routes.ts'
import { isAction } from '../domain/access.ts'
import type { Issue } from '../domain/errors.ts'
import { type Access, EVERYTHING, type Grant, isWithin } from '../domain/grants.ts'
import { cutList, readCursor } from '../http/paging.ts'
import { ProblemError, problemOf } from '../http/problem.ts'
import type { AdminTokenInfo } from '../objects/directory/interface.ts'
import { type HandlersOf, notFound, valueOf } from './call.ts'
import { deletionReason } from './writing.ts'

const LIST = 'tokens'

export const tokenHandlers: HandlersOf<
  'listTokens' | 'createToken' | 'rotateToken' | 'revokeToken'
> = {
  async listTokens({ backend, query }) {
    const all = await backend.directory().tokens()
    const tokens = all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const start = query.cursor === undefined ? {} : { start: readCursor(LIST, query.cursor) }
    const page = cutList(LIST, tokens, { limit: query.limit, ...start }, ({ id }) => id)
    return { body: { ...page, items: page.items.map(tokenAnswer) } }
  },

  async createToken({ backend, identity, body, query, caller, path }) {
    const { name, cidrs, expiresAtMs, reason = 'Created' } = body
    const grants = grantsOf(body)
    requireWithin(identity, grants)
    checkEnd(expiresAtMs, backend.nowMs())
    if (query.dryRun === true) return { body: { dryRun: true }, status: 200 }
    const request = { name, grants, cidrs, expiresAtMs, reason }
    const { token, ...info } = valueOf(await backend.directory().createToken(request, caller))
    return { body: { ...tokenAnswer(info), token }, location: `${path}/${info.id}` }
  },

  async rotateToken({ backend, identity, parameters, body, query, caller }) {
    const { overlapSeconds, expiresAtMs, reason = 'Rotated' } = body
    const id = parameters.token
    const known = (await backend.directory().tokens()).find((token) => token.id === id)
    if (known === undefined || known.revokedAtMs !== null) {
      throw notFound({ noun: 'token', name: id })
    }
    // Who rotates gets to see the new one.
    requireWithin(identity, known.grants)
    checkEnd(expiresAtMs ?? null, backend.nowMs())
    if (query.dryRun === true) return { body: { dryRun: true }, status: 200 }
    const request = {
      id,
      overlapMs: overlapSeconds * 1000,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      reason,
    }
    const { token, ...info } = valueOf(await backend.directory().rotateToken(request, caller))
    return { body: { ...tokenAnswer(info), token }, location: `/api/v1/tokens/${info.id}` }
  },

  async revokeToken(call) {
    const { backend, parameters, query, caller } = call
    const id = parameters.token
    const reason = deletionReason(call, 'Revoked')
    if (query.dryRun === true) {
      const known = (await backend.directory().tokens()).some((token) => token.id === id)
      if (!known) throw notFound({ noun: 'token', name: id })
      return { body: { id, dryRun: true } }
    }
    valueOf(await backend.directory().revokeToken(id, reason, caller))
    return { body: { id, dryRun: false } }
  },
}

/** What a token is asked for: one role, or grants, not both. */
function grantsOf({ role, project, grants }: BodyOf<Routes['createToken']>): readonly Grant[] {
  if ((role === undefined) === (grants === undefined)) {
    throw invalid({ path: '/role', message: 'give either role or grants' })
  }
  if (role !== undefined) {
    return [{ role, ...EVERYTHING, ...(project !== null && { projects: [project] }) }]
  }
  if (project !== null) {
    throw invalid({ path: '/project', message: 'goes with role; a grant has projects' })
  }
  return (grants ?? []).map((grant, index) => {
    if ('role' in grant) return grant
    const actions = grant.actions.filter(isAction)
    const unknown = grant.actions.findIndex((action) => !isAction(action))
    if (unknown === -1) return { ...grant, actions }
    throw invalid({
      path: `/grants/${index}/actions/${unknown}`,
      message: 'is no action of docs/access.md',
    })
  })
}

/** @throws ProblemError `forbidden`: nobody gives what he has not got. */
function requireWithin(access: Access, grants: readonly Grant[]): void {
  if (grants.every((grant) => isWithin(access, grant))) return
  throw new ProblemError('forbidden', 'The grants allow more than this token itself is allowed.')
}

function checkEnd(expiresAtMs: number | null, nowMs: number): void {
  if (expiresAtMs === null || expiresAtMs > nowMs) return
  const message = 'must be in the future, in milliseconds since 1970'
  throw invalid({ path: '/expiresAtMs', message })
}

function invalid(issue: Issue): ProblemError {
  return problemOf({ reason: 'invalid', issues: [issue] })
}

/** With the short form of what it may do, where there is one. */
function tokenAnswer(info: AdminTokenInfo) {
  const [first, ...rest] = info.grants
  const [project, ...others] = first?.projects ?? []
  const one = rest.length === 0 && others.length === 0 && project !== undefined
  return {
    ...info,
    role: rest.length === 0 ? (first?.role ?? 'custom') : 'custom',
    project: one && !project.includes('*') ? project : null,
  }
}
