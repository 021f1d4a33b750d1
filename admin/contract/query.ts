/** Query parameters: texts on the wire, parsed once. */
import * as v from 'valibot'
import { flagKind, owner, tag } from './flag.ts'
import { acknowledgeText } from './guard.ts'
import { DEFAULT_PAGE, MAX_PAGE, MAX_TIME_MS } from './limits.ts'
import { itemName, reason, scopeName, strict } from './schema.ts'

/** An integer in `[min, max]` written in decimal digits. */
function digits(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.regex(/^(?:0|[1-9][0-9]{0,15})$/, `must be an integer from ${min} to ${max}`),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
  )
}

const revisionNumber = digits(1, Number.MAX_SAFE_INTEGER)

const flag = v.pipe(
  v.picklist(['true', 'false']),
  v.transform((text) => text === 'true'),
)

function filter(max: number) {
  return v.pipe(v.string(), v.minLength(1), v.maxLength(max))
}

const dryRun = { dryRun: v.exactOptional(flag) }
const page = {
  limit: v.optional(digits(1, MAX_PAGE), String(DEFAULT_PAGE)),
  cursor: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(512))),
}
const revision = { revision: v.exactOptional(revisionNumber) }

export const noQuery = strict({})
export const writeQuery = strict(dryRun)
/** Of what may change contents of an environment. `acknowledge`: such as `grows,changes`. */
const content = { ...dryRun, acknowledge: v.exactOptional(acknowledgeText) }
export const contentQuery = strict(content)
/** `contents`: a dry run also answers what each item would hold. */
export const changesQuery = v.pipe(
  strict({ ...content, contents: v.exactOptional(flag) }),
  v.check(
    ({ contents, dryRun: isDry }) => contents !== true || isDry === true,
    'must have dryRun=true with contents=true',
  ),
)
export const contentDeleteQuery = strict({ ...content, reason: v.exactOptional(reason) })
export const deleteQuery = strict({ ...dryRun, reason: v.exactOptional(reason) })
export const pageQuery = strict(page)
/** Rows of an audit that are all of what is asked for. */
export const auditQuery = strict({
  ...page,
  /** A name, or the id of a token. */
  actor: v.exactOptional(filter(256)),
  action: v.exactOptional(filter(64)),
  /** Such as `flag/checkout`, with all below it. */
  item: v.exactOptional(filter(512)),
  outcome: v.exactOptional(v.picklist(['allowed', 'denied'])),
  /** Milliseconds since 1970; the second is not in it. */
  sinceMs: v.exactOptional(digits(0, MAX_TIME_MS)),
  untilMs: v.exactOptional(digits(0, MAX_TIME_MS)),
})
/** A list of items, as they were at `revision`. */
export const itemsQuery = strict({ ...page, ...revision })
/** A list of flags: those that are all of what is asked for. */
export const flagsQuery = strict({
  ...page,
  ...revision,
  tag: v.exactOptional(tag),
  kind: v.exactOptional(flagKind),
  owner: v.exactOptional(owner),
  archived: v.exactOptional(flag),
  stale: v.exactOptional(flag),
})
export const secretsQuery = strict({ ...page, environment: v.exactOptional(scopeName) })
export const alertsQuery = strict({ environment: v.exactOptional(scopeName) })
export const secretQuery = strict({ environment: scopeName })
export const secretDeleteQuery = strict({
  ...dryRun,
  environment: scopeName,
  reason: v.exactOptional(reason),
})
/** `version`: default the active one. */
export const secretValueQuery = strict({
  environment: scopeName,
  version: v.exactOptional(revisionNumber),
  reason,
})
export const revisionQuery = strict(revision)
export const resolvedQuery = strict({ environment: scopeName, ...revision })
export const environmentQuery = strict({ environment: scopeName })
export const diffQuery = strict({
  environment: v.exactOptional(scopeName),
  as: v.optional(v.picklist(['content', 'patch', 'text']), 'content'),
})
/** Two environments, each at a revision; without one the base layer. */
export const environmentDiffQuery = v.pipe(
  strict({
    from: v.exactOptional(scopeName),
    to: v.exactOptional(scopeName),
    fromRevision: v.exactOptional(revisionNumber),
    toRevision: v.exactOptional(revisionNumber),
    of: v.optional(v.picklist(['resolved', 'layers']), 'resolved'),
    config: v.exactOptional(itemName),
    flag: v.exactOptional(itemName),
  }),
  v.check(
    ({ config, flag: flagKey }) => config === undefined || flagKey === undefined,
    'must name a config or a flag, not both',
  ),
)
export const deploymentsQuery = strict({ ...page, environment: v.exactOptional(scopeName) })
/** The body is the vendor's own document, so the reason stands here. */
export const importQuery = strict({
  ...content,
  from: v.string(),
  environment: scopeName,
  reason: v.exactOptional(reason),
})
