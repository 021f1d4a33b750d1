import { describe, expect, test } from 'vitest'
import type { StatusReport } from '#core'
import {
  type FleetEntry,
  MAX_FAILURES,
  mergeSummaries,
  summarize,
} from '../../../worker/domain/fleet.ts'

const NONE = { applying: 0, applied: 0, failed: 0, stale: 0, quarantined: 0 }
const sdk = { name: 'js', version: '1' }

let made = 0
const entry = (report: Partial<StatusReport>, atMs = 0): FleetEntry => ({
  report: { instance: `i${++made}`, state: 'applied', revision: 1, seq: 1, sdk, ...report },
  atMs,
})

describe('a fleet', () => {
  test('of nobody has no rows', () => {
    expect(summarize([])).toEqual({ instances: 0, byRevision: [], failures: [] })
  })

  test('is counted by revision, deployment and state, newest revision first', () => {
    const summary = summarize([
      entry({ revision: 1 }),
      entry({ revision: 2, state: 'applying' }),
      entry({ revision: 2, deployment: 'd' }),
      entry({ revision: 2, deployment: 'd', state: 'stale' }),
      entry({ revision: 1 }),
    ])
    expect(summary).toEqual({
      instances: 5,
      byRevision: [
        { ...NONE, revision: 2, applying: 1 },
        { ...NONE, revision: 2, deployment: 'd', applied: 1, stale: 1 },
        { ...NONE, revision: 1, applied: 2 },
      ],
      failures: [],
    })
  })

  test('tells who failed and why, newest first and not without end', () => {
    const failed = (revision: number): FleetEntry =>
      entry({ state: 'failed', revision, error: { code: 'schema', config: 'c' } }, revision)
    const { failures, byRevision } = summarize(
      Array.from({ length: MAX_FAILURES + 5 }, (_, i) => failed(i)),
    )
    expect(failures).toHaveLength(MAX_FAILURES)
    expect(failures[0]).toMatchObject({ revision: 104, code: 'schema', config: 'c' })
    expect(byRevision).toHaveLength(MAX_FAILURES + 5)
    expect(summarize([entry({ state: 'failed' })]).failures).toMatchObject([{ code: 'unknown' }])
  })

  test('of two hubs is the sum of theirs', () => {
    const one = [entry({ revision: 1 }), entry({ revision: 2, state: 'failed' })]
    const other = [entry({ revision: 2 }), entry({ revision: 2, deployment: 'd' })]
    const merged = mergeSummaries([summarize(one), summarize(other)])
    expect(merged).toEqual(summarize([...one, ...other]))
  })
})
