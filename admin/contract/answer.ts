/** What the API answers, as far as several routes share it. Not strict: a client must read what a newer server adds. */
import * as v from 'valibot'
import { guardFindings } from './guard.ts'
import { jsonValue, named } from './schema.ts'

/** Readonly, as the objects answer it: an answer is never changed. */
export function listOf<S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.readonly())
}

const itemRef = {
  kind: v.picklist(['environment', 'config', 'flag', 'segment', 'secret', 'schema', 'mirror']),
  key: v.string(),
  /** `base`, or `env:<environment>`. */
  layer: v.string(),
}

/** What a write did, or would do with `?dryRun=true`. */
export const committedMembers = {
  revision: v.number(),
  dryRun: v.boolean(),
  /** Items whose content differs; content hashes before and after, null when absent. */
  changed: listOf(
    v.object({
      ...itemRef,
      before: v.nullable(v.string()),
      after: v.nullable(v.string()),
      /** With `contents=true`: what it would hold. */
      content: v.exactOptional(jsonValue),
    }),
  ),
  /** Environments whose snapshots are built anew. */
  environments: listOf(v.string()),
  /** Where it is released step by step: what became of it there. */
  deployments: v.exactOptional(
    listOf(v.object({ id: v.string(), environment: v.string(), status: v.string() })),
  ),
  /** What mirrors repaired, or only tell. `environment` empty: in the base layer. */
  mirrors: v.exactOptional(
    listOf(
      v.object({
        mirror: v.string(),
        config: v.string(),
        environment: v.string(),
        pointer: v.string(),
        outcome: v.picklist(['repaired', 'differs']),
      }),
    ),
  ),
  /** Of a dry run: recent evaluations, by sample, that would be answered otherwise; absent without samples, or when nothing. */
  impact: v.exactOptional(
    listOf(
      v.object({
        environment: v.string(),
        flag: v.string(),
        samples: v.number(),
        changed: v.number(),
        /** Of which nothing can be said. */
        unknown: v.number(),
        /** Variants, most frequent first; null: the caller's fallback. */
        moves: listOf(
          v.object({
            from: v.nullable(v.string()),
            to: v.nullable(v.string()),
            samples: v.number(),
          }),
        ),
      }),
    ),
  ),
  /** What is unusually large about it, acknowledged or, in a dry run, to be acknowledged; absent when nothing. */
  guard: v.exactOptional(guardFindings),
  /** Validate webhooks that were asked and allow it; absent when there are none. */
  validated: v.exactOptional(
    listOf(v.object({ hook: v.string(), environments: listOf(v.string()) })),
  ),
  /** There when this is the stored answer of an earlier request with the same Idempotency-Key. */
  replayed: v.exactOptional(v.literal(true)),
}
export const committed = named('Committed', v.object(committedMembers))

export const imported = v.object({
  ...committedMembers,
  imported: v.object({ flags: v.number(), segments: v.number(), configs: v.number() }),
  /** What could not be carried over: where it stands in the vendor's document, and why. */
  skipped: listOf(v.object({ path: v.string(), reason: v.string() })),
})

/** `next` is the cursor of the following page, absent on the last. */
export function pageOf<S extends v.GenericSchema>(item: S) {
  return v.object({ items: listOf(item), next: v.exactOptional(v.string()) })
}

/** One layer of an item as stored: who wrote it when, its hash, and its content. */
export function stored<S extends v.GenericSchema>(content: S) {
  return v.object(storedMembers(content))
}

export function storedMembers<S extends v.GenericSchema>(content: S) {
  return {
    /** Revision that wrote it. */
    revision: v.number(),
    /** 1, 2, 3 … of this item. */
    version: v.number(),
    sha256: v.string(),
    content,
  }
}

export const itemVersion = named(
  'ItemVersion',
  v.object({
    ...itemRef,
    revision: v.number(),
    version: v.number(),
    /** Null: deleted here. */
    sha256: v.nullable(v.string()),
    atMs: v.number(),
    author: v.string(),
    reason: v.string(),
  }),
)

export const revisionEntry = named(
  'RevisionEntry',
  v.object({
    revision: v.number(),
    atMs: v.number(),
    author: v.string(),
    reason: v.string(),
    kind: v.picklist(['change', 'rollback', 'import', 'promotion']),
    restores: v.exactOptional(v.number()),
    changed: listOf(v.object(itemRef)),
  }),
)

export const difference = named(
  'Difference',
  v.object({
    ...itemRef,
    change: v.picklist(['added', 'removed', 'changed']),
    /** With `as=content`. */
    before: v.exactOptional(jsonValue),
    after: v.exactOptional(jsonValue),
    /** With `as=patch`: RFC 6902, of what a config’s source says or of the item; absent when it was removed. */
    patch: v.exactOptional(jsonValue),
    /** With `as=text`: unified text, of the source or of the item as indented JSON. */
    text: v.exactOptional(v.string()),
  }),
)

/** An item that differs between two environments or layers. */
export const itemDifference = named(
  'ItemDifference',
  v.object({
    kind: v.picklist(['config', 'flag', 'segment']),
    key: v.string(),
    change: v.picklist(['added', 'removed', 'changed']),
    /** RFC 6902; absent when it was removed, or the answer would grow over 8 MiB. */
    patch: v.exactOptional(jsonValue),
    /** Unified text; absent when the answer would grow over 8 MiB. */
    text: v.exactOptional(v.string()),
  }),
)

export const auditMembers = {
  seq: v.number(),
  atMs: v.number(),
  actor: v.string(),
  tokenId: v.nullable(v.string()),
  address: v.nullable(v.string()),
  action: v.string(),
  target: v.string(),
  reason: v.string(),
  outcome: v.picklist(['allowed', 'denied']),
  revision: v.nullable(v.number()),
  beforeSha256: v.nullable(v.string()),
  afterSha256: v.nullable(v.string()),
  prevHash: v.string(),
  hash: v.string(),
}
export const auditEntry = named('AuditEntry', v.object(auditMembers))
