/**
 * Pages of lists that are held whole and ordered by a text, all at one revision. (Lists that the objects page
 * themselves, such as revisions and audit, use the cursors of `domain/paging.ts`.)
 */
import { problemOf } from './problem.ts'

export interface PageQuery {
  /** 1 to 100. */
  readonly limit: number
  readonly cursor?: string
}

/** Where a page begins: after `after`, in the list as it was at `revision` (0: the list has no revisions). */
export interface PageStart {
  readonly revision: number
  readonly after: string
}

/** @throws ProblemError `invalid` when the cursor is not one of `list`. */
export function readCursor(list: string, cursor: string): PageStart {
  const match = /^([^:]*):(\d{1,15}):([^]*)$/.exec(decode(cursor))
  const [, name, revision, after] = match ?? []
  if (name !== list || after === undefined) {
    const message = 'must be the `next` of an earlier page of this list'
    throw problemOf({ reason: 'invalid', issues: [{ path: '?cursor', message }] })
  }
  return { revision: Number(revision), after }
}

function decode(cursor: string): string {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return ''
  }
}

/** Cuts a page out of `items`, which are ordered by `keyOf` (ASCII). */
export function cutList<T>(
  list: string,
  items: readonly T[],
  query: { readonly limit: number; readonly start?: PageStart; readonly revision?: number },
  keyOf: (item: T) => string,
): { readonly items: readonly T[]; readonly next?: string } {
  const after = query.start?.after
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after)
  const page = rest.slice(0, query.limit)
  const last = page.at(-1)
  if (last === undefined || rest.length === page.length) return { items: page }
  const text = `${list}:${query.revision ?? 0}:${keyOf(last)}`
  const next = btoa(text).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
  return { items: page, next }
}
