import { describe, expect, test } from 'vitest'
import type { SecretItem } from '#core'
import { receiveWrites, type SentSecret } from '../../../worker/domain/share.ts'

const from = { project: 'a', environment: 'production', name: 'token', revision: 7 }
const sent = (more: Partial<SentSecret> = {}): SentSecret => ({
  epoch: 1,
  environment: 'staging',
  name: 'copy',
  from,
  active: { version: 3, value: 'v', type: 'token' },
  graceMs: 0,
  ended: false,
  ...more,
})
const { active: _, ...without } = sent()

const version = (number: number) => ({ version: number, createdAtMs: 0, author: 'project a' })
const copy = (more: Partial<SecretItem> = {}): SecretItem => ({
  type: 'token',
  from: { ...from, version: 3 },
  active: 2,
  versions: [version(1), version(2)],
  ...more,
})
const acts = (item: SecretItem | undefined, what: SentSecret) => {
  const writes = receiveWrites(item, what)
  if (!writes.ok) return writes.error.reason
  return writes.value.map(({ add, revoke, from: origin }) => [
    add?.value ?? (revoke === undefined ? 'settings' : revoke),
    origin?.version ?? null,
  ])
}

describe('what is sent', () => {
  test('becomes a version, and the version before goes unless it has grace', () => {
    expect(acts(undefined, sent())).toEqual([['v', 3]])
    const old = copy({ from: { ...from, version: 2 } })
    expect(acts(old, sent())).toEqual([
      ['v', 3],
      [2, 3],
    ])
    expect(acts(old, sent({ graceMs: 1 }))).toEqual([['v', 3]])
  })

  test('again changes nothing; without its grace the version before goes', () => {
    expect(acts(copy(), sent())).toEqual([])
    const graced = copy({ previous: { version: 1, untilMs: 9 } })
    expect(acts(graced, sent({ graceMs: 1 }))).toEqual([])
    expect(acts(graced, sent())).toEqual([[1, 3]])
  })

  test('late, after what followed it, changes nothing', () => {
    const newer = copy({ from: { ...from, version: 4, revision: 8 } })
    expect(acts(newer, sent())).toEqual([])
    expect(acts(newer, sent({ ended: true }))).toEqual([])
  })

  test('without anything active leaves nothing active there', () => {
    expect(acts(copy(), without)).toEqual([
      [1, 0],
      [2, 0],
      ['settings', 0],
    ])
    expect(acts(undefined, without)).toEqual([])
    const empty = copy({ versions: [{ ...version(1), revokedAtMs: 1 }] })
    expect(acts(empty, without)).toEqual([])
  })

  test('that it ended destroys the copy and gives its name back', () => {
    expect(acts(copy(), { ...without, ended: true })).toEqual([
      [1, 0],
      [2, 0],
      ['settings', null],
    ])
    expect(acts(undefined, { ...without, ended: true })).toEqual([])
  })

  test('never touches a secret of its own, or of another share', () => {
    const { from: __, ...own } = copy()
    const other = copy({ from: { ...from, name: 'else', version: 1 } })
    for (const item of [own, other]) {
      expect(acts(item, sent())).toBe('already_exists')
      expect(acts(item, { ...without, ended: true })).toEqual([])
    }
  })
})
