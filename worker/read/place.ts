/** Where a request came in, as far as the platform says: SNAPSHOT.md §4.3. */

import type { Region } from '../objects/hub/interface.ts'

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

/** Where Durable Objects for readers of this place had best be; undefined: wherever they are asked for. */
export function regionOf({ cf }: Pick<Request, 'cf'>): Region | undefined {
  const east = Number(cf?.['longitude'])
  switch (cf?.['continent']) {
    case 'NA':
      return east < -100 ? 'wnam' : 'enam'
    case 'EU':
      return east > 20 ? 'eeur' : 'weur'
    case 'AS':
      return MIDDLE_EAST.has(String(cf['country'])) ? 'me' : 'apac'
    case 'SA':
      return 'sam'
    case 'OC':
      return 'oc'
    case 'AF':
      return 'afr'
    default:
      return undefined
  }
}

/** ISO 3166-1 alpha-2, of those that Cloudflare counts to Asia. */
const MIDDLE_EAST = new Set('AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE'.split(' '))
