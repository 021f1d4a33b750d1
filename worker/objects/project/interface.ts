/** What the rest of the Worker may ask of a `ProjectObject`. Plain data in, plain data out (Workers RPC). */
import type {
  Audience,
  ChainedAuditRow,
  ChangeSet,
  ContextSample,
  EnvironmentItem,
  ItemKind,
  ItemRef,
  JsonValue,
  Order,
  Recipient,
  ReferencePlaces,
} from '#core'
import type { Deployment } from '../../domain/deployment.ts'
import type { FlagImpact } from '../../domain/blast-radius.ts'
import type { GuardFinding, GuardKind } from '../../domain/change-guard.ts'
import type { DifferenceOf, ItemDifference } from '../../domain/difference.ts'
import type { Result } from '../../domain/errors.ts'
import type { Access } from '../../domain/grants.ts'
import type { PromotedItem, PromotionRequest } from '../../domain/promotion.ts'
import type { RolledBackItem } from '../../domain/rollback.ts'
import type { SecretWrite } from '../../domain/secret.ts'
import type { SentSecret } from '../../domain/share.ts'
import type { Strategy } from '../../domain/strategy.ts'
import type { Usage, VariantCounts } from '../../domain/stale.ts'
import type { MirrorFinding } from '../../domain/items.ts'
import type { ValidateRequest, Validation } from '../../domain/validate-config.ts'

/** Who acts; what the audit names. */
export interface Caller {
  /** Admin token id, or `owner` for the bootstrap token. */
  readonly tokenId: string
  /** Shown as author: the token's name. */
  readonly name: string
  /** Where the request came from; absent or null: not known. */
  readonly address?: string | null
}

/** An attempt that was refused with 403. */
export interface Denial {
  readonly action: string
  /** What was asked for: method and path. */
  readonly target: string
  readonly reason: string
}

export interface WriteOptions {
  readonly caller: Caller
  /** The revision it was based on; `'*'`: whatever is there. */
  readonly base: number | '*'
  /** Decide and answer everything, write nothing. */
  readonly dryRun?: boolean
  readonly idempotency?: { readonly key: string; readonly requestSha256: string }
  /** What the caller may do, for what only the commit knows: protected environments. Absent: the platform itself acts. */
  readonly access?: Access
  /** Large changes of guarded environments that are meant. */
  readonly acknowledge?: readonly GuardKind[]
  /** Of a dry run: answer what the items would hold as well. */
  readonly contents?: boolean
}

export interface Committed {
  readonly revision: number
  readonly dryRun: boolean
  /** Items whose content differs from before; `before` and `after` are content hashes, null when absent. */
  readonly changed: readonly (ItemRef & {
    readonly before: string | null
    readonly after: string | null
    /** What the item would hold; in a dry run that was asked for it, and unless the item is deleted. */
    readonly content?: JsonValue
  })[]
  /** Environments whose snapshots are built anew. */
  readonly environments: readonly string[]
  /** What mirrors repaired, or only tell; absent when nothing. */
  readonly mirrors?: readonly MirrorFinding[]
  /** Where it is released step by step: what became of it there. */
  readonly deployments?: readonly Pick<Deployment, 'id' | 'environment' | 'status'>[]
  /** Of a dry run: what it would do to recent evaluations, where there are samples of them; absent when nothing. */
  readonly impact?: readonly FlagImpact[]
  /** What the change guard found, acknowledged or, in a dry run, not; absent when nothing. */
  readonly guard?: readonly GuardFinding[]
  /** Validate webhooks that were asked and allow it; absent when there are none. */
  readonly validated?: readonly Validated[]
  /** The stored answer of an earlier request with the same idempotency key. */
  readonly replayed?: true
}

/** A validate webhook that allows what was asked, for these environments. */
export interface Validated {
  readonly hook: string
  readonly environments: readonly string[]
}

/** Exactly one of `to` and `back`. */
export interface RollbackRequest {
  /** The revision whose content comes back. */
  readonly to?: number
  /** So many revisions ago; with `item`, as it was so many of its own changes ago. */
  readonly back?: number
  /** Only this item, with all its layers, or with the one of `environment`. */
  readonly item?: RolledBackItem
  /** Only this environment's layers (overrides, flag settings); absent: everything but the environments themselves. */
  readonly environment?: string
  readonly reason: string
}

export interface Promoted extends Committed {
  /** What differs in the environment that was promoted to; empty in a replayed answer. */
  readonly differences: readonly ItemDifference[]
}

/** What is compared: two environments, or without one the base layer, each at a revision (default: now). */
export interface DifferenceRequest {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly fromRevision?: number | undefined
  readonly toRevision?: number | undefined
  readonly of: DifferenceOf
  readonly item?: PromotedItem | undefined
}

