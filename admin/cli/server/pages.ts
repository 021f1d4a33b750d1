/** Lists of the API, read whole. */

interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
}

/** Reads page after page until the last one, or until there are `max` items. */
export async function readAll<T>(
  read: (query: { limit: string; cursor?: string }) => Promise<{ readonly body: Page<T> }>,
  max = Infinity,
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const limit = String(Math.min(100, max - items.length))
    const { body } = await read({ limit, ...(cursor !== undefined && { cursor }) })
    items.push(...body.items)
    cursor = body.next
  } while (cursor !== undefined && items.length < max)
  return items
}
