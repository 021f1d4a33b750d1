/** Opaque cursors over rows that are numbered and shown newest first: a cursor says below which number to go on. */
import { fail, ok } from './errors.ts'
import type { Result } from './errors.ts'

export const MAX_PAGE = 100

/** What to read: rows numbered below `before`, highest first, `limit` of them. */
export interface PageQuery {
  readonly limit: number
  readonly before: number
}

/** `list` ties a cursor to the list it came from. Refused: a limit outside 1 to 100, a cursor that is not ours. */
export function readPageRequest(
  list: string,
  request: { readonly limit: number; readonly cursor?: string },
): Result<PageQuery> {
  const { limit, cursor } = request
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    return invalid('/limit', `must be an integer from 1 to ${MAX_PAGE}`)
  }
  if (cursor === undefined) return ok({ limit, before: Number.MAX_SAFE_INTEGER })
  const before = decodeCursor(list, cursor)
  if (before === undefined)
    return invalid('/cursor', 'must be the `next` of an earlier page of this list')
  return ok({ limit, before })
}

/** Cuts the page out of up to `limit + 1` rows: that one row more says whether there is a next page. */
export function cutPage<T>(
  list: string,
  query: PageQuery,
  rows: readonly T[],
  numberOf: (row: T) => number,
): { readonly items: readonly T[]; readonly next?: string } {
  const items = rows.slice(0, query.limit)
  const last = items.at(-1)
  if (rows.length <= query.limit || last === undefined) return { items }
  return { items, next: encodeCursor(list, numberOf(last)) }
}

function encodeCursor(list: string, before: number): string {
  return btoa(`${list}:${before}`).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
}

function decodeCursor(list: string, cursor: string): number | undefined {
  if (!/^[A-Za-z0-9_-]{1,512}$/.test(cursor)) return undefined
  let text: string
  try {
    text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
  const digits = text.startsWith(`${list}:`) ? text.slice(list.length + 1) : ''
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined
}

function invalid(path: string, message: string): Result<never> {
  return fail({ reason: 'invalid', issues: [{ path, message }] })
}
