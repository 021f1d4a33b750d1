/**
 * `POST /v1/samples` (SNAPSHOT.md §4.5): a few evaluations with as little of their contexts as will do to repeat them. Hints for
 * people, so they may be lost and are never retried here.
 */
import type { AudienceName, ContextSample } from '#core'
import { MAX_SAMPLES_BYTES, readSamples } from '../domain/samples.ts'
import { parseBody, readBody } from '../http/body.ts'
import { problemOf } from '../http/problem.ts'
import { CORS_HEADERS, refusalOf, unauthorized } from './answers.ts'
import { withDeadline } from './deadline.ts'
import type { Readers } from './reader.ts'
import type { KeepAlive } from './store.ts'

const KEEP_TIMEOUT_MS = 10_000

export type SampleKeeper = (name: AudienceName, samples: readonly ContextSample[]) => Promise<void>

export function createSamples(
  readers: Readers,
  keep: SampleKeeper,
  clock: () => number,
): (request: Request, keepAlive: KeepAlive) => Promise<Response> {
  return async (request, keepAlive) => {
    const reader = await readers.find(request.headers.get('authorization'), clock(), keepAlive)
    if (reader === null) return unauthorized()
    let samples: readonly ContextSample[]
    try {
      const read = readSamples(parseBody(await readBody(request, MAX_SAMPLES_BYTES)))
      if (!read.ok) throw problemOf(read.error)
      samples = read.value
    } catch (error) {
      return refusalOf(error)
    }
    if (samples.length > 0) await withDeadline(keep(reader, samples), KEEP_TIMEOUT_MS)
    return new Response(null, {
      status: 202,
      headers: { ...CORS_HEADERS, 'cache-control': 'no-store' },
    })
  }
}
