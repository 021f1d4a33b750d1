/** What of a flag is for people stays out of snapshots, and an archived flag does so whole. */
import { expect, test } from 'vitest'
import type { Audience, SnapshotBody } from '#core'
import { composeSnapshot, createRenderer, evaluatedBody } from '../../../worker/domain/snapshot.ts'
import { asks, digest, flag, type Memory, project, rule, segment, settings } from './support.ts'

const subject = (audience: Audience) =>
  ({ project: 'shop', environment: 'production', audience }) as const

const bodyOf = (memory: Memory, audience: Audience = 'server'): SnapshotBody =>
  JSON.parse(composeSnapshot(memory.items, subject(audience), createRenderer(digest)).textAt(7))

const lifecycle = {
  owner: 'ada',
  tags: ['web'],
  kind: 'release',
  temporary: true,
  archived: false,
} as const

const shop = (): Memory =>
  project().with(
    segment('vip', { visibility: 'client', ids: ['u1'] }),
    flag('shown', { visibility: 'client', description: 'for people', ...lifecycle }),
    settings('shown', { rules: [rule({ when: asks('vip') })] }),
    flag('hidden'),
  )

test('owner, tags, kind and the like never reach a body', () => {
  const { shown } = bodyOf(shop()).flags
  expect(Object.keys(shown ?? {}).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'enabled',
    'rules',
    'seed',
    'type',
    'variants',
  ])
  const bare = project().with(
    segment('vip', { visibility: 'client', ids: ['u1'] }),
    flag('shown', { visibility: 'client' }),
    settings('shown', { rules: [rule({ when: asks('vip') })] }),
    flag('hidden'),
  )
  expect(bodyOf(shop())).toEqual(bodyOf(bare))
})

test('an archived flag is in no body, nor is a segment that only it showed to clients', () => {
  const memory = shop().with({ op: 'patchFlag', key: 'shown', patch: { archived: true } })
  expect(Object.keys(bodyOf(memory).flags)).toEqual(['hidden'])
  expect(bodyOf(memory, 'client')).toMatchObject({ flags: {}, segments: {} })
  expect(bodyOf(shop(), 'client')).toMatchObject({ flags: { shown: {} }, segments: { vip: {} } })
})

test('what the API evaluates with is what the body has', () => {
  for (const memory of [
    shop(),
    shop().with({ op: 'patchFlag', key: 'shown', patch: { archived: true } }),
  ]) {
    for (const audience of ['server', 'client'] as const) {
      expect(evaluatedBody(memory.items, subject(audience), 7)).toEqual(bodyOf(memory, audience))
    }
  }
})

test('a flag is archived only once nobody asks for it, in the same change set too', () => {
  const memory = shop().with(
    flag('base'),
    settings('hidden', { prerequisites: [{ flag: 'base', variants: ['on'] }] }),
  )
  const archive = { op: 'patchFlag', key: 'base', patch: { archived: true } } as const
  expect(memory.apply(archive)).toEqual({
    ok: false,
    error: { reason: 'in_use', noun: 'flag', name: 'base', by: ['flag hidden in production'] },
  })
  expect(memory.apply(archive, settings('hidden', {}))).toMatchObject({ ok: true })
})
