/** Routes of who is asking: the dashboard's sign-in, and what one may do. */
import * as v from 'valibot'
import { noQuery, writeQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { grantAnswers } from '../token.ts'

const session = v.object({
  /** Id of the token, `owner` for the bootstrap owner, `oidc/<sub>` for somebody a provider vouches for. */
  tokenId: v.string(),
  name: v.string(),
  via: v.picklist(['token', 'session', 'provider']),
  grants: grantAnswers,
  /** When the session ends; null: there is none. */
  expiresAtMs: v.nullable(v.number()),
})

export const sessionRoutes = {
  createSession: {
    method: 'POST',
    path: '/session',
    action: 'session.use',
    summary: 'Begins a session, as the bearer of an admin token or of an identity provider’s JWT.',
    notes:
      'Answers with the cookie `__Host-driftless` (HttpOnly, Secure, SameSite=Strict), which lives 8 hours at most and ends with the token. Requests with it must come from the same origin.',
    query: writeQuery,
    answer: session,
    status: 201,
    write: 'direct',
  },
  getSession: {
    method: 'GET',
    path: '/session',
    action: 'session.use',
    summary: 'Answers who is asking, and with which grants.',
    query: noQuery,
    answer: session,
  },
  endSession: {
    method: 'DELETE',
    path: '/session',
    action: 'session.use',
    summary: 'Ends the session whose cookie was sent.',
    query: writeQuery,
    answer: v.object({ ended: v.boolean() }),
    write: 'direct',
  },
} as const satisfies Readonly<Record<string, Route>>
