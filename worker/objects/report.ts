/** Faults that no answer tells of, for whoever operates this: one line of JSON on the platform's log. */

/** The message alone: an error of ours names no key, token or document. */
export function reportFault(event: string, error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  // oxlint-disable-next-line no-console -- the platform's log is the console
  console.error(JSON.stringify({ event, message }))
}
