/**
 * Whether an export of an audit is what was written (docs/audit.md): every row by the chain of hashes, the end and the
 * checkpoints by their signatures. Pure and offline: hashing and the check of one signature are handed in.
 */
import {
  AUDIT_START,
  type AuditDigest,
  auditHash,
  type AuditPosition,
  type ChainedAuditRow,
} from '#core'
import * as v from 'valibot'
import { auditMembers } from './answer.ts'

export interface AuditVerifyPorts {
  readonly digest: AuditDigest
  /**
   * The payload of a compact JWS whose header is `{"alg":"ES256","typ":"driftless-audit+jwt","kid":…}` and whose signature
   * is by a key of `/.well-known/jwks.json`, or one that was kept; null for any other text.
   */
  readonly openCheckpoint: (jws: string) => Promise<unknown>
}

export interface AuditExpectation {
  /** `audit/<project>`, or `audit` of the installation's own; absent: whichever it says it is. */
  readonly audit?: string
  /** As of the manifests; default `driftless`. */
  readonly issuer?: string
  /** A row written down earlier: it must be in the export, or before its beginning, with this hash. */
  readonly known?: AuditPosition
}

export type AuditVerdict =
  | {
      readonly ok: true
      readonly audit: string
      /** Rows checked. */
      readonly rows: number
      /** The last row, and when its checkpoint was signed: what came after is not in the export. */
      readonly last: AuditPosition
      readonly signedAtMs: number
      readonly checkpoints: number
    }
  /** `line`: counted from 1; 0: the export as a whole. */
  | { readonly ok: false; readonly line: number; readonly fault: string }

const opening = v.strictObject({
  kind: v.literal('audit'),
  format: v.literal(1),
  audit: v.string(),
  start: v.nullable(v.string()),
  head: v.nullable(v.string()),
})
const line = v.variant('kind', [
  v.strictObject({ kind: v.literal('row'), ...auditMembers }),
  v.strictObject({ kind: v.literal('checkpoint'), jws: v.string() }),
])
const claims = v.object({
  iss: v.string(),
  aud: v.string(),
  iat: v.number(),
  seq: v.number(),
  hash: v.string(),
})

type Signed = v.InferOutput<typeof claims>

/** Checks `text`, an export as it was answered. Never throws for what stands in it. */
export async function verifyAuditExport(
  text: string,
  ports: AuditVerifyPorts,
  expected: AuditExpectation = {},
): Promise<AuditVerdict> {
  const lines = text.split('\n')
  // The last line ends, too: one that was cut off is no line.
  if (lines.pop() !== '') return refuse(lines.length + 1, 'the last line has no end')
  const first = v.safeParse(opening, parse(lines[0]))
  if (!first.success) return refuse(1, 'must say what the export is')
  const { audit, start, head } = first.output
  if (expected.audit !== undefined && expected.audit !== audit) {
    return refuse(1, 'is of another audit')
  }
  const open = async (jws: string): Promise<Signed | null> => {
    const payload = v.safeParse(claims, await ports.openCheckpoint(jws))
    if (!payload.success) return null
    const { iss, aud } = payload.output
    return iss === (expected.issuer ?? 'driftless') && aud === audit ? payload.output : null
  }
  if (head === null) return refuse(1, 'has no signed end')
  const end = await open(head)
  if (end === null) return refuse(1, 'the checkpoint of its end is not signed by a known key')
  const begin = start === null ? { seq: 0, hash: AUDIT_START } : await open(start)
  if (begin === null) return refuse(1, 'the checkpoint of its start is not signed by a known key')
  return verifyLines(lines.slice(1), { audit, begin, end, open, ports, expected })
}

interface Checked {
  readonly audit: string
  readonly begin: AuditPosition
  readonly end: Signed
  readonly open: (jws: string) => Promise<Signed | null>
  readonly ports: AuditVerifyPorts
  readonly expected: AuditExpectation
}

async function verifyLines(
  lines: readonly string[],
  { audit, begin, end, open, ports, expected: { known } }: Checked,
): Promise<AuditVerdict> {
  let last: AuditPosition = { seq: begin.seq, hash: begin.hash }
  let checkpoints = 0
  let isKnown = known === undefined || known.seq < begin.seq
  const meet = (): boolean => {
    if (known?.seq !== last.seq) return true
    isKnown = known.hash === last.hash
    return isKnown
  }
  if (!meet()) return refuse(1, 'does not begin after the row known')
  for (const [index, content] of lines.entries()) {
    const at = index + 2
    const parsed = v.safeParse(line, parse(content))
    if (!parsed.success) return refuse(at, 'is neither a row nor a checkpoint')
    if (parsed.output.kind === 'row') {
      const fault = rowFault(parsed.output, last, ports.digest)
      if (fault !== undefined) return refuse(at, fault)
      last = { seq: parsed.output.seq, hash: parsed.output.hash }
      if (!meet()) return refuse(at, 'is not the row known')
    } else {
      const signed = await open(parsed.output.jws)
      if (signed === null) return refuse(at, 'is not signed by a known key')
      if (signed.seq !== last.seq || signed.hash !== last.hash) {
        return refuse(at, 'is a checkpoint of another row')
      }
      checkpoints += 1
    }
  }
  if (!isKnown) return refuse(0, 'the row known is not in it')
  if (last.seq !== end.seq) {
    return refuse(0, `ends at row ${last.seq}, its signed end is row ${end.seq}`)
  }
  if (last.hash !== end.hash) return refuse(0, 'its last row is not the one that was signed')
  const rows = last.seq - begin.seq
  return { ok: true, audit, rows, last, signedAtMs: end.iat * 1000, checkpoints }
}

function rowFault(
  row: ChainedAuditRow,
  last: AuditPosition,
  digest: AuditDigest,
): string | undefined {
  if (row.seq !== last.seq + 1) return `is row ${row.seq}, expected ${last.seq + 1}`
  if (row.prevHash !== last.hash) return 'does not follow the row before it'
  return row.hash === auditHash(last.hash, row, digest) ? undefined : 'was changed'
}

function refuse(at: number, fault: string): AuditVerdict {
  return { ok: false, line: at, fault }
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
