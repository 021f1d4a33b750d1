/** What concatenation makes of a value in JavaScript, which other vendors' SDKs compare and hash. */

/** The text JavaScript makes of a JSON value, without asking the value itself: a context is someone else's object. */
export function textOf(value: unknown): string {
  if (Array.isArray(value))
    return value.map((one) => ((one ?? null) === null ? '' : textOf(one))).join()
  return typeof value === 'object' && value !== null ? '[object Object]' : String(value)
}