/** Of a write that makes no revision. */
export interface DirectOptions {
  readonly caller: Caller
  /** Decide and answer everything, write nothing. */
  readonly dryRun?: boolean
}

export interface DeploymentRequest {
  readonly environment: string
  /** Content as of this revision; absent: the newest. */
  readonly revision?: number
  /** Absent: that of the environment. `emergency`: at once, for content that was everywhere in the last 30 days. */
  readonly strategy?: Strategy | 'emergency'
  /** Although this content failed before. */
  readonly again?: boolean
  readonly reason: string
}

/** What is done to a deployment by whoever watches it. */
export type DeploymentAct = 'pause' | 'resume' | 'promote' | 'abort' | 'alarm'

export interface StoredItem extends ItemRef {
  /** Revision that wrote it. */
  readonly revision: number
  /** 1, 2, 3 … of this item. */
  readonly version: number
  readonly sha256: string
  /** The item: ConfigItem, ConfigOverrideItem, FlagItem, FlagEnvironmentItem, SegmentItem, SecretItem or EnvironmentItem. */
  readonly content: JsonValue
}

/** A stored item without what it says. */
export interface StoredRef extends Omit<StoredItem, 'content'> {
  /** Bytes of the content as canonical JSON. */
  readonly size: number
}

export interface ItemVersion extends ItemRef {
  readonly revision: number
  readonly version: number
  readonly sha256: string | null
  readonly atMs: number
  readonly author: string
  readonly reason: string
}

export interface RevisionEntry {
  readonly revision: number
  readonly atMs: number
  readonly author: string
  readonly reason: string
  readonly kind: 'change' | 'rollback' | 'import' | 'promotion'
  readonly restores?: number
  readonly changed: readonly ItemRef[]
}

export type AuditEntry = ChainedAuditRow

export interface SdkKeyInfo {
  readonly id: string
  readonly name: string
  readonly environment: string
  readonly audience: Audience
  /** The first characters of the key, for people to tell keys apart. */
  readonly prefix: string
  readonly createdAtMs: number
  readonly revokedAtMs: number | null
}

/** What a valid SDK key stands for. */
export interface KeyScope {
  readonly id: string
  readonly project: string
  readonly environment: string
  readonly audience: Audience
}

/** The newest signed head of one audience. */
export interface Head extends Order {
  readonly manifest: string
  /** Of the body. */
  readonly revision: number
  readonly sha256: string
  readonly size: number
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Opaque; absent on the last page. */
  readonly next?: string
}

export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number
  readonly cursor?: string
}

/** Which rows of an audit: those that are all of what is asked for. */
export interface AuditRequest extends PageRequest {
  /** A name, or the id of a token. */
  readonly actor?: string
  readonly action?: string
  /** What it was done to, such as `flag/checkout` or `flag/checkout/env:production`; with all below it. */
  readonly item?: string
  readonly outcome?: 'allowed' | 'denied'
  /** Milliseconds since 1970, `[sinceMs, untilMs)`. */
  readonly sinceMs?: number
  readonly untilMs?: number
}

/** Where an audit begins and ends: what an export says first. */
export interface AuditBounds {
  /** Rows up to here were removed when they were old enough; null: none were. */
  readonly start: AuditCheckpoint | null
  /** Of the newest row; null: there is none, or it cannot be signed just now. */
  readonly head: AuditCheckpoint | null
}

export interface AuditCheckpoint {
  readonly seq: number
  readonly hash: string
  readonly jws: string
}

export interface AuditStretch {
  readonly rows: readonly AuditEntry[]
  readonly checkpoints: readonly AuditCheckpoint[]
}

/** What `PATCH /projects/P` changes; null removes. */
export interface ProjectSettings {
  readonly displayName?: string | null
  readonly description?: string | null
  /** From 400; null: for ever. */
  readonly auditRetentionDays?: number | null
  /** From 10: of how many revisions the contents are kept; null: of all. */
  readonly historyRetentionRevisions?: number | null
}

export interface ProjectInfo {
  readonly name: string
  readonly revision: number
  readonly epoch: number
  readonly createdAtMs: number
  readonly displayName: string | null
  readonly description: string | null
  readonly auditRetentionDays: number | null
  readonly historyRetentionRevisions: number | null
  /** Contents of earlier revisions can no longer be read. */
  readonly oldestRevision: number
}

export interface ResolvedConfig {
  readonly revision: number
  readonly document: JsonValue
  /** Lowest first: `base`, then `env:<ancestor>` … `env:<environment>`; only layers that exist. */
  readonly layers: readonly string[]
  /** The layer each value came from, by JSON pointer; a list comes from one layer as a whole. */
  readonly origins: Readonly<Record<string, string>>
  /** The texts that the SDK answers, with their types (SNAPSHOT.md §1.1). */
  readonly references?: ReferencePlaces
}

