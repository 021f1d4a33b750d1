/** How the API refuses: `application/problem+json` (RFC 9457), as a client reads it. */
import * as v from 'valibot'
import { guardFindings } from './guard.ts'

export const problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  /** Stable; what a program decides by. */
  code: v.string(),
  detail: v.string(),
  /** `path` is a JSON pointer into the body, or `?name` for a query parameter. */
  errors: v.exactOptional(
    v.array(
      v.object({
        path: v.string(),
        message: v.string(),
        /** Of a document that breaks a rule: where in the resolved document, and which rule. */
        config: v.exactOptional(v.string()),
        environment: v.exactOptional(v.string()),
        pointer: v.exactOptional(v.string()),
        rule: v.exactOptional(v.string()),
      }),
    ),
  ),
  /** With `revision_conflict`: the newest revision, and what happened since the base. */
  current: v.exactOptional(v.number()),
  changed: v.exactOptional(
    v.array(
      v.object({
        kind: v.string(),
        key: v.string(),
        layer: v.string(),
        revision: v.number(),
        author: v.string(),
      }),
    ),
  ),
  /** With `in_use`: what would break. */
  by: v.exactOptional(v.array(v.string())),
  /** With `deployment_active`: who is in the way. */
  holder: v.exactOptional(
    v.object({ id: v.string(), author: v.string(), revision: v.number(), status: v.string() }),
  ),
  /** With `not_configured`: id of the master key that is missing from `MASTER_KEY`. */
  masterKey: v.exactOptional(v.string()),
  /** With `acknowledgement_required`: what is to be acknowledged. */
  guard: v.exactOptional(guardFindings),
  /** With `vetoed`: which validate webhooks, and what they said. */
  vetoes: v.exactOptional(
    v.array(
      v.object({
        hook: v.string(),
        environments: v.array(v.string()),
        /** False: it did not answer. */
        answered: v.boolean(),
        message: v.string(),
      }),
    ),
  ),
})

export type Problem = v.InferOutput<typeof problem>
