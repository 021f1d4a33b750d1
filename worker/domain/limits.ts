/** What is refused for its size (design §10). Sizes in bytes of UTF-8. */
export const MAX_CONFIG_BYTES = 10 * 1024 * 1024
export const MAX_BODY_BYTES = 20 * 1024 * 1024
/** A resolved config longer than this stands outside the body (SNAPSHOT.md §2). */
export const MAX_INLINE_CONFIG_BYTES = 65_536
/** The table of one config's texts with references (SNAPSHOT.md §1.1). */
export const MAX_REFERENCES_BYTES = 65_536
/** What leads from a document's version to others, in the body (SNAPSHOT.md §1.2): characters of JSON. */
export const MAX_WAYS_CHARACTERS = 16_384
export const MAX_FLAGS = 5_000
export const MAX_VARIANTS = 200
export const MAX_RULES = 100
export const MAX_SEGMENT_IDS = 10_000
/** How deep `all`, `any` and `not` nest in one rule or segment. */
export const MAX_CONDITION_DEPTH = 6
/** How deep segments refer to segments. */
export const MAX_SEGMENT_DEPTH = 6
/** How deep prerequisites lead: an evaluator takes a deeper one as not met (EVALUATION.md §3). */
export const MAX_PREREQUISITE_DEPTH = 10
/** Room for an import of every flag a project may have; the API takes 1,000 in a change set written by hand. */
export const MAX_OPERATIONS = 20_000
export const MAX_REASON_CHARACTERS = 1_000
export const MAX_DEPTH = 32
/**
 * UTF-16 units of source that one operation's changes may read: each change reads the source whole, three times.
 */
export const MAX_PATCHED_UNITS = 16 * 1024 * 1024

/** UTF-16 units of source that one migration of a config may read, in all environments, each as often as there are steps. */
export const MAX_MIGRATED_UNITS = 64 * 1024 * 1024

/**
 * How much longer canonical JSON may be than the text it was read from: `9e15,` becomes `9000000000000000,`, and a
 * UTF-16 unit takes up to 3 bytes. Lets a size be bounded without building the thing.
 */
export const CANONICAL_GROWTH = 4

/** A secret's value, bytes of UTF-8. */
export const MAX_SECRET_BYTES = 65_536
export const MAX_SECRETS = 10_000
/** Versions of a secret that are kept; older ones are destroyed unless they are served. */
export const MAX_SECRET_VERSIONS = 20
/** Secrets that one import may write. */
export const MAX_SECRET_WRITES = 1_000
export const MAX_GRACE_MS = 90 * 24 * 60 * 60 * 1000
export const DEFAULT_GRACE_MS = 24 * 60 * 60 * 1000
