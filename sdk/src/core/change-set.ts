/**
 * A change set: what the API, the CLI and the importers hand to the project that applies it. Types only; the contract's
 * valibot schemas parse into these shapes once at the rim, and nobody checks again what they guarantee.
 */
import type { PatchOperation } from './diff.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { ReferenceType } from './references.ts'
import type { Condition, FlagType, Prerequisite, Ring, Rule, Visibility } from './snapshot.ts'

/** What a layer is written in: the dialects of docs/formats.md. */
export type DocumentFormat = 'json' | 'jsonc' | 'yaml' | 'env' | 'ini' | 'toml'

/** The base layer of a config, as one item. `source` is kept byte for byte as written. */
export interface ConfigItem {
  readonly format: DocumentFormat
  readonly source: string
  /** Default `server`. */
  readonly visibility: Visibility
  readonly description?: string
  /** What a whole value that is one reference becomes, by JSON pointer, where no schema says it; at most 1,000. */
  readonly types?: Readonly<Record<string, ReferenceType>>
}

/** The override layer of a config in one environment. */
export interface ConfigOverrideItem {
  readonly format: DocumentFormat
  readonly source: string
}

/** One place of a source. `value` sets, adding what is missing above it; without it the member or element is removed. */
export interface SourceChange {
  /** JSON pointer; a list's length or `-` adds to it. */
  readonly path: string
  readonly value?: JsonValue
  readonly remove?: true
}

/** What a flag is for. Says whether it is meant to go away again; never reaches a snapshot. */
export type FlagKind = 'release' | 'experiment' | 'operational' | 'permission' | 'killswitch'

/** For people and tools: none of it reaches a snapshot. */
export interface FlagLifecycle {
  /** Who answers for it, 1 to 128 characters. */
  readonly owner?: string
  /** At most 20, each once, of 1 to 64 characters. */
  readonly tags?: readonly string[]
  readonly kind?: FlagKind
  /** `true`: meant to go; `false`: meant to stay. */
  readonly temporary?: boolean
  /** Left out of snapshots: applications get their fallback. */
  readonly archived?: boolean
}

/** What of a flag is the same in every environment. */
export interface FlagItem extends FlagLifecycle {
  readonly type: FlagType
  readonly variants: Readonly<Record<string, JsonValue>>
  /** Default `server`. */
  readonly visibility: Visibility
  /** Created at random when the flag is, unless given; never derived from the key. */
  readonly seed: string
  readonly description?: string
  /** Defaults for environments that name none of their own. */
  readonly offVariant?: string
  readonly defaultVariant?: string
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
}

/** A flag in one environment. Without it the flag is off there. */
export interface FlagEnvironmentItem {
  readonly enabled: boolean
  readonly offVariant?: string
  readonly defaultVariant?: string
  /** Overrides the flag's. */
  readonly seed?: string
  readonly prerequisites?: readonly Prerequisite[]
  readonly targets?: Readonly<Record<string, readonly string[]>>
  readonly rules?: readonly Rule[]
}

export interface SegmentItem {
  /** Default `server`. A segment that a client flag asks must itself be `client`. */
  readonly visibility: Visibility
  readonly description?: string
  readonly ids?: readonly string[]
  readonly excludedIds?: readonly string[]
  readonly when?: Condition
}

export interface EnvironmentItem {
  /** Inherits this environment's override layers. */
  readonly parent?: string
  /** Only who may `protected.write` changes what it gets; members that a schema requires must not be null or blank. */
  readonly protected: boolean
  /** Whether each of its configs must have a schema. Default false. */
  readonly requireSchema?: boolean
  /** What must hold of its resolved configs, beside their schemas. At most 100. */
  readonly checks?: readonly EnvironmentCheck[]
  /** Whether unusually large changes want to be acknowledged (docs/deployments.md). Default: as `protected`. */
  readonly guard?: boolean
  readonly description?: string
  /** How new content is released. Default: `linear-20-6m` where `protected`, else `all-at-once`. docs/deployments.md */
  readonly deployment?: StrategyName | CustomStrategy
  /** What ends a release early. Default: failing instances, rolled back. */
  readonly gate?: GateSettings
  /** When nothing new is released: at most 100 windows. */
  readonly freeze?: readonly FreezeWindow[]
  /** Who is asked before anything is published here, and may refuse it: docs/webhooks.md. At most 5. */
  readonly validate?: readonly ValidateHook[]
}

/** Asked by POST; what it must answer is in docs/webhooks.md. */
export interface ValidateHook {
  /** What people are told when it refuses: 1 to 128 characters, once an environment. */
  readonly name: string
  /** `https:`, a public host name, no user, no port and no fragment; at most 2,048 characters. */
  readonly url: string
}

export type StrategyName =
  | 'all-at-once'
  | 'linear-20-6m'
  | 'canary-10-20m'
  | 'ramp-1-5-10-25-50-100'

