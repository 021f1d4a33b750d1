/**
 * Which hub of an audience takes a new stream: any of those there are, by the dice; when those asked are full, one more, near
 * whoever asked. A tree of thousands of hubs is found by asking the root once; one that is no more needed says so itself.
 */
import { type AudienceName, formatAudience } from '#core'
import type { HubRpc, Region } from '../objects/hub/interface.ts'

/** The upgrade (see `HubRpc`), and room for more. */
export type HubDoor = Pick<Fetcher, 'fetch'> & Pick<HubRpc, 'grow'>

/** Hubs asked before another one is made. */
const TRIES = 3
/** Audiences whose tree is remembered. */
const MAX_AUDIENCES = 1_000

/** What a hub answers that has been sent home. */
const RETIRED = 410

const SIZE_HEADER = 'driftless-hubs'

export function createPlacement(
  hub: (name: AudienceName, node: number) => HubDoor,
  random: () => number,
): (
  name: AudienceName,
  url: string,
  headers: Record<string, string>,
  hint?: Region,
) => Promise<Response> {
  /** Nodes that are known of, by audience. */
  const sizes = new Map<string, number>()

  function learn(aud: string, size: number): number {
    const known = Math.max(sizes.get(aud) ?? 1, size)
    sizes.delete(aud)
    sizes.set(aud, known)
    const [oldest] = sizes.keys()
    if (sizes.size > MAX_AUDIENCES && oldest !== undefined) sizes.delete(oldest)
    return known
  }

  return async (name, url, headers, hint) => {
    const aud = formatAudience(name)
    const ask = async (node: number): Promise<Response> => {
      const answer = await hub(name, node).fetch(url, { headers })
      learn(aud, Number(answer.headers.get(SIZE_HEADER)) || 1)
      return answer
    }
    let answer: Response | undefined
    let gone: number | undefined
    for (let tried = 0; tried < TRIES;) {
      const node = Math.floor(random() * (sizes.get(aud) ?? 1))
      answer = await ask(node)
      if (answer.status === RETIRED && node > 0) {
        // Nor are those after it there. Fewer are known each time, and the root always is: this ends.
        sizes.set(aud, node)
        gone = node
        continue
      }
      if (answer.status !== 503) return answer
      tried++
    }
    const before = gone ?? sizes.get(aud) ?? 1
    const size = learn(aud, await hub(name, 0).grow(before, hint))
    // As large as it may get: the reader is to come back, and polls meanwhile.
    if (size === before && answer !== undefined) return answer
    return ask(Math.min(before, size - 1))
  }
}
