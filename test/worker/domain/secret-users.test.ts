import { expect, test } from 'vitest'
import type { FleetEntry } from '../../../worker/domain/fleet.ts'
import { MAX_USERS, mergeUsers, secretUsers } from '../../../worker/domain/secret-users.ts'

const sdk = { name: 'js', version: '1' }
const entry = (
  instance: string,
  secretVersions?: Readonly<Record<string, number>>,
  atMs = 1,
): FleetEntry => ({
  report: {
    instance,
    state: 'applied',
    revision: 1,
    seq: 1,
    sdk,
    ...(secretVersions && { secretVersions }),
  },
  atMs,
})

test('the users of a version are those who report just that one', () => {
  const entries = [
    entry('a', { token: 1, other: 2 }, 5),
    entry('b', { token: 2 }),
    entry('c'),
    entry('d', { token: 1 }, 9),
  ]
  expect(secretUsers(entries, 'token', 1)).toEqual({
    instances: 2,
    using: [
      { instance: 'd', atMs: 9 },
      { instance: 'a', atMs: 5 },
    ],
  })
  expect(secretUsers(entries, 'token', 3)).toEqual({ instances: 0, using: [] })
  expect(secretUsers(entries, 'constructor', 1)).toEqual({ instances: 0, using: [] })
})

test('one user of a secret is found however many other secrets the fleet uses more', () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `s${index}`)
  const many = Object.fromEntries(names.map((name) => [name, 1]))
  const entries = [entry('a', many), entry('b', many), entry('c', { rare: 1 })]
  expect(secretUsers(entries, 'rare', 1)).toMatchObject({
    instances: 1,
    using: [{ instance: 'c' }],
  })
})

test('all are counted and the newest hundred named, also of several hubs', () => {
  const some = (prefix: string, from: number) =>
    secretUsers(
      Array.from({ length: 80 }, (_, index) =>
        entry(`${prefix}${index}`, { token: 1 }, from + index),
      ),
      'token',
      1,
    )
  const merged = mergeUsers([some('a', 0), some('b', 1_000)])
  expect(merged.instances).toBe(160)
  expect(merged.using).toHaveLength(MAX_USERS)
  expect(merged.using[0]).toMatchObject({ instance: 'b79' })
  expect(merged.using.at(-1)).toMatchObject({ instance: 'a60' })
})