/** Evaluations by flag and variant since the last report of one process; the empty variant counts fallbacks. */
export type EvaluationCounts = Readonly<Record<string, VariantCounts>>

export interface FlagUsage {
  readonly key: string
  readonly createdAtMs: number
  /** By environment, where anything was reported. */
  readonly environments: Readonly<Record<string, Usage>>
}

export interface ProjectUsage {
  /** When anything was last reported for any flag; null: never. */
  readonly lastReportAtMs: number | null
  readonly flags: readonly FlagUsage[]
}

/** What is written to secrets, as the audit names it. */
export type SecretAction =
  | 'secret.put'
  | 'secret.activate'
  | 'secret.rotate'
  | 'secret.revoke'
  | 'secret.delete'
  | 'secret.import'
  | 'secret.receive'

export interface SecretsRequest {
  readonly action: SecretAction
  readonly writes: readonly SecretWrite[]
  readonly reason: string
}

export interface RevealRequest {
  readonly name: string
  readonly environment: string
  /** Default: the active one. */
  readonly version?: number
  readonly reason: string
}

export interface RevealedSecret {
  readonly name: string
  readonly environment: string
  readonly version: number
  readonly value: string
}

/** Which secret another project gets, and as what. */
export interface ShareRequest {
  readonly environment: string
  readonly name: string
  readonly to: ShareTarget
  readonly reason: string
}

export interface ShareTarget {
  readonly project: string
  /** Of that project: a later one of its name gets nothing. */
  readonly epoch: number
  readonly environment: string
  readonly name: string
}

export interface SecretShare extends Omit<ShareRequest, 'reason'> {
  readonly id: string
  readonly createdAtMs: number
  /** Whether the other project was told of the newest state. */
  readonly isTold: boolean
  /** Why it does not take it. */
  readonly fault?: string
}

/** The SDK keys that may read the secrets of an environment. */
export interface RecipientInfo extends Recipient {
  readonly key: { readonly id: string; readonly name: string; readonly prefix: string }
}

/** The keys that wrap data keys, newest first, and how far the move to the newest is. */
export interface KeyRotation {
  /** Null: none was needed yet. */
  readonly current: string | null
  /** Whether all older keys are destroyed. */
  readonly isDone: boolean
  /** Data keys that older ones still wrap. */
  readonly remaining: number
  readonly keys: readonly {
    readonly id: string
    /** Id of the master key that wraps it; null: destroyed. */
    readonly masterKey: string | null
    readonly createdAtMs: number
    readonly retiredAtMs: number | null
    readonly destroyedAtMs: number | null
    /** Data keys it ever wrapped. */
    readonly wraps: number
    /** Data keys it wraps now. */
    readonly dataKeys: number
  }[]
}

export interface ProjectRpc {
  /** Creates the project at revision 1 with `environments`. `already_exists` when it is there and not deleted. */
  create(
    request: {
      name: string
      epoch: number
      environments: Readonly<Record<string, EnvironmentItem>>
      reason: string
    },
    caller: Caller,
  ): Promise<Result<Committed>>
  /** Erases everything but the audit. Keys stop working, sockets are closed. */
  remove(reason: string, caller: Caller): Promise<Result<{ revision: number }>>
  info(): Promise<Result<ProjectInfo>>
  /** Changes what is in no revision. */
  update(settings: ProjectSettings, reason: string, caller: Caller): Promise<Result<ProjectInfo>>

  commit(
    changeSet: ChangeSet,
    options: WriteOptions,
    kind?: 'change' | 'import',
  ): Promise<Result<Committed>>
  rollback(request: RollbackRequest, options: WriteOptions): Promise<Result<Committed>>
  promote(request: PromotionRequest, options: WriteOptions): Promise<Result<Promoted>>
  differences(request: DifferenceRequest): Promise<Result<readonly ItemDifference[]>>

