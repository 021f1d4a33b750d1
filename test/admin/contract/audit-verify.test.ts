import { describe, expect, test } from 'vitest'
import { AUDIT_START, auditHash, type AuditRow, type ChainedAuditRow } from '#core'
import { verifyAuditExport } from '../../../admin/contract/audit-verify.ts'
import { digest } from '../../../worker/objects/sha256.ts'

const ROWS = 130

/** Signing as a table: what was signed opens, any other text does not. */
const signed = new Map<string, unknown>()
function sign(row: { seq: number; hash: string }, aud = 'audit/shop'): string {
  const jws = `${aud}.${row.seq}.${row.hash}`
  signed.set(jws, { iss: 'driftless', aud, iat: 1_700_000_000, seq: row.seq, hash: row.hash })
  return jws
}
const ports = { digest, openCheckpoint: async (jws: string) => signed.get(jws) ?? null }

function chain(length: number): ChainedAuditRow[] {
  const rows: ChainedAuditRow[] = []
  for (let seq = 1; seq <= length; seq += 1) {
    const row: AuditRow = {
      seq,
      atMs: 1_700_000_000_000 + seq,
      actor: seq % 3 === 0 ? 'ada' : 'bob',
      tokenId: seq % 5 === 0 ? null : `token-${seq % 7}`,
      address: seq % 4 === 0 ? null : '203.0.113.9',
      action: 'change',
      target: `flag/f${seq}/base`,
      reason: `because ${seq}`,
      outcome: seq % 11 === 0 ? 'denied' : 'allowed',
      revision: seq % 2 === 0 ? seq : null,
      beforeSha256: seq % 2 === 0 ? 'ab'.repeat(32) : null,
      afterSha256: 'cd'.repeat(32),
    }
    const prevHash = rows.at(-1)?.hash ?? AUDIT_START
    rows.push({ ...row, prevHash, hash: auditHash(prevHash, row, digest) })
  }
  return rows
}

function exportOf(rows: readonly ChainedAuditRow[], start: string | null = null): string[] {
  const last = rows.at(-1)
  if (last === undefined) throw new Error('rows')
  const head = { kind: 'audit', format: 1, audit: 'audit/shop', start, head: sign(last) }
  const lines = rows.flatMap((row) =>
    row.seq % 50 === 0
      ? [
          { kind: 'row', ...row },
          { kind: 'checkpoint', jws: sign(row) },
        ]
      : [{ kind: 'row', ...row }],
  )
  return [head, ...lines].map((line) => JSON.stringify(line))
}

const rows = chain(ROWS)
const good = exportOf(rows)
const verify = (lines: readonly string[], expected = {}) =>
  verifyAuditExport(`${lines.join('\n')}\n`, ports, expected)

/** The same numbers for everybody who runs this. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const rowLines = good.flatMap((line, at) => (line.includes('"kind":"row"') ? [at] : []))

function edited(line: string, pick: (below: number) => number): string {
  const row = JSON.parse(line) as Record<string, unknown>
  const members = Object.keys(row).filter((name) => name !== 'kind')
  const member = members[pick(members.length)] ?? 'actor'
  const was = row[member]
  const other = typeof was === 'number' ? was + 1 : was === 'allowed' ? 'denied' : `${String(was)}x`
  return JSON.stringify({ ...row, [member]: was === 'denied' ? 'allowed' : other })
}

/** Changes one row, and all hashes after it as somebody would who knows how. */
function forged(pick: (below: number) => number): string[] {
  const at = pick(ROWS)
  let prevHash = rows[at - 1]?.hash ?? AUDIT_START
  const rest = rows.slice(at).map((row, index) => {
    const changed = index === 0 ? { ...row, actor: 'eve' } : row
    const hash = auditHash(prevHash, changed, digest)
    const made = { ...changed, prevHash, hash }
    prevHash = hash
    return made
  })
  const byseq = new Map(rest.map((row) => [row.seq, row]))
  return good.map((line) => {
    const parsed = JSON.parse(line) as { kind: string; seq: number }
    const row = parsed.kind === 'row' ? byseq.get(parsed.seq) : undefined
    return row === undefined ? line : JSON.stringify({ kind: 'row', ...row })
  })
}

