import { describe, expect, test } from 'vitest'
import { cutPage, readPageRequest } from '../../../worker/domain/paging.ts'

/** All pages of rows numbered 1 to `count`, `limit` at a time. */
function pages(count: number, limit: number): readonly (readonly number[])[] {
  const rows = Array.from({ length: count }, (_, i) => count - i)
  const found: (readonly number[])[] = []
  let cursor: string | undefined
  do {
    const query = readPageRequest('rows', { limit, ...(cursor !== undefined && { cursor }) })
    if (!query.ok) throw new Error('refused its own cursor')
    const read = rows.filter((row) => row < query.value.before).slice(0, limit + 1)
    const page = cutPage('rows', query.value, read, (row) => row)
    found.push(page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return found
}

describe('paging', () => {
  test('gives every row once, newest first, and ends', () => {
    expect(pages(7, 3)).toEqual([[7, 6, 5], [4, 3, 2], [1]])
    expect(pages(6, 3)).toEqual([
      [6, 5, 4],
      [3, 2, 1],
    ])
    expect(pages(0, 3)).toEqual([[]])
  })

  test('takes limits of 1 to 100', () => {
    for (const limit of [1, 100]) expect(readPageRequest('rows', { limit }).ok).toBe(true)
    for (const limit of [0, 101, 1.5, Number.NaN, -1]) {
      expect(readPageRequest('rows', { limit })).toMatchObject({
        error: { issues: [{ path: '/limit' }] },
      })
    }
  })

  test('takes no cursor but its own', () => {
    const foreign = [
      '',
      'x',
      '====',
      'rows:5',
      btoa('rows:0'),
      btoa('rows:-1'),
      btoa('rows:5x'),
      btoa('other:5'),
      'A'.repeat(600),
    ]
    for (const cursor of foreign) {
      expect(readPageRequest('rows', { limit: 1, cursor }), cursor).toMatchObject({
        error: { issues: [{ path: '/cursor' }] },
      })
    }
  })
})
