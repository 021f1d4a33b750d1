/** The limits of design §10 that are about the shape of a request. Refused, never truncated. */

/** `^…$` of a project or an environment. */
export const SCOPE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
/** `^…$` of a config, flag or segment. */
export const ITEM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

export const MAX_REASON_CHARS = 1_000
export const MAX_DESCRIPTION_CHARS = 1_000
/** Name of a key or token, for people. */
export const MAX_LABEL_CHARS = 128
export const MAX_OPERATIONS = 1_000
export const MAX_VARIANTS = 200
export const MAX_VARIANT_NAME_CHARS = 128
export const MAX_RULES = 100
/** What foreign bucketing may count weights in (EVALUATION.md §9). */
export const MAX_BUCKETING_PARTS = 1_000_000_000
export const MAX_SEGMENT_IDS = 10_000
/** How deep `all`, `any` and `not` may nest in one rule or segment. */
export const MAX_CONDITION_DEPTH = 6
/** Text that is compared or hashed: ids, seeds, attribute names. */
export const MAX_TEXT_CHARS = 1_024
export const MAX_PREREQUISITES = 100
export const MAX_METADATA_MEMBERS = 100
export const MAX_OWNER_CHARS = 128
export const MAX_TAGS = 20
export const MAX_TAG_CHARS = 64
export const MAX_ENVIRONMENTS = 100
/** Places of one source that one operation changes, and how long a pointer to one may be. */
export const MAX_SOURCE_CHANGES = 100
export const MAX_POINTER_CHARS = 10_000
/** Types of references that one config names. */
export const MAX_REFERENCE_TYPES = 1_000
/** How long audit rows are kept, at the shortest and the longest that can be said. */
export const MIN_AUDIT_DAYS = 400
export const MAX_AUDIT_DAYS = 36_500
/** Of how many revisions the contents are kept, at the fewest and the most that can be said. */
export const MIN_KEPT_REVISIONS = 10
export const MAX_KEPT_REVISIONS = 1_000_000
/** Grants of a token, patterns in one list of a grant, and characters in one pattern. */
export const MAX_GRANTS = 20
export const MAX_PATTERNS = 50
export const MAX_PATTERN_CHARS = 128
/** How far back a rollback counts. */
export const MAX_BACK = 10_000
/** A secret's value; its bytes, 65,536, are counted where it is sealed. */
export const MAX_SECRET_CHARS = 65_536
/** SDK keys that one value may be sealed for by its author. */
export const MAX_SEALED_RECIPIENTS = 1_000
export const MAX_GENERATED_CHARS = 1_024
export const MAX_GRACE_MS = 90 * 24 * 60 * 60 * 1000
export const MAX_INVARIANTS = 100
/** Migrations of a schema, and steps of one in one direction. */
export const MAX_MIGRATIONS = 100
export const MAX_STEPS = 100
export const MAX_CHECKS = 100
/** Validate webhooks of an environment. */
export const MAX_HOOKS = 5
export const MAX_URL_CHARS = 2_048
export const MAX_MESSAGE_CHARS = 1_000
export const MAX_NAME_CHARS = 128
export const MAX_PAGE = 100
export const DEFAULT_PAGE = 50
/** Milliseconds since 1970 that a JavaScript `Date` can hold. */
export const MAX_TIME_MS = 8.64e15

/** Request bodies, bytes: most routes; a config's source or a change set; an import. */
export const BODY_LIMITS = {
  small: 1024 * 1024,
  source: 16 * 1024 * 1024,
  import: 25 * 1024 * 1024,
} as const
export type BodySize = keyof typeof BODY_LIMITS
