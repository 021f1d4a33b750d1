/**
 * `POST /v1/events` (SNAPSHOT.md §4.1): how often flags were evaluated, by variant. Counts and nothing else: no context, no
 * ids. They are hints for people, so they may be lost and are never retried here.
 */
import { type AudienceName, escapePointer, isJsonObject, type JsonValue } from '#core'
import { parseBody, readBody } from '../http/body.ts'
import { ProblemError } from '../http/problem.ts'
import type { EvaluationCounts } from '../objects/project/interface.ts'
import { CORS_HEADERS, refusalOf, unauthorized } from './answers.ts'
import { withDeadline } from './deadline.ts'
import type { Readers } from './reader.ts'
import type { KeepAlive } from './store.ts'

const MAX_BODY_BYTES = 1024 * 1024
const MAX_FLAGS = 5_000
/** 200 variants, and the fallback. */
const MAX_VARIANTS = 201
const MAX_VARIANT_CHARACTERS = 128
const MAX_COUNT = 1_000_000_000
const RECORD_TIMEOUT_MS = 10_000

export type Recorder = (name: AudienceName, counts: EvaluationCounts) => Promise<void>

export function createEvents(
  readers: Readers,
  record: Recorder,
  clock: () => number,
): (request: Request, keepAlive: KeepAlive) => Promise<Response> {
  return async (request, keepAlive) => {
    const header = request.headers.get('authorization')
    const reader = await readers.find(header, clock(), keepAlive)
    if (reader === null) return unauthorized()
    let counts: EvaluationCounts
    try {
      counts = readCounts(parseBody(await readBody(request, MAX_BODY_BYTES)))
    } catch (error) {
      return refusalOf(error)
    }
    if (Object.keys(counts).length > 0) {
      await withDeadline(record(reader, counts), RECORD_TIMEOUT_MS)
    }
    return new Response(null, {
      status: 202,
      headers: { ...CORS_HEADERS, 'cache-control': 'no-store' },
    })
  }
}

/** `{flags: {key: {variant: count}}}`; the empty variant counts fallbacks. */
function readCounts(body: JsonValue): EvaluationCounts {
  if (!isJsonObject(body)) throw invalid('', 'must be an object')
  for (const name of Object.keys(body)) {
    if (name !== 'flags') throw invalid(`/${escapePointer(name)}`, 'unknown member')
  }
  const flags = Object.entries(membersOf(body['flags'], '/flags', MAX_FLAGS))
  return Object.fromEntries(
    flags.map(([key, variants]) => {
      const path = `/flags/${escapePointer(key)}`
      const counts = Object.entries(membersOf(variants, path, MAX_VARIANTS))
      return [key, Object.fromEntries(counts.map((count) => readCount(count, path)))]
    }),
  )
}

function readCount([variant, count]: readonly [string, JsonValue], path: string): [string, number] {
  const place = `${path}/${escapePointer(variant.slice(0, MAX_VARIANT_CHARACTERS))}`
  if (variant.length > MAX_VARIANT_CHARACTERS) {
    throw invalid(place, `a variant's name has at most ${MAX_VARIANT_CHARACTERS} characters`)
  }
  const isCount = typeof count === 'number' && Number.isInteger(count)
  if (!isCount || count < 1 || count > MAX_COUNT) {
    throw invalid(place, `must be an integer from 1 to ${MAX_COUNT}`)
  }
  return [variant, count]
}

function membersOf(value: JsonValue | undefined, path: string, max: number) {
  if (value === undefined) throw invalid(path, 'is missing')
  if (!isJsonObject(value)) throw invalid(path, 'must be an object')
  const { length } = Object.keys(value)
  if (length > max) throw invalid(path, `must have at most ${max} members, has ${length}`)
  return value
}

function invalid(path: string, message: string): ProblemError {
  return new ProblemError('invalid', `${path === '' ? 'The body' : path}: ${message}.`, {
    errors: [{ path, message }],
  })
}
