/**
 * Whom a token or a session speaks for. The one place where tokens are known, so that how often each is used is counted
 * exactly; and where attempts that fail are written down, and slowed down by address.
 */
import { isFrom, isLoopback } from '../../domain/address.ts'
import { Denials, withLeftOut } from '../../domain/denials.ts'
import { Buckets, FAILURE_RATE, type Rate, type Taken } from '../../domain/rate.ts'
import { OWNER_ACCESS } from '../../domain/grants.ts'
import { appendAudit, by } from '../audit-chain.ts'
import type { Caller, Denial } from '../project/interface.ts'
import type { AdminTokenInfo, Authentication, Credential, RateState } from './interface.ts'
import { findSession, sessionOwner } from './sessions.ts'
import { findByPrefix, findToken, isLive, readToken, touchToken } from './tokens.ts'

/** Of one token, unless the variable TOKEN_RATE says otherwise. */
export const TOKEN_RATE: Rate = { perSecond: 100, burst: 1_000 }

export class Gate {
  readonly #sql: SqlStorage
  readonly #rate: Rate
  readonly #requests: Buckets
  readonly #failures = new Buckets(FAILURE_RATE)
  readonly #denials = new Denials()

  constructor(sql: SqlStorage, rate: Rate) {
    this.#sql = sql
    this.#rate = rate
    this.#requests = new Buckets(rate)
  }

  authenticate(credential: Credential, address: string | null, nowMs: number): Authentication {
    if (credential.kind === 'subject') return this.#admit(credential.id, '', [], nowMs)
    // Before the token is looked at: else who is slowed down would still learn which of his guesses is right.
    const limited = address !== null && !isLoopback(address)
    if (limited) {
      const next = this.#failures.peek(address, nowMs)
      if (!next.allowed)
        return { ok: false, reason: 'rate_limited', rate: stateOf(FAILURE_RATE, next) }
    }
    const found =
      credential.kind === 'token'
        ? this.#token(credential, address, nowMs)
        : this.#session(credential, address, nowMs)
    if (!found.ok && found.reason === 'unauthorized' && limited) this.#failures.take(address, nowMs)
    return found
  }

  recordDenial({ reason, ...denial }: Denial, caller: Caller, atMs: number): void {
    const admitted = this.#denials.admit(`${caller.tokenId} ${denial.action}`, atMs)
    if (admitted === null) return
    appendAudit(this.#sql, {
      ...denial,
      atMs,
      ...by(caller),
      outcome: 'denied',
      reason: withLeftOut(reason, admitted.leftOut),
    })
  }

  #token(
    { sha256, prefix }: Extract<Credential, { kind: 'token' }>,
    address: string | null,
    nowMs: number,
  ): Authentication {
    const token = findToken(this.#sql, sha256)
    if (token === null) {
      // Nobody's token, but it begins like one: somebody had part of it.
      const near = findByPrefix(this.#sql, prefix)
      return near === null ? UNAUTHORIZED : this.#refuse(near, 'not the token', address, nowMs)
    }
    const fault = faultOf(token, address, nowMs)
    if (fault !== null) return this.#refuse(token, fault, address, nowMs)
    touchToken(this.#sql, token, nowMs)
    return this.#admit(token.id, token.name, token.grants, nowMs)
  }

  #session(
    { sha256, ownerSha256 }: Extract<Credential, { kind: 'session' }>,
    address: string | null,
    nowMs: number,
  ): Authentication {
    const session = findSession(this.#sql, sha256, nowMs)
    if (session === null) return UNAUTHORIZED
    const { tokenId, name, expiresAtMs } = session
    if (session.grants !== null) {
      return this.#admit(tokenId, name, session.grants, nowMs, expiresAtMs)
    }
    if (ownerSha256 !== null && tokenId === sessionOwner('owner', ownerSha256)) {
      return this.#admit('owner', name, OWNER_ACCESS.grants, nowMs, expiresAtMs)
    }
    // What the token may do by now; nothing once it is revoked.
    const token = readToken(this.#sql, tokenId)
    if (token === null) return UNAUTHORIZED
    const fault = faultOf(token, address, nowMs)
    if (fault !== null) return this.#refuse(token, fault, address, nowMs)
    return this.#admit(tokenId, name, token.grants, nowMs, expiresAtMs)
  }

  #admit(
    id: string,
    name: string,
    grants: AdminTokenInfo['grants'],
    nowMs: number,
    expiresAtMs?: number,
  ): Authentication {
    const taken = this.#requests.take(id, nowMs)
    const rate = stateOf(this.#rate, taken)
    return taken.allowed
      ? { ok: true, id, name, grants, rate, ...(expiresAtMs !== undefined && { expiresAtMs }) }
      : { ok: false, reason: 'rate_limited', rate }
  }

  #refuse(
    token: AdminTokenInfo,
    fault: string,
    address: string | null,
    nowMs: number,
  ): Authentication {
    const caller = { tokenId: token.id, name: token.name, address }
    const denial = { action: 'token.use', target: `token/${token.id}`, reason: fault }
    this.recordDenial(denial, caller, nowMs)
    return UNAUTHORIZED
  }
}

const UNAUTHORIZED: Authentication = { ok: false, reason: 'unauthorized' }

function faultOf(token: AdminTokenInfo, address: string | null, nowMs: number): string | null {
  if (token.revokedAtMs !== null) return 'revoked'
  if (!isLive(token, nowMs)) return 'expired'
  return isFrom(token.cidrs, address) ? null : 'from an address it is not for'
}

function stateOf({ burst }: Rate, { remaining, retryAfterMs }: Taken): RateState {
  return { limit: burst, remaining, retryAfterMs }
}