/** `LINEAR`: `factor` percent more with each step. `EXPONENTIAL`: `factor` percent, doubled with each step. */
export interface CustomStrategy {
  readonly growth: 'LINEAR' | 'EXPONENTIAL'
  /** Percent, an integer from 1 to 100. */
  readonly factor: number
  /** Between two steps, from 0 to 10,080 (a week); fractions are taken. */
  readonly minutes: number
  /** How long it is watched after the last step, minutes, as above. */
  readonly bake: number
  /** Who comes before all others, one after the other: 1 to 16, of at most 4,096 characters of JSON together. */
  readonly rings?: readonly NamedRing[]
}

export interface NamedRing {
  /** 1 to 64 characters, for people; each once. */
  readonly name: string
  /** Instances that have one of the values of each label; 1 to 16 labels, 1 to 100 values each. SNAPSHOT.md §3.5 */
  readonly labels: Ring
}

export interface GateSettings {
  /** Instances that failed to take the content, in percent of those that tried: more than this. Default 1. */
  readonly failedPercent?: number
  /** The same as a count: this many, an integer from 1. Default 3. */
  readonly failedInstances?: number
  /** What the applications measure (SNAPSHOT.md §4.4), at most 16. */
  readonly metrics?: readonly MetricThreshold[]
  /** What then. Default `rollback`. */
  readonly action?: 'rollback' | 'pause' | 'notify'
}

/** `rate`: samples a minute and instance; `mean`: of the samples; `p95`: the value that 95 % of them do not pass. */
export type MetricKind = 'rate' | 'mean' | 'p95'

/** What a metric of the candidate's instances may not pass. Has `max`, `relativeToStable` or both. */
export interface MetricThreshold {
  readonly metric: string
  readonly kind: MetricKind
  readonly max?: number
  /** So many times what the other instances measure, from 1 to 1,000. */
  readonly relativeToStable?: number
  /** Fewer samples say nothing: an integer from 1. Default 10. */
  readonly minSamples?: number
}

/** Milliseconds since 1970, `[fromMs, toMs)`. */
export interface FreezeWindow {
  readonly fromMs: number
  readonly toMs: number
  readonly reason?: string
}

/** One rule about one place of a config, in the operators of flags (EVALUATION.md §5); see docs/schemas.md. */
export interface EnvironmentCheck {
  /** The config, or `*` for all that have something at the path. */
  readonly config: string
  /** JSON pointer into the resolved document. */
  readonly path: string
  /** An operator of conditions, or `isSecret`: the value is a reference to a secret. */
  readonly operator: string
  readonly value?: JsonValue
  /** Said when it does not hold. */
  readonly message?: string
}

/** What must hold between places of one document. */
export interface Invariant {
  /** What it is called in an issue; 1 to 128 characters. */
  readonly name: string
  /** Where this does not hold, nothing is asked. Default: always. */
  readonly when?: Condition
  readonly require: Condition
  /** Said when it does not hold. Default: that it does not. */
  readonly message?: string
}

/** Places of a config that say what places of another one say, in every environment: docs/mirrors.md. */
export interface MirrorItem {
  /** The config that leads. */
  readonly from: string
  /** The config that follows. */
  readonly to: string
  /** What differs is refused, repaired in the same revision, or told. */
  readonly mode: 'enforce' | 'heal' | 'alert'
  /** JSON pointers, not empty: a place of `from`, and the one of `to`. 1 to 100 pairs. */
  readonly paths: readonly { readonly from: string; readonly to: string }[]
  readonly description?: string
}

/** What a config's resolved documents must satisfy. */
export interface SchemaItem {
  /** Of Semantic Versioning; another one for another schema. */
  readonly version: string
  /** JSON Schema: draft-07, 2019-09 or 2020-12. An object or a boolean. */
  readonly schema: JsonValue
  /** Whether `format` is checked or only says something. Default `assertion`. */
  readonly formats?: 'assertion' | 'annotation'
  /** At most 100. */
  readonly invariants?: readonly Invariant[]
  /** Between versions: docs/migrations.md. At most 100, one from a version to another. */
  readonly migrations?: readonly SchemaMigration[]
}

/** What makes documents of version `to` of those of version `from`; `down`: the way back. At most 100 steps each. */
export interface SchemaMigration {
  readonly from: string
  readonly to: string
  readonly up: readonly MigrationStep[]
  readonly down?: readonly MigrationStep[]
}

export type ConvertedType = 'string' | 'number' | 'boolean' | 'list'

/** Places are JSON pointers; one that is not there is passed over, but by `patch` (RFC 6902). */
export type MigrationStep =
  | { readonly op: 'move'; readonly from: string; readonly path: string }
  | { readonly op: 'rename'; readonly path: string; readonly name: string }
  | { readonly op: 'set'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'convert'; readonly path: string; readonly type: ConvertedType }
  | { readonly op: 'patch'; readonly patch: readonly PatchOperation[] }

