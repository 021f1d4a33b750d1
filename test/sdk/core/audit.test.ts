import { describe, expect, test } from 'vitest'
import {
  AUDIT_START,
  auditHash,
  type AuditRow,
  type ChainedAuditRow,
  verifyChain,
} from '../../../sdk/src/core/audit.ts'
import { digest } from '../../../worker/objects/sha256.ts'

function chain(length: number): ChainedAuditRow[] {
  const rows: ChainedAuditRow[] = []
  for (let seq = 1; seq <= length; seq++) {
    const row: AuditRow = {
      seq,
      atMs: 1_000 * seq,
      actor: 'ada',
      tokenId: 'token-1',
      address: '203.0.113.9',
      action: 'change',
      target: `revision/${seq}`,
      reason: 'because',
      outcome: 'allowed',
      revision: seq,
      beforeSha256: null,
      afterSha256: 'ab'.repeat(32),
    }
    const prevHash = rows.at(-1)?.hash ?? AUDIT_START
    rows.push({ ...row, prevHash, hash: auditHash(prevHash, row, digest) })
  }
  return rows
}

describe('the audit chain', () => {
  test('hashes the hash before it and the canonical row', () => {
    const [row] = chain(1)
    const text =
      `${'0'.repeat(64)}{"action":"change","actor":"ada","address":"203.0.113.9","afterSha256":"${'ab'.repeat(32)}","atMs":1000,` +
      '"beforeSha256":null,"outcome":"allowed","reason":"because","revision":1,"seq":1,"target":"revision/1","tokenId":"token-1"}'
    expect(row?.hash).toBe(digest(text).sha256)
  })

  test('leaves out token and address where a row has none', () => {
    const [row] = chain(1)
    if (!row) throw new Error('one row')
    const text =
      `${'0'.repeat(64)}{"action":"change","actor":"ada","afterSha256":"${'ab'.repeat(32)}","atMs":1000,` +
      '"beforeSha256":null,"outcome":"allowed","reason":"because","revision":1,"seq":1,"target":"revision/1"}'
    expect(auditHash(AUDIT_START, { ...row, tokenId: null, address: null }, digest)).toBe(
      digest(text).sha256,
    )
  })

  test('verifies from its beginning, from a position, and when it is empty', () => {
    const rows = chain(5)
    const last = { seq: 5, hash: rows[4]?.hash }
    expect(verifyChain(rows, digest)).toEqual({ ok: true, last })
    const position = { seq: 2, hash: rows[1]?.hash ?? '' }
    expect(verifyChain(rows.slice(2), digest, position)).toEqual({ ok: true, last })
    expect(verifyChain([], digest)).toEqual({ ok: true, last: { seq: 0, hash: AUDIT_START } })
  })

  test.each<[keyof AuditRow, unknown]>([
    ['atMs', 1],
    ['actor', 'eve'],
    ['tokenId', null],
    ['address', '203.0.113.10'],
    ['action', 'rollback'],
    ['target', 'revision/9'],
    ['reason', ''],
    ['outcome', 'denied'],
    ['revision', null],
    ['beforeSha256', 'cd'.repeat(32)],
    ['afterSha256', null],
  ])('tells when %s of a row was changed', (member, value) => {
    const rows = chain(4).map((row) => (row.seq === 3 ? { ...row, [member]: value } : row))
    expect(verifyChain(rows, digest)).toEqual({ ok: false, seq: 3, fault: 'wrong hash' })
  })

  test('tells when a row was changed and hashed anew', () => {
    const rows = chain(4).map((row) => {
      if (row.seq !== 3) return row
      const changed = { ...row, actor: 'eve' }
      return { ...changed, hash: auditHash(row.prevHash, changed, digest) }
    })
    expect(verifyChain(rows, digest)).toEqual({ ok: false, seq: 4, fault: 'wrong previous hash' })
  })

  test('tells when a row is missing, doubled or out of order', () => {
    const [one, two, three] = chain(3)
    if (!one || !two || !three) throw new Error('three rows')
    for (const rows of [[one, three], [two], [one, one], [one, three, two]]) {
      expect(verifyChain(rows, digest)).toMatchObject({ ok: false, fault: 'missing row' })
    }
  })
})
