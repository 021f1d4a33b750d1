/** `POST /v1/status` (SNAPSHOT.md §4.2): how an instance that has no stream is doing. */
import type { AudienceName, StatusReport } from '#core'
import { MAX_STATUS_BYTES, readStatus } from '../domain/status.ts'
import { parseBody, readBody } from '../http/body.ts'
import { problemOf } from '../http/problem.ts'
import { CORS_HEADERS, refusalOf, unauthorized } from './answers.ts'
import { withDeadline } from './deadline.ts'
import type { Readers } from './reader.ts'
import type { KeepAlive } from './store.ts'

const TAKE_TIMEOUT_MS = 10_000

export type StatusTaker = (name: AudienceName, report: StatusReport) => Promise<void>

export function createStatus(
  readers: Readers,
  take: StatusTaker,
  clock: () => number,
): (request: Request, keepAlive: KeepAlive) => Promise<Response> {
  return async (request, keepAlive) => {
    const reader = await readers.find(request.headers.get('authorization'), clock(), keepAlive)
    if (reader === null) return unauthorized()
    let report: StatusReport
    try {
      const read = readStatus(parseBody(await readBody(request, MAX_STATUS_BYTES)))
      if (!read.ok) throw problemOf(read.error)
      report = read.value
    } catch (error) {
      return refusalOf(error)
    }
    await withDeadline(take(reader, report), TAKE_TIMEOUT_MS)
    return new Response(null, {
      status: 202,
      headers: { ...CORS_HEADERS, 'cache-control': 'no-store' },
    })
  }
}