  /** Items of a kind as of `revision` (default: now), ordered by key then layer. Deleted ones are left out. */
  items(kind: ItemKind, revision?: number): Promise<Result<readonly StoredItem[]>>
  /** As `items`, without contents: a list that is short however much the items say. */
  refs(kind: ItemKind, revision?: number): Promise<Result<readonly StoredRef[]>>
  /** Those of `refs` that are there, in their order. An answer has at most 32 MiB: ask for what fits, see `size`. */
  contents(refs: readonly ItemRef[], revision?: number): Promise<Result<readonly StoredItem[]>>
  item(ref: ItemRef, revision?: number): Promise<Result<StoredItem>>
  versions(ref: ItemRef, page: PageRequest): Promise<Result<Page<ItemVersion>>>
  resolved(config: string, environment: string, revision?: number): Promise<Result<ResolvedConfig>>
  /** Checks documents of a config, stored or given; writes nothing. */
  validateConfig(
    config: string,
    request: ValidateRequest,
  ): Promise<Result<Validation & { revision: number }>>
  /** A schema that the config fits in every environment. */
  inferSchema(config: string): Promise<Result<{ revision: number; schema: JsonValue }>>
  revisions(page: PageRequest): Promise<Result<Page<RevisionEntry>>>
  revision(revision: number): Promise<Result<RevisionEntry>>
  /** Signs every head anew, by the key that signs now: the one before was revoked. */
  resign(): Promise<void>
  audit(request: AuditRequest): Promise<Result<Page<AuditEntry>>>
  /** Signs a checkpoint of the newest row when there is none. */
  auditBounds(): Promise<Result<AuditBounds>>
  /** Rows after `seq`, oldest first, and the checkpoints among them. */
  auditRows(seq: number, limit: number): Promise<Result<AuditStretch>>
  /** Writes an attempt that was refused into the audit; many alike within a minute make one row. False: no such project. */
  recordDenial(denial: Denial, caller: Caller): Promise<boolean>

  /** One revision; values are sealed before anything is stored. Faults are placed by `/<name>` when there are several writes. */
  writeSecrets(request: SecretsRequest, options: WriteOptions): Promise<Result<Committed>>
  /** The value of a version, its reading written down first. */
  /** Secrets that other projects get. */
  shares(): Promise<Result<readonly SecretShare[]>>
  share(request: ShareRequest, caller: Caller): Promise<Result<SecretShare>>
  endShare(id: string, reason: string, caller: Caller): Promise<Result<{ id: string }>>
  /** Between projects: the state of a secret that another one shares with this one. Again and again changes nothing. */
  receiveSecret(sent: SentSecret): Promise<Result<Committed | null>>
  /** Whom the secrets of an environment are sealed for. */
  recipients(environment: string): Promise<Result<readonly RecipientInfo[]>>
  /** The number that the next version of a secret will have. */
  nextSecretVersion(environment: string, name: string): Promise<Result<number>>
  revealSecret(request: RevealRequest, caller: Caller): Promise<Result<RevealedSecret>>
  keyRotation(): Promise<Result<KeyRotation>>
  /** Makes a new project key; data keys move to it by alarm. */
  rotateProjectKey(reason: string, caller: Caller): Promise<Result<KeyRotation>>

  /** `key` is returned once and not stored. */
  createKey(
    request: { name: string; environment: string; audience: Audience; reason: string },
    caller: Caller,
  ): Promise<Result<SdkKeyInfo & { key: string }>>
  keys(): Promise<Result<readonly SdkKeyInfo[]>>
  /** Answers the hash of the revoked key, so that caches can forget it. */
  revokeKey(id: string, reason: string, caller: Caller): Promise<Result<{ sha256: string }>>
  findKey(sha256: string): Promise<KeyScope | null>

  /** Keeps samples for a day; what names no flag that this audience has is dropped. Never refuses. */
  recordSamples(
    environment: string,
    audience: Audience,
    samples: readonly ContextSample[],
  ): Promise<void>
  /** Counts a report in; what names no flag or variant that this audience has is dropped. Never refuses. */
  recordEvaluations(
    environment: string,
    audience: Audience,
    counts: EvaluationCounts,
  ): Promise<void>
  /** How all flags are used, or one: then the list has at most one. */
  usage(flagKey?: string): Promise<Result<ProjectUsage>>

  /** Newest first. */
  deployments(environment: string | undefined, page: PageRequest): Promise<Result<Page<Deployment>>>
  deployment(id: string): Promise<Result<Deployment>>
  /** Releases a revision. `deployment_active` while another one is under way, `deployment_refused` when it may not be. */
  deploy(request: DeploymentRequest, options: DirectOptions): Promise<Result<Deployment>>
  actOnDeployment(
    id: string,
    act: DeploymentAct,
    reason: string,
    options: DirectOptions,
  ): Promise<Result<Deployment>>
  /**
   * Something was reported that may end the deployment of this environment: looks at the fleet now. Answers whether there is one
   * whose gate goes by metrics.
   */
  judgeDeployment(environment: string): Promise<boolean>

  /** The source behind KV: waits for a publish that is under way. Null when there is none. */
  head(environment: string, audience: Audience): Promise<Head | null>
  /** Bytes of the current head's body or one of its external documents; null when it names no such hash. */
  body(environment: string, audience: Audience, sha256: string): Promise<ArrayBuffer | null>
}
