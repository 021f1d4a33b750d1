import { describe, expect, test } from 'vitest'
import type { Operation } from '#core'
import {
  concernsGuard,
  type ContentMeasure,
  guardFindings,
  isGuarded,
  measureContent,
  MIN_GUARDED_ITEMS,
  MIN_GUARDED_SIZE,
} from '../../../worker/domain/change-guard.ts'
import { createRenderer } from '../../../worker/domain/snapshot.ts'
import {
  config,
  digest,
  flag,
  type Memory,
  override,
  project,
  segment,
  settings,
} from './support.ts'

const renderer = createRenderer(digest)

/** Nothing changes, in content that is large enough to be guarded. */
const STILL: ContentMeasure = {
  sizeBefore: 10_000,
  sizeAfter: 10_000,
  itemsBefore: 100,
  itemsChanged: 0,
}

describe('what is found', () => {
  test.each<[string, Partial<ContentMeasure>, readonly string[]]>([
    ['no change: nothing', {}, []],
    ['1.5 times the size: nothing', { sizeAfter: 15_000 }, []],
    ['a character more: it grows', { sizeAfter: 15_001 }, ['grows 10000 15001']],
    ['half the size: nothing', { sizeAfter: 5_000 }, []],
    ['a character less: it shrinks', { sizeAfter: 4_999 }, ['shrinks 10000 4999']],
    ['nothing left: it shrinks', { sizeAfter: 0 }, ['shrinks 10000 0']],
    ['30 % of the items: nothing', { itemsChanged: 30 }, []],
    ['one item more: it changes', { itemsChanged: 31 }, ['changes 100 31']],
    [
      'both: both',
      { sizeAfter: 20_000, itemsChanged: 150 },
      ['grows 10000 20000', 'changes 100 150'],
    ],
    ['little content that grows: nothing', { sizeBefore: MIN_GUARDED_SIZE - 1 }, []],
    [
      'content of the least size: it grows',
      { sizeBefore: MIN_GUARDED_SIZE },
      [`grows ${MIN_GUARDED_SIZE} 10000`],
    ],
    [
      'few items that all change: nothing',
      { itemsBefore: MIN_GUARDED_ITEMS - 1, itemsChanged: 9 },
      [],
    ],
    [
      'the least number of items: they change',
      { itemsBefore: MIN_GUARDED_ITEMS, itemsChanged: 4 },
      [`changes ${MIN_GUARDED_ITEMS} 4`],
    ],
    ['the first content: nothing', { sizeBefore: 0, itemsBefore: 0, itemsChanged: 100 }, []],
  ])('%s', (_, change, expected) => {
    const found = guardFindings('production', { ...STILL, ...change })
    expect(found.map(({ kind, before, after }) => `${kind} ${before} ${after}`)).toEqual(expected)
    expect(found.every(({ environment }) => environment === 'production')).toBe(true)
  })
})

describe('what is guarded', () => {
  test.each([
    [undefined, false],
    [{ protected: false }, false],
    [{ protected: true }, true],
    [{ protected: true, guard: false }, false],
    [{ protected: false, guard: true }, true],
  ])('%j: %s', (environment, expected) => {
    expect(isGuarded(environment)).toBe(expected)
  })

  test.each([
    ['config', true],
    ['flag', true],
    ['segment', true],
    ['environment', true],
    ['secret', false],
    ['schema', false],
  ] as const)('a change of a %s: %s', (kind, expected) => {
    expect(concernsGuard([{ kind, key: 'a', layer: 'base' }])).toBe(expected)
  })
})

describe('what is measured', () => {
  const begin = () => project().with(config('{"a":1}'), flag('one'), flag('two'), segment('vip'))

  function measure(memory: Memory, ...operations: readonly Operation[]): ContentMeasure {
    const result = memory.apply(...operations)
    if (!result.ok) throw new Error(JSON.stringify(result.error))
    const { items } = result.value
    return measureContent(memory.items, items, 'production', { renderer, digest })
  }

  test.each<[string, Operation, number]>([
    ['the same again: nothing', config('{ "a": 1 }'), 0],
    ['a segment said again: nothing', segment('vip'), 0],
    ['a value: one item', config('{"a":2}'), 1],
    ['an override here: one item', override('{"a":3}'), 1],
    ['an override above: one item', override('{"a":3}', 'staging'), 1],
    ['settings here: one item', settings('one'), 1],
    ['settings elsewhere: nothing', settings('one', {}, 'staging'), 0],
    ['a new flag: one item', flag('three'), 1],
    ['a flag that goes: one item', { op: 'deleteFlag', key: 'two' }, 1],
    ['a flag that is archived: one item', flag('two', { archived: true }), 1],
    ['a segment of other ids: one item', segment('vip', { ids: ['ada'] }), 1],
  ])('%s', (_, operation, itemsChanged) => {
    expect(measure(begin(), operation)).toMatchObject({ itemsBefore: 4, itemsChanged })
  })

  test('sizes are those of what applications get', () => {
    const source = JSON.stringify({ a: 'x'.repeat(5_000) })
    const { sizeBefore, sizeAfter } = measure(begin(), config(`${source}${' '.repeat(9_000)}`))
    expect(sizeAfter - sizeBefore).toBe(source.length - '{"a":1}'.length)
  })
})
