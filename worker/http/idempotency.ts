/** `Idempotency-Key`: the same key with the same request is answered once; what is the same is decided by this hash. */
import { hexOf } from './auth.ts'
import { ProblemError } from './problem.ts'

const KEY = /^[\x21-\x7e]{1,255}$/

/**
 * The key of a request, 1 to 255 visible ASCII characters; undefined without the header.
 *
 * @throws ProblemError `bad_request` when it is malformed.
 */
export function readIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined
  if (!KEY.test(header)) {
    throw new ProblemError(
      'bad_request',
      'Idempotency-Key must be 1 to 255 visible ASCII characters.',
    )
  }
  return header
}

/** SHA-256 (hex) over method, path with query, and body. Newlines part them: neither of the first two can hold one. */
export async function hashRequest(
  method: string,
  pathAndQuery: string,
  body: Uint8Array,
): Promise<string> {
  const head = new TextEncoder().encode(`${method}\n${pathAndQuery}\n`)
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
