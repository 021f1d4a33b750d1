/** Answers of accepted writes, kept 24 h, so that a request sent twice is carried out once. */
import { first } from './sql.ts'

const KEPT_MS = 24 * 60 * 60 * 1000

export interface IdempotencyRequest {
  readonly tokenId: string
  readonly key: string
  readonly requestSha256: string
}

/** What is needed to give the same answer again; the changed items are in `item_version`. */
export interface StoredAnswer {
  readonly requestSha256: string
  readonly revision: number
  readonly environments: readonly string[]
}

/** The answer stored under the key of this token; undefined when there is none or it is too old. */
export function findAnswer(
  sql: SqlStorage,
  { tokenId, key }: IdempotencyRequest,
  nowMs: number,
): StoredAnswer | undefined {
  const row = first<{ requestSha256: string; response: string }>(
    sql,
    `SELECT request_sha256 AS requestSha256, response FROM idempotency
     WHERE token_id = ? AND key = ? AND at_ms > ?`,
    tokenId,
    key,
    nowMs - KEPT_MS,
  )
  if (row === undefined) return undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by storeAnswer and by nothing else
  const answer = JSON.parse(row.response) as Omit<StoredAnswer, 'requestSha256'>
  return { ...answer, requestSha256: row.requestSha256 }
}

/** Stores an answer and drops those that are too old. */
export function storeAnswer(
  sql: SqlStorage,
  request: IdempotencyRequest,
  answer: Omit<StoredAnswer, 'requestSha256'>,
  nowMs: number,
): void {
  sql.exec('DELETE FROM idempotency WHERE at_ms <= ?', nowMs - KEPT_MS)
  sql.exec(
    `INSERT OR REPLACE INTO idempotency (token_id, key, request_sha256, response, at_ms) VALUES (?, ?, ?, ?, ?)`,
    request.tokenId,
    request.key,
    request.requestSha256,
    JSON.stringify(answer),
    nowMs,
  )
}
