import { describe, expect, test } from 'vitest'
import { createApi } from '../../../worker/api/index.ts'
import type { DomainError } from '../../../worker/domain/errors.ts'
import { problemOf } from '../../../worker/http/problem.ts'

/** An API whose objects fail with `error`; what it reported. */
function failing(error: unknown) {
  const reported: unknown[] = []
  const fail = () => {
    throw error
  }
  const api = createApi({
    project: fail,
    directory: fail,
    hub: fail,
    forgetKey: fail,
    ownerToken: 'owner',
    nowMs: () => 0,
    report: (fault) => reported.push(fault),
  })
  const ask = () => api.request('/projects', { headers: { authorization: 'Bearer owner' } })
  return { ask, reported }
}

describe('an exception', () => {
  test.each(['overloaded', 'retryable'])(
    'of a %s object is 503 with a time to retry',
    async (mark) => {
      const { ask, reported } = failing(
        Object.assign(new Error('from the runtime'), { [mark]: true }),
      )
      const response = await ask()
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('1')
      expect(await response.json()).toMatchObject({ code: 'unavailable' })
      expect(reported).toEqual([])
    },
  )

  test('of more than RPC moves is 413', async () => {
    const message =
      'Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: 37749606 bytes.'
    const response = await failing(new Error(message)).ask()
    expect(response.status).toBe(413)
  })

  test('of any other kind is 500, reported, and says nothing of itself', async () => {
    const fault = new Error('secret detail')
    const { ask, reported } = failing(fault)
    const response = await ask()
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
    expect(reported).toEqual([fault])
  })
})

test.each<[DomainError, number]>([
  [{ reason: 'not_found', noun: 'flag', name: 'f' }, 404],
  [{ reason: 'already_exists', noun: 'flag', name: 'f' }, 409],
  [{ reason: 'in_use', noun: 'segment', name: 's', by: ['flag f'] }, 409],
  [{ reason: 'revision_conflict', base: 1, current: 2, changed: [] }, 412],
  [{ reason: 'invalid', issues: [{ path: '/a', message: 'm' }] }, 422],
  [{ reason: 'too_large', what: 'config c', limit: 1, actual: 2 }, 413],
  [{ reason: 'idempotency_key_reused' }, 422],
  [{ reason: 'storage_full' }, 507],
])('%j is the status %i', async (error, status) => {
  const response = problemOf(error).toResponse()
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({ code: error.reason, status })
})

test('a name in a message is short and stays on its line', async () => {
  const name = `a\n"${'x'.repeat(500)}`
  const response = problemOf({ reason: 'not_found', noun: 'flag', name }).toResponse()
  const { detail }: { detail: string } = await response.json()
  expect(detail.length).toBeLessThan(200)
  expect(detail).not.toContain('\n')
})
