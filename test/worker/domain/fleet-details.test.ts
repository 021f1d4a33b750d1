import { describe, expect, test } from 'vitest'
import type { StatusReport } from '#core'
import {
  type Convergence,
  detailsOf,
  MAX_GROUPS,
  MAX_HISTORY,
  MAX_STRAGGLERS,
  mergeDetails,
  type Wanted,
} from '../../../worker/domain/fleet-details.ts'
import { type FleetEntry, nextEntry } from '../../../worker/domain/fleet.ts'

const sdk = { name: 'js', version: '1' }
const WANTED: Wanted = { epoch: 1, seq: 4, revision: 4, announcedAtMs: 0 }

let made = 0
const entry = (report: Partial<StatusReport> = {}, atMs = 1): FleetEntry =>
  nextEntry(
    undefined,
    { instance: `i${++made}`, state: 'applied', revision: 4, seq: 4, sdk, ...report },
    atMs,
  )
const many = (count: number, report: (index: number) => Partial<StatusReport>): FleetEntry[] =>
  Array.from({ length: count }, (_, index) => entry(report(index), index))

describe('details of a fleet', () => {
  test('count as behind whoever does not serve what it should, staged content included', () => {
    const states = [
      entry(),
      entry({ state: 'stale' }),
      entry({ revision: 5 }),
      entry({ revision: 3 }),
      entry({ state: 'applying' }),
      entry({ state: 'quarantined' }),
    ]
    expect(detailsOf(states, 0, WANTED, []).behind).toBe(4)
    expect(detailsOf(states, 0, { ...WANTED, candidate: 5 }, []).behind).toBe(3)
    expect(detailsOf(states, 0, null, []).behind).toBe(0)
  })

  test('are bounded however many instances and names there are', () => {
    const entries = many(MAX_GROUPS * 3, (index) => ({
      revision: 1,
      labels: { host: `h${index}` },
      sdk: { name: 'js', version: `${index}` },
      secretVersions: { [`s${index}`]: 1 },
    }))
    const history = Array.from({ length: MAX_HISTORY + 3 }, (_, revision): Convergence => ({
      revision,
      announcedAtMs: revision - 100,
      instances: 0,
      applied: 0,
      failed: 0,
      within: [],
    }))
    const details = detailsOf(entries, 0, WANTED, history)
    const { labels, sdks, secretVersions } = details
    expect([labels.length, sdks.length, secretVersions.length]).toEqual(
      Array.from({ length: 3 }, () => MAX_GROUPS),
    )
    expect(details.stragglers).toHaveLength(MAX_STRAGGLERS)
    expect(details.stragglers[0]?.atMs).toBe(0)
    expect(details.history).toHaveLength(MAX_HISTORY)
    expect(details.history[0]?.revision).toBe(4)
  })

  test('of two hubs are those of all their instances', () => {
    const one = many(30, (index) => ({
      revision: 3 + (index % 2),
      labels: { zone: `z${index % 3}` },
      secretVersions: { db: 1 + (index % 2) },
      override: { seq: index % 3 },
    }))
    const other = many(20, () => ({ state: 'failed', labels: { zone: 'z1' } }))
    const apart = [detailsOf(one, 30, WANTED, []), detailsOf(other, 20, WANTED, [])]
    const whole = detailsOf([...one, ...other], 50, WANTED, [])
    const merged = mergeDetails(apart)
    const inOrder = (list: readonly object[]) => list.map((item) => JSON.stringify(item)).toSorted()
    for (const member of [
      'stragglers',
      'labels',
      'sdks',
      'secretVersions',
      'overrides',
      'history',
    ] as const) {
      expect(inOrder(merged[member])).toEqual(inOrder(whole[member]))
    }
    expect([merged.sockets, merged.behind, merged.wanted]).toEqual([50, whole.behind, WANTED])
    expect(mergeDetails([detailsOf([], 0, null, [])]).wanted).toBeNull()
  })
})

test('an instance applied its revision when it first said so', () => {
  const report = { instance: 'a', state: 'applied', revision: 1, seq: 1, sdk } as const
  const first = nextEntry(undefined, report, 10)
  expect(nextEntry(first, report, 20)).toMatchObject({ atMs: 20, appliedAtMs: 10 })
  expect(nextEntry(first, { ...report, revision: 2 }, 20).appliedAtMs).toBe(20)
  expect(nextEntry(first, { ...report, instance: 'b' }, 20).appliedAtMs).toBe(20)
  expect(nextEntry(first, { ...report, state: 'failed' }, 20)).not.toHaveProperty('appliedAtMs')
})