/** A digest is a round trip in workerd, where a few trials show that it decides alike. */
const TRIALS = navigator.userAgent === 'Cloudflare-Workers' ? 50 : 1_000

const TAMPERINGS: Readonly<Record<string, (pick: (below: number) => number) => readonly string[]>> =
  {
    'editing one row': (pick) => {
      const at = rowLines[pick(rowLines.length)] ?? 1
      return good.map((line, index) => (index === at ? edited(line, pick) : line))
    },
    'editing one row and hashing all after it anew': forged,
    'deleting one row': (pick) => {
      const at = rowLines[pick(rowLines.length)] ?? 1
      return good.filter((_, index) => index !== at)
    },
    'putting two rows in each other’s place': (pick) => {
      const a = pick(rowLines.length - 1)
      const [one = 1, two = 2] = [rowLines[a], rowLines[a + 1 + pick(rowLines.length - 1 - a)]]
      const swapped = [...good]
      swapped[one] = good[two] ?? ''
      swapped[two] = good[one] ?? ''
      return swapped
    },
    'cutting off the end': (pick) => good.slice(0, 1 + pick(good.length - 1)),
  }

describe('an export', () => {
  test('that is as it was written verifies', async () => {
    expect(await verify(good)).toEqual({
      ok: true,
      audit: 'audit/shop',
      rows: ROWS,
      last: { seq: ROWS, hash: rows.at(-1)?.hash },
      signedAtMs: 1_700_000_000_000,
      checkpoints: 2,
    })
  })

  test.each(Object.entries(TAMPERINGS))(
    `%s is found in ${TRIALS} of ${TRIALS} trials`,
    async (_, tamper) => {
      const pick = random(7)
      let found = 0
      for (let trial = 0; trial < TRIALS; trial += 1) {
        const verdict = await verify(tamper(pick))
        if (!verdict.ok) found += 1
      }
      expect(found).toBe(TRIALS)
    },
    120_000,
  )

  test('tells where', async () => {
    const at = rowLines[41] ?? 0
    const lines = good.map((line, index) =>
      index === at ? line.replace(/"actor":"\w+"/, '"actor":"eve"') : line,
    )
    expect(await verify(lines)).toEqual({ ok: false, line: at + 1, fault: 'was changed' })
  })

  test('that was cut off back to an older checkpoint is older than what is known', async () => {
    const older = exportOf(rows.slice(0, 50))
    expect((await verify(older)).ok).toBe(true)
    const known = { seq: 51, hash: rows[50]?.hash ?? '' }
    expect(await verify(older, { known })).toMatchObject({
      ok: false,
      fault: 'the row known is not in it',
    })
    expect((await verify(good, { known })).ok).toBe(true)
    expect((await verify(good, { known: { ...known, hash: 'x' } })).ok).toBe(false)
  })

  test('whose beginning was removed is checked from a signed row on', async () => {
    const start = sign(rows[49] ?? { seq: 0, hash: '' })
    const rest = exportOf(rows.slice(50), start)
    expect(await verify(rest)).toMatchObject({ ok: true, rows: 80 })
    expect((await verify(exportOf(rows.slice(51), start))).ok).toBe(false)
    expect((await verify(exportOf(rows.slice(50)))).ok).toBe(false)
    expect((await verify(exportOf(rows.slice(50), 'made up'))).ok).toBe(false)
  })

  test('of another project, or signed by nobody known, is refused', async () => {
    expect((await verify(good, { audit: 'audit/other' })).ok).toBe(false)
    expect((await verify(good, { issuer: 'other' })).ok).toBe(false)
    const [first = ''] = good
    const head = JSON.parse(first) as { head: string }
    for (const replaced of [
      null,
      'made up',
      sign(rows.at(-1) ?? { seq: 0, hash: '' }, 'audit/other'),
    ]) {
      const opening = JSON.stringify({ ...head, head: replaced })
      expect((await verify([opening, ...good.slice(1)])).ok).toBe(false)
    }
  })

  test.each(['', '{', '[]', 'null', '{"kind":"audit"}', `${good[0]}x`])(
    'a text that is none (%j) is refused and nothing is thrown',
    async (text) => {
      expect((await verifyAuditExport(text, ports)).ok).toBe(false)
      expect((await verifyAuditExport(`${text}\n`, ports)).ok).toBe(false)
    },
  )
})
