/** Promoting from one environment to another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergeLayers, type JsonValue } from '#core'
import { overrideBetween } from '../../../worker/domain/override-between.ts'
import { applyPromotion, type PromotionRequest } from '../../../worker/domain/promotion.ts'
import { documents } from '../../sdk/core/documents.ts'
import { resolveConfig } from '../../../worker/domain/resolve-config.ts'
import {
  config,
  digest,
  environment,
  errorOf,
  flag,
  issuesOf,
  Memory,
  override,
  settings,
} from './support.ts'

const ports = { digest, randomSeed: () => 'random' }
const shop = () => new Memory().with(environment('staging'), environment('production'))
const promote = (memory: Memory, more: Partial<PromotionRequest> = {}) =>
  applyPromotion(memory, { from: 'staging', to: 'production', reason: 'ready', ...more }, ports)
const promoted = (memory: Memory, more: Partial<PromotionRequest> = {}) => {
  const result = promote(memory, more)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return memory.take(result.value)
}
const documentIn = (memory: Memory, where: string): JsonValue | undefined =>
  resolveConfig(memory.items, 'settings', where)?.document

describe('an override', () => {
  test('between two documents makes the one of the other', () => {
    fc.assert(
      fc.property(documents, documents, (below, target) => {
        const text = JSON.stringify([below, target])
        fc.pre(!text.includes('$unset'))
        const made = overrideBetween(below, target)
        expect(made === undefined ? below : mergeLayers([below, made])).toEqual(target)
      }),
    )
  })
})

describe('promoting', () => {
  test('takes the override over as it was written', () => {
    const memory = shop().with(config('{"a":1}'), {
      op: 'putConfigOverride',
      name: 'settings',
      environment: 'staging',
      format: 'yaml',
      source: 'a: 2 # two\n',
    })
    promoted(memory)
    expect(memory.items.override('settings', 'production')).toEqual({
      format: 'yaml',
      source: 'a: 2 # two\n',
    })
  })

  test('takes away what the other does not have, and writes nothing where they agree', () => {
    const memory = shop().with(config('{"a":1}'), override('{"a":2}'), flag('f'), settings('f'))
    promoted(memory)
    expect(memory.items.override('settings', 'production')).toBeUndefined()
    expect(memory.items.flagEnvironment('f', 'production')).toBeUndefined()
    const again = promote(memory)
    expect(again.ok && again.value.written.size).toBe(0)
  })

  test('copies the settings of flags', () => {
    const memory = shop().with(flag('f'), settings('f', { defaultVariant: 'on' }, 'staging'))
    promoted(memory)
    expect(memory.items.flagEnvironment('f', 'production')).toEqual({
      enabled: true,
      defaultVariant: 'on',
    })
  })

  test('leaves both with the same document whatever they inherit', () => {
    const memory = new Memory().with(
      environment('eu'),
      environment('us'),
      environment('staging', 'eu'),
      environment('production', 'us'),
      config('{"a":1,"b":{"c":1,"d":2},"keep":[1]}'),
      override('{"b":{"c":"eu"},"x":1}', 'eu'),
      override('{"b":{"c":"us","e":3},"y":null}', 'us'),
      override('{"a":2}', 'staging'),
      override('{"a":9,"z":1}', 'production'),
    )
    const wanted = documentIn(memory, 'staging')
    promoted(memory)
    expect(documentIn(memory, 'production')).toEqual(wanted)
    expect(documentIn(memory, 'staging')).toEqual(wanted)
  })

  test('to an environment below writes nothing that it inherits already', () => {
    const memory = new Memory().with(
      environment('staging'),
      environment('production', 'staging'),
      config('{"a":1}'),
      override('{"a":2}', 'staging'),
      override('{"a":3}', 'production'),
    )
    promoted(memory)
    expect(documentIn(memory, 'production')).toEqual({ a: 2 })
    expect(memory.items.override('settings', 'production')).toBeUndefined()
  })

  test('can be of some items alone', () => {
    const memory = shop().with(
      config('{"a":1}'),
      config('{"b":1}', 'other'),
      override('{"a":2}', 'staging'),
      override('{"b":2}', 'staging', 'other'),
    )
    promoted(memory, { items: [{ kind: 'config', key: 'other' }] })
    expect(memory.items.override('settings', 'production')).toBeUndefined()
    expect(memory.items.override('other', 'production')).toBeDefined()
  })

  test('is refused for what is not there, for itself, and when the result does not hold', () => {
    const memory = shop().with(config('{"a":1}'), override('{"a":2}', 'staging'))
    expect(errorOf(promote(memory, { from: 'nope' }))).toMatchObject({ noun: 'environment' })
    expect(errorOf(promote(memory, { items: [{ kind: 'flag', key: 'f' }] }))).toMatchObject({
      reason: 'not_found',
      noun: 'flag',
    })
    expect(issuesOf(promote(memory, { to: 'staging' }))).toEqual([
      '/to: must be another environment than from',
    ])
    expect(issuesOf(promote(memory, { reason: '' })).join()).toContain('/reason')
    memory.with(
      config('{}', 'db'),
      override('{"host":"h"}', 'staging', 'db'),
      override('{"a":"${config:db#/host}"}', 'staging'),
    )
    const alone = promote(memory, { items: [{ kind: 'config', key: 'settings' }] })
    expect(issuesOf(alone).join()).toContain('"db#/host" is not there')
    expect(promote(memory).ok).toBe(true)
  })
})