export type Operation =
  | ({ readonly op: 'createEnvironment'; readonly environment: string } & EnvironmentItem)
  | {
      readonly op: 'updateEnvironment'
      readonly environment: string
      /** `null` removes. */
      readonly parent?: string | null
      readonly protected?: boolean
      readonly requireSchema?: boolean | null
      readonly checks?: readonly EnvironmentCheck[] | null
      readonly guard?: boolean | null
      readonly description?: string | null
      readonly deployment?: StrategyName | CustomStrategy | null
      readonly gate?: GateSettings | null
      readonly freeze?: readonly FreezeWindow[] | null
      readonly validate?: readonly ValidateHook[] | null
    }
  | { readonly op: 'deleteEnvironment'; readonly environment: string }
  | ({ readonly op: 'putConfig'; readonly name: string } & ConfigItem)
  | { readonly op: 'deleteConfig'; readonly name: string }
  | ({
      readonly op: 'putConfigOverride'
      readonly name: string
      readonly environment: string
    } & ConfigOverrideItem)
  /** Changes places of a source and keeps the rest of it as it was written. 1 to 100 changes, one after the other. */
  | {
      readonly op: 'patchConfig'
      readonly name: string
      readonly changes: readonly SourceChange[]
    }
  | {
      readonly op: 'patchConfigOverride'
      readonly name: string
      readonly environment: string
      readonly changes: readonly SourceChange[]
    }
  | { readonly op: 'deleteConfigOverride'; readonly name: string; readonly environment: string }
  | ({ readonly op: 'putFlag'; readonly key: string } & Omit<FlagItem, 'seed'> & {
        /** Absent: the stored one stays, or a random one is made. */
        readonly seed?: string
      })
  /** `patch` is a JSON Merge Patch (RFC 7396) of the stored item. */
  | { readonly op: 'patchFlag'; readonly key: string; readonly patch: JsonObject }
  | { readonly op: 'deleteFlag'; readonly key: string }
  | ({
      readonly op: 'putFlagEnvironment'
      readonly key: string
      readonly environment: string
    } & FlagEnvironmentItem)
  | {
      readonly op: 'patchFlagEnvironment'
      readonly key: string
      readonly environment: string
      readonly patch: JsonObject
    }
  | { readonly op: 'deleteFlagEnvironment'; readonly key: string; readonly environment: string }
  | ({ readonly op: 'putSegment'; readonly key: string } & SegmentItem)
  | { readonly op: 'deleteSegment'; readonly key: string }
  /** `name` is the config's, which need not be there yet. */
  | ({ readonly op: 'putSchema'; readonly name: string } & Omit<SchemaItem, 'version'> & {
        /** Absent: 1.0.0 at first; then raised by what the change means (SemVer: breaking, compatible, neither). */
        readonly version?: string
        /** Takes the stored layers along, from the stored schema's version to this one. Not stored. */
        readonly migrate?: true
      })
  | { readonly op: 'deleteSchema'; readonly name: string }
  | ({ readonly op: 'putMirror'; readonly name: string } & MirrorItem)
  | { readonly op: 'deleteMirror'; readonly name: string }

export interface ChangeSet {
  /** Why; 1 to 1,000 characters. */
  readonly reason: string
  /** 1 to 1,000 operations, applied in order, all or none. */
  readonly operations: readonly Operation[]
}

export type SecretType = 'password' | 'apiKey' | 'token' | 'certificate' | 'generic'

/** A version of a secret, without its value. */
export interface SecretVersionItem {
  /** From 1; a number is never used twice, also not by a later secret of that name. */
  readonly version: number
  readonly createdAtMs: number
  readonly author: string
  /** When its value stops being good, as people said; it is reminded of, and goes on being served. */
  readonly expiresAtMs?: number
  /** Its value was destroyed then. */
  readonly revokedAtMs?: number
  /** Ids of the SDK keys that its author sealed it for (SNAPSHOT.md §9.4): the platform has no value of it. */
  readonly sealedFor?: readonly string[]
  /** Secrets of the same environment that its value refers to, sorted; absent: the value is what it says. */
  readonly references?: readonly string[]
}

/** Where a shared secret comes from, and which state of it this is. */
export interface SecretOrigin {
  readonly project: string
  readonly environment: string
  readonly name: string
  /** The version there; 0: none is active. */
  readonly version: number
  /** The revision there when it was sent. */
  readonly revision: number
}

/** A secret in one environment: all but the values, which no item holds. Its layer is always `env:<environment>`. */
export interface SecretItem {
  readonly type: SecretType
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  /** Older than this the active version is reminded of. */
  readonly maxAgeMs?: number
  /** What applications get; absent: nothing. */
  readonly active?: number
  /** Served beside the active one until `untilMs`, milliseconds since 1970. */
  readonly previous?: { readonly version: number; readonly untilMs: number }
  /** The secret of another project that this one is a copy of: it is changed there alone. */
  readonly from?: SecretOrigin
  /** The newest 20, oldest first. */
  readonly versions: readonly SecretVersionItem[]
}

/** Kinds of versioned items. */
export type ItemKind =
  | 'environment'
  | 'config'
  | 'flag'
  | 'segment'
  | 'secret'
  | 'schema'
  | 'mirror'

/** Names one item: `layer` is `base`, or `env:<environment>` for an override, a flag's settings there, or a secret. */
export interface ItemRef {
  readonly kind: ItemKind
  readonly key: string
  readonly layer: string
}
