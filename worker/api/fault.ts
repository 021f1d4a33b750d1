/** What is left when something throws that should not: the runtime's own refusals, and our mistakes. */
import { ProblemError } from '../http/problem.ts'

/** The problem of an exception. Only what no request should be able to cause is reported, and answers 500. */
export function problemOfFault(error: unknown, report: (error: unknown) => void): ProblemError {
  if (hasMark(error, 'overloaded') || hasMark(error, 'retryable')) {
    return new ProblemError('unavailable', 'The project is busy or moving.', {
      headers: { 'retry-after': '1' },
    })
  }
  // workerd: "Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: … bytes."
  if (error instanceof Error && /limited to 32\s?MiB/.test(error.message)) {
    return new ProblemError('too_large', 'That is more than can be moved at once: 32 MiB.')
  }
  report(error)
  return new ProblemError('internal', 'The request was not at fault; it may be tried again.')
}

/** Exceptions of the runtime carry these marks (Durable Objects, "Error handling"). */
function hasMark(error: unknown, mark: string): boolean {
  return typeof error === 'object' && error !== null && Reflect.get(error, mark) === true
}
