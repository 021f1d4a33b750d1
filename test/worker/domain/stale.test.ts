import { describe, expect, test } from 'vitest'
import { judgeFlag, nextUsage, signalsOf, type Usage } from '../../../worker/domain/stale.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NOW_MS = 1_000 * DAY_MS
const LONG_AGO_MS = NOW_MS - 30 * DAY_MS

const usage = (more: Partial<Usage> = {}): Usage => ({
  lastEvaluatedAtMs: NOW_MS - 1,
  lastVariant: 'on',
  variantSinceMs: LONG_AGO_MS,
  total: 5,
  ...more,
})

describe('usage', () => {
  test('begins with the first report', () => {
    expect(nextUsage(undefined, { on: 3 }, 10)).toEqual({
      lastEvaluatedAtMs: 10,
      lastVariant: 'on',
      variantSinceMs: 10,
      total: 3,
    })
  })

  test('goes on as long as only one variant is served, and begins anew with another', () => {
    const first = nextUsage(undefined, { on: 3 }, 10)
    const same = nextUsage(first, { on: 1 }, 20)
    expect(same).toMatchObject({ lastEvaluatedAtMs: 20, variantSinceMs: 10, total: 4 })
    expect(nextUsage(same, { off: 1 }, 30)).toMatchObject({
      lastVariant: 'off',
      variantSinceMs: 30,
    })
    expect(nextUsage(same, { on: 9, off: 1 }, 30)).toMatchObject({
      lastVariant: 'on',
      variantSinceMs: 30,
      total: 14,
    })
  })

  test('a clock that was set back takes nothing back, and a total stays a number', () => {
    const before = usage({ lastEvaluatedAtMs: 50, total: Number.MAX_SAFE_INTEGER - 1 })
    expect(nextUsage(before, { on: 7 }, 40)).toMatchObject({
      lastEvaluatedAtMs: 50,
      total: Number.MAX_SAFE_INTEGER,
    })
  })
})

describe('signals', () => {
  const judge = (usages: readonly Usage[], flag = {}, createdAtMs = 0, lastReportAtMs = NOW_MS) =>
    judgeFlag(flag, createdAtMs, usages, lastReportAtMs, NOW_MS)
  const none = { notEvaluatedFor30d: false, constantFor30d: false, isStale: false }
  const unused = { notEvaluatedFor30d: true, constantFor30d: false, isStale: true }
  const constant = { notEvaluatedFor30d: false, constantFor30d: true, isStale: true }

  test('a flag that nobody evaluated for 30 days has one, on the day and not a millisecond before', () => {
    expect(judge([])).toEqual(unused)
    expect(judge([usage({ lastEvaluatedAtMs: LONG_AGO_MS })])).toEqual(unused)
    expect(
      judge([usage({ lastEvaluatedAtMs: LONG_AGO_MS + 1, variantSinceMs: NOW_MS - 1 })]),
    ).toEqual(none)
  })

  test('a flag that served one variant for 30 days has the other', () => {
    expect(judge([usage()])).toEqual(constant)
    expect(judge([usage({ variantSinceMs: LONG_AGO_MS + 1 })])).toEqual(none)
  })

  test('over several environments only one and the same variant is constant', () => {
    expect(judge([usage(), usage()])).toEqual(constant)
    expect(judge([usage(), usage({ lastVariant: 'off' })])).toEqual(none)
    // One that is not used any more says nothing.
    const forgotten = usage({ lastVariant: 'off', lastEvaluatedAtMs: LONG_AGO_MS })
    expect(judge([usage(), forgotten])).toEqual(constant)
  })

  test('a flag younger than 30 days has none', () => {
    expect(judge([], {}, LONG_AGO_MS + 1)).toEqual(none)
    expect(judge([usage()], {}, LONG_AGO_MS + 1)).toEqual(none)
    expect(judge([], {}, LONG_AGO_MS)).toEqual(unused)
    expect(signalsOf(usage(), LONG_AGO_MS + 1, NOW_MS).constantFor30d).toBe(false)
  })

  test.each([
    [{ kind: 'killswitch' }],
    [{ kind: 'permission' }],
    [{ kind: 'operational', temporary: true }],
    [{ temporary: false }],
    [{ kind: 'release', temporary: false }],
  ] as const)('%j is meant to stay: it has signals and is not stale', (flag) => {
    expect(judge([], flag)).toEqual({ ...unused, isStale: false })
    expect(judge([usage()], flag)).toEqual({ ...constant, isStale: false })
  })

  test.each([
    [{}],
    [{ temporary: true }],
    [{ kind: 'release' }],
    [{ kind: 'experiment' }],
  ] as const)('%j is meant to go', (flag) => expect(judge([], flag).isStale).toBe(true))

  test('where nothing is reported, nothing follows', () => {
    const silent = (lastReportAtMs: number | null) => judgeFlag({}, 0, [], lastReportAtMs, NOW_MS)
    expect(silent(null)).toEqual({ ...unused, isStale: false })
    expect(silent(LONG_AGO_MS)).toEqual({ ...unused, isStale: false })
    expect(silent(LONG_AGO_MS + 1)).toEqual(unused)
  })
})
