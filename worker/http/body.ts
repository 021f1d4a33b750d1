/** Reads a request's body: bounded while it arrives, UTF-8, strict JSON. Each refusal is a problem that names the place. */
import { parseJson } from '#formats'
import type { JsonValue } from '#core'
import { ProblemError } from './problem.ts'

/** `application/json`, with no charset but UTF-8 (RFC 8259 §8.1 knows no other). */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

/**
 * The bytes of the body, at most `limit`; empty without one.
 *
 * @throws ProblemError `too_large` as soon as it is known, `unsupported_media_type` for a body that is not said to be JSON.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? '0')
  if (declared > limit) throw tooLarge(limit)
  const bytes = await readBounded(request, limit)
  if (bytes.length > 0) requireJson(request)
  return bytes
}

function requireJson(request: Request): void {
  const encoding = request.headers.get('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw new ProblemError('unsupported_media_type', 'Send the body without Content-Encoding.')
  }
  if (!JSON_TYPE.test((request.headers.get('content-type') ?? '').trim())) {
    throw new ProblemError('unsupported_media_type', 'Send "Content-Type: application/json".')
  }
}

async function readBounded(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body?.getReader()
  if (reader === undefined) return new Uint8Array()
  for (;;) {
    const { done, value } = await readChunk(reader)
    if (done) break
    length += value.byteLength
    if (length > limit) {
      // Nobody waits for the rest; whether the client notices at once does not matter.
      void reader.cancel().catch(() => undefined)
      throw tooLarge(limit)
    }
    chunks.push(value)
  }
  return concat(chunks, length)
}

async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read()
  } catch {
    throw new ProblemError('bad_request', 'The body ended before it was complete.')
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/**
 * `roundsAt`: where integers that a double cannot hold are rounded.
 *
 * @throws ProblemError `malformed_json` with the pointer, line and column.
 */
export function parseBody(
  bytes: Uint8Array,
  roundsAt?: (path: readonly (string | number)[]) => boolean,
): JsonValue {
  const parsed = parseJson(decode(bytes), roundsAt && { roundsAt })
  if (parsed.ok) return parsed.value
  const { path, message, line, column } = parsed.error
  throw malformed(path, `${message} (line ${line}, column ${column})`)
}

function decode(bytes: Uint8Array): string {
  try {
    // ignoreBOM: the byte order mark is left for the parser to refuse, not silently removed.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed('', 'must be UTF-8')
  }
}

function malformed(path: string, message: string): ProblemError {
  return new ProblemError('malformed_json', `The body is not strict JSON: ${message}.`, {
    errors: [{ path, message }],
  })
}

function tooLarge(limit: number): ProblemError {
  return new ProblemError('too_large', `The body is over the limit of ${limit} bytes.`)
}
