/** An evaluator after a change: what is new is asked, what is not stays compiled, and the evaluator before stays as it was. */
import { describe, expect, test, vi } from 'vitest'
import { compile } from '#core'
import type { Evaluator, Flag, Segment } from '#core'
import { bodyOf, flag, on } from './bodies.ts'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- complete but for what a test adds
const flagWith = (more: object): Flag => ({ ...flag, ...more }) as Flag
const isOn = (evaluator: Evaluator, key: string, targetingKey = 'ada'): boolean =>
  evaluator.value(key, 'boolean', false, { targetingKey }, 0)

const inSegment = (key: string): object => ({
  rules: [{ id: 'r', when: { operator: 'inSegment', value: key }, serve: on }],
})
const listing = (...ids: string[]): Segment => ({ ids })

describe('a change', () => {
  test('of a flag is seen by the evaluator after it alone', () => {
    const before = compile(bodyOf({ a: flagWith({}), b: flagWith({ defaultVariant: 'on' }) }))
    const after = before.update({
      to: 10,
      put: { flags: { a: flagWith({ defaultVariant: 'on' }) } },
    })
    for (let i = 0; i < 2; i++) {
      expect([isOn(before, 'a'), isOn(after, 'a')]).toEqual([false, true])
      expect([isOn(before, 'b'), isOn(after, 'b')]).toEqual([true, true])
    }
    expect(before.details('a', 'boolean', false, {}, 0).flagMetadata['revision']).toBe(9)
    expect(after.details('a', 'boolean', false, {}, 0).flagMetadata['revision']).toBe(10)
  })

  test('adds and deletes flags, whatever they are called', () => {
    const before = compile(bodyOf({ a: flagWith({}), b: flagWith({}) }))
    const put = JSON.parse(
      `{"flags": {"__proto__": ${JSON.stringify(flagWith({ defaultVariant: 'on' }))}}}`,
    )
    const after = before.update({ to: 10, put, delete: { flags: ['a', 'gone'] } })
    expect(after.flagKeys()).toEqual(['b', '__proto__'])
    expect(isOn(after, '__proto__')).toBe(true)
    expect(after.details('a', undefined, null, {}, 0).errorCode).toBe('FLAG_NOT_FOUND')
    expect(before.flagKeys()).toEqual(['a', 'b'])
    const again = after.update({
      to: 11,
      put: { flags: { a: flagWith({}) } },
      delete: { flags: ['b'] },
    })
    expect(again.flagKeys()).toEqual(['a', '__proto__'])
  })

  test('of a segment reaches the flags that ask it, through others too, while both evaluators are asked in turns', () => {
    const before = compile(
      bodyOf(
        { direct: flagWith(inSegment('s')), indirect: flagWith(inSegment('outer')) },
        { s: listing('ada'), outer: { when: { operator: 'inSegment', value: 's' } } },
      ),
    )
    const ask = (evaluator: Evaluator): boolean[] =>
      ['direct', 'indirect'].flatMap((key) => [isOn(evaluator, key), isOn(evaluator, key, 'bob')])
    expect(ask(before)).toEqual([true, false, true, false])
    const after = before.update({ to: 10, put: { segments: { s: listing('bob') } } })
    const without = after.update({ to: 11, delete: { segments: ['s'] } })
    const circular = after.update({
      to: 12,
      put: { segments: { s: { when: { operator: 'notInSegment', value: 'outer' } } } },
    })
    for (let i = 0; i < 2; i++) {
      expect(ask(after)).toEqual([false, true, false, true])
      expect(ask(without)).toEqual([false, false, false, false])
      expect(ask(circular)).toEqual([false, false, false, false])
      expect(circular.details('direct', undefined, null, {}, 0).flagMetadata['skipped']).toBe('r')
      expect(ask(before)).toEqual([true, false, true, false])
    }
  })

  test('of a prerequisite reaches the flags that depend on it, while both evaluators are asked in turns', () => {
    const dependent = (key: string): Flag =>
      flagWith({ defaultVariant: 'on', prerequisites: [{ flag: key, variants: ['on'] }] })
    const before = compile(
      bodyOf({ a: dependent('b'), b: dependent('c'), c: flagWith({ defaultVariant: 'on' }) }),
    )
    const off = before.update({ to: 10, put: { flags: { c: flagWith({}) } } })
    const circular = before.update({ to: 11, put: { flags: { c: dependent('a') } } })
    for (let i = 0; i < 2; i++) {
      expect([before, off, circular].map((one) => isOn(one, 'a'))).toEqual([true, false, false])
    }
  })

  test('compiles again only what it replaced, when that is asked', () => {
    const read = vi.fn<() => string>(() => 's')
    const watched = (): Flag => Object.defineProperty(flagWith({}), 'seed', { get: read })
    const before = compile(bodyOf({ a: watched(), b: watched(), c: watched() }))
    for (const key of ['a', 'b', 'c']) isOn(before, key)
    expect(read).toHaveBeenCalledTimes(3)
    const after = before.update({ to: 10, put: { flags: { b: watched() } } })
    expect(read).toHaveBeenCalledTimes(3)
    for (const key of ['a', 'b', 'c', 'a', 'b']) isOn(after, key)
    expect(read).toHaveBeenCalledTimes(4)
  })
})
