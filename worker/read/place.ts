/** Where a request came in, as far as the platform says: SNAPSHOT.md §4.3. */

const PART = /^[A-Z0-9]{2,4}$/

/** `<continent>/<country>/<colo>`, such as `EU/DE/FRA`; null when nothing of it is known. */
export function placeOf({ cf }: Pick<Request, 'cf'>): string | null {
  const parts = [cf?.['continent'], cf?.['country'], cf?.['colo']].map((part) =>
    typeof part === 'string' && PART.test(part) ? part : '',
  )
  return parts.some((part) => part !== '') ? parts.join('/') : null
}

/** Says it where somebody needs it to decide. */
export function withPlace(answer: Response, request: Request): Response {
  const place = placeOf(request)
  if (place !== null) answer.headers.set('driftless-place', place)
  return answer
}
