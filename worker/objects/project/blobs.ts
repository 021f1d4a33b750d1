/** Content-addressed texts, in chunks: no row may pass 2 MB, which the local runtime does not enforce. */
import { all, first } from './sql.ts'

const CHUNK_BYTES = 1024 * 1024

/** Stores `text` under its hash; does nothing when it is there. */
export function putBlob(sql: SqlStorage, sha256: string, text: string): void {
  if (first(sql, 'SELECT 1 AS one FROM blob WHERE sha256 = ? AND chunk = 0', sha256)) return
  const bytes = new TextEncoder().encode(text)
  for (let chunk = 0; chunk === 0 || chunk * CHUNK_BYTES < bytes.length; chunk++) {
    const part = bytes.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)
    sql.exec('INSERT INTO blob (sha256, chunk, bytes) VALUES (?, ?, ?)', sha256, chunk, part.buffer)
  }
}

/** The bytes stored under a hash; undefined when there are none. */
export function getBlob(sql: SqlStorage, sha256: string): Uint8Array<ArrayBuffer> | undefined {
  const query = 'SELECT bytes FROM blob WHERE sha256 = ? ORDER BY chunk'
  const chunks = all<{ bytes: ArrayBuffer }>(sql, query, sha256)
  if (chunks.length === 0) return undefined
  const whole = new Uint8Array(chunks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
  let offset = 0
  for (const { bytes } of chunks) {
    whole.set(new Uint8Array(bytes), offset)
    offset += bytes.byteLength
  }
  return whole
}

export function getText(sql: SqlStorage, sha256: string): string | undefined {
  const bytes = getBlob(sql, sha256)
  // ignoreBOM: a text that begins with U+FEFF has to come back whole, or its hash would not fit.
  return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

/** Removes those of `hashes` that neither an item version that is kept nor a published head names. */
export function releaseBlobs(sql: SqlStorage, hashes: readonly string[]): void {
  for (const sha256 of new Set(hashes)) {
    const kept = 'SELECT 1 AS one FROM item_version WHERE sha256 = ? AND pruned = 0 LIMIT 1'
    if (first(sql, kept, sha256)) continue
    const named = first(
      sql,
      `SELECT 1 AS one FROM head WHERE manifest IS NOT NULL AND (sha256 = ?1
         OR EXISTS (SELECT 1 FROM json_each(head.externals) WHERE value = ?1)) LIMIT 1`,
      sha256,
    )
    if (named === undefined) sql.exec('DELETE FROM blob WHERE sha256 = ?', sha256)
  }
}
