/**
 * The shapes of SNAPSHOT.md §1 to §3 and of a flag as EVALUATION.md §2 writes it. Hardly more than types: what is read here was
 * verified, so nothing here checks.
 */
import type { MigrationStep } from './change-set.ts'
import type { JsonValue } from './json.ts'
import type { ReferencePlaces } from './references.ts'
import type { SealedSecret } from './sealed.ts'

export type Audience = 'server' | 'client'

/** Who sees a config, flag or segment: the server audience alone, or both. */
export type Visibility = 'server' | 'client'

export const SNAPSHOT_FORMAT = 1

export interface SnapshotBody {
  readonly format: typeof SNAPSHOT_FORMAT
  readonly project: string
  readonly environment: string
  readonly audience: Audience
  /** The last revision that changed this body. */
  readonly revision: number
  readonly configs: Readonly<Record<string, JsonValue | ExternalDocument>>
  /** By config: the texts that the reader answers; absent where there are none. */
  readonly references?: Readonly<Record<string, ReferencePlaces>>
  /** By config: which version of its schema the document follows; absent where no config has one. */
  readonly schemas?: Readonly<Record<string, DocumentVersion>>
  readonly flags: Readonly<Record<string, Flag>>
  readonly segments: Readonly<Record<string, Segment>>
  readonly secrets: Readonly<Record<string, SealedSecret>>
}

/** The members of a body that hold items by name. */
export const BODY_PARTS = [
  'configs',
  'references',
  'schemas',
  'flags',
  'segments',
  'secrets',
] as const

/** The version of a document, and what leads from it to others. */
export interface DocumentVersion {
  readonly version: string
  /** Declared migrations, in the direction that they are taken; absent when there are none. */
  readonly migrations?: readonly {
    readonly from: string
    readonly to: string
    readonly steps: readonly MigrationStep[]
  }[]
}

type ItemKinds = Pick<SnapshotBody, (typeof BODY_PARTS)[number]>

/** The way from one body to another, item by item (SNAPSHOT.md §3.4). */
export interface SnapshotDelta {
  /** Revision of the body it applies to. */
  readonly from: number
  /** Revision of the body it leads to. */
  readonly to: number
  readonly put: Partial<ItemKinds>
  /** Sorted names. */
  readonly delete: { readonly [Kind in keyof ItemKinds]?: readonly string[] }
}

/** Stands in a body for a resolved document over 64 KiB; fetched by hash when first asked for. */
export interface ExternalDocument {
  readonly $external: { readonly sha256: string; readonly size: number }
}

export interface ManifestClaims {
  readonly iss: string
  /** `<project>/<environment>/<audience>` */
  readonly aud: string
  /** Seconds since 1970. */
  readonly iat: number
  /** Seconds since 1970. */
  readonly exp: number
  readonly epoch: number
  readonly seq: number
  readonly revision: number
  /** 64 lower-case hex digits. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** `base`: SHA-256 of the body it applies to. */
  readonly delta?: { readonly from: number; readonly base: string; readonly sha256: string }
  readonly candidate?: {
    readonly revision: number
    readonly sha256: string
    readonly size: number
    /** Parts of 100,000. */
    readonly share: number
    readonly seed: string
    readonly deployment: string
    /** Who takes it whatever the share. */
    readonly rings?: readonly Ring[]
  }
}

/** Label → values: instances that have one of the values of each label named. Never empty. */
export type Ring = Readonly<Record<string, readonly string[]>>

export type FlagType = 'boolean' | 'string' | 'number' | 'object'

/** A flag as one environment sees it. */
export interface Flag {
  readonly type: FlagType
  /** Variant name (1 to 128 characters) → value of `type`. */
  readonly variants: Readonly<Record<string, JsonValue>>
  readonly enabled: boolean
  /** Bucketing seed; stored, never derived from the key, so that renaming moves nobody. */
  readonly seed: string
  /** Served when the flag is off; absent: the caller's fallback. */
  readonly offVariant?: string
  /** Served when no rule matched; absent: the caller's fallback. */
  readonly defaultVariant?: string
  readonly prerequisites?: readonly Prerequisite[]
  /** Variant → targeting keys that get it before any rule is asked. */
  readonly targets?: Readonly<Record<string, readonly string[]>>
  readonly rules?: readonly Rule[]
  /** Handed through as OpenFeature flag metadata. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
}

export interface Prerequisite {
  readonly flag: string
  /** The other flag must be enabled and serve one of these. */
  readonly variants: readonly string[]
}

export interface Rule {
  readonly id: string
  /** Absent: every context. */
  readonly when?: Condition
  readonly serve: Serve
  /** Overrides the flag's seed. */
  readonly seed?: string
  /** Attribute whose value is hashed; default `targetingKey`. */
  readonly bucketBy?: string
  /** Whose arithmetic decides a share: a bucketer that the application passes in (EVALUATION.md §9); absent: ours. */
  readonly bucketing?: { readonly by: string; readonly parts?: number }
  /** The rule is asked only in `[startMs, endMs)`, milliseconds since 1970; absent: no bound. */
  readonly startMs?: number
  readonly endMs?: number
}

export type Serve =
  | { readonly variant: string }
  | { readonly split: readonly WeightedVariant[] }
  | { readonly ramp: Ramp }

export interface WeightedVariant {
  readonly variant: string
  /** Parts of 100,000; the weights of a split sum to at most that, the remainder falls to the next rule. */
  readonly weight: number
  /** Where it starts, in the same parts; absent: where the one before ends. */
  readonly from?: number
}

/** A share that grows with time, evaluated locally: `from` before `startMs`, `to` from `endMs`, linear between. */
export interface Ramp {
  readonly variant: string
  readonly from: number
  readonly to: number
  readonly startMs: number
  readonly endMs: number
}

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | AttributeCondition

/** `attribute operator value`; EVALUATION.md §5 has the table of operators. */
export interface AttributeCondition {
  /** Attribute name or dotted path; absent only for `inSegment`. */
  readonly attribute?: string
  readonly operator: string
  readonly value?: JsonValue
}

/** A reusable set of contexts: listed ids, or a condition. */
export interface Segment {
  readonly ids?: readonly string[]
  readonly excludedIds?: readonly string[]
  readonly when?: Condition
}
