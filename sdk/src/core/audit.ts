/**
 * The audit chain: each row's hash covers the row and the hash before it, so that a row cannot be changed, removed or
 * put in later without every hash after it changing too. Whoever wrote down one hash can check everything before it.
 */
import { canonicalize } from './canonicalize.ts'

/** SHA-256 over the UTF-8 of a text, handed in: 64 lower-case hex digits. */
export type AuditDigest = (text: string) => { readonly sha256: string }

/** One act, without the two hashes: exactly these members are hashed. */
export interface AuditRow {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number
  readonly atMs: number
  /** Who: the name of the token, session or person. */
  readonly actor: string
  /** Whose token; null: the platform itself, or a row from before tokens were written down. */
  readonly tokenId: string | null
  /** From where; null: not known. */
  readonly address: string | null
  readonly action: string
  readonly target: string
  readonly reason: string
  readonly outcome: 'allowed' | 'denied'
  readonly revision: number | null
  readonly beforeSha256: string | null
  readonly afterSha256: string | null
}

export interface ChainedAuditRow extends AuditRow {
  readonly prevHash: string
  readonly hash: string
}

/** `prevHash` of row 1. */
export const AUDIT_START: string = '0'.repeat(64)

/**
 * `SHA-256(prevHash ‖ canonical JSON of the row without both hashes)`, hex. `tokenId` and `address` are left out where they
 * are null, as rows from before them have it. See STORAGE.md §1.
 */
export function auditHash(prevHash: string, row: AuditRow, digest: AuditDigest): string {
  const { seq, atMs, actor, tokenId, address, action, target, reason, outcome } = row
  const { revision, beforeSha256, afterSha256 } = row
  // Named one by one: a row read back may carry more members than were hashed.
  const hashed = {
    seq,
    atMs,
    actor,
    ...(tokenId !== null && { tokenId }),
    ...(address !== null && { address }),
    action,
    target,
    reason,
    outcome,
    revision,
    beforeSha256,
    afterSha256,
  }
  return digest(prevHash + canonicalize(hashed)).sha256
}

/** The end of a chain that was checked, or of one checked before. */
export interface AuditPosition {
  readonly seq: number
  readonly hash: string
}

export type ChainCheck =
  | { readonly ok: true; readonly last: AuditPosition }
  /** `seq` is the first row that does not fit. */
  | {
      readonly ok: false
      readonly seq: number
      readonly fault: 'missing row' | 'wrong previous hash' | 'wrong hash'
    }

/**
 * Whether `rows`, oldest first, form an unbroken chain that starts after `after` (default: the very beginning).
 *
 * Cutting off the newest rows is not seen here: compare `last` with a hash written down elsewhere.
 */
export function verifyChain(
  rows: readonly ChainedAuditRow[],
  digest: AuditDigest,
  after: AuditPosition = { seq: 0, hash: AUDIT_START },
): ChainCheck {
  let last = after
  for (const row of rows) {
    const seq = last.seq + 1
    if (row.seq !== seq) return { ok: false, seq, fault: 'missing row' }
    if (row.prevHash !== last.hash) return { ok: false, seq, fault: 'wrong previous hash' }
    if (row.hash !== auditHash(last.hash, row, digest))
      return { ok: false, seq, fault: 'wrong hash' }
    last = { seq, hash: row.hash }
  }
  return { ok: true, last }
}

/** `typ` of a signed checkpoint: ES256, signed as manifests are and by the same keys, and no manifest. */
export const AUDIT_CHECKPOINT_TYPE = 'driftless-audit+jwt'

/** Says, signed, that row `seq` of an audit had this hash. Whoever keeps one can check every row up to it. */
export interface AuditCheckpointClaims {
  readonly iss: string
  /** `audit/<project>`, or `audit` of the installation's own. */
  readonly aud: string
  /** Seconds since 1970. */
  readonly iat: number
  readonly seq: number
  readonly hash: string
}
