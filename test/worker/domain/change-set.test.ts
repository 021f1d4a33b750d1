import { describe, expect, test } from 'vitest'
import type { Operation } from '#core'
import type { ItemSource } from '../../../worker/domain/items.ts'
import {
  apply,
  asks,
  config,
  environment,
  errorOf,
  flag,
  issuesOf,
  Memory,
  override,
  project,
  rule,
  segment,
  settings,
} from './support.ts'

const notFound = (noun: string, name: string, where?: string) => ({
  reason: 'not_found',
  noun,
  name,
  ...(where !== undefined && { environment: where }),
})

describe('a change set', () => {
  test('is applied in order, each operation over what the one before left', () => {
    const items = project().with(
      flag('checkout'),
      { op: 'patchFlag', key: 'checkout', patch: { description: 'first' } },
      { op: 'patchFlag', key: 'checkout', patch: { description: 'second', visibility: 'client' } },
    ).items
    expect(items.flag('checkout')).toMatchObject({ description: 'second', visibility: 'client' })
  })

  test('is refused as a whole and leaves what was there untouched', () => {
    const memory = project().with(flag('checkout'))
    const result = memory.apply(
      { op: 'deleteFlag', key: 'checkout' },
      { op: 'deleteFlag', key: 'none' },
    )
    expect(errorOf(result)).toEqual(notFound('flag', 'none'))
    expect(memory.items.flag('checkout')).toBeDefined()
  })

  test('needs a reason and 1 to 1,000 operations', () => {
    const empty = { reason: ' ', operations: [] }
    expect(issuesOf(apply(project(), empty)).map((issue) => issue.split(':')[0])).toEqual([
      '/reason',
      '/operations',
    ])
    const reason = 'x'.repeat(1_000)
    const many = (n: number) => Array.from({ length: n }, () => flag('checkout'))
    expect(apply(project(), { reason, operations: many(1_000) }).ok).toBe(true)
    expect(apply(project(), { reason, operations: many(20_001) }).ok).toBe(false)
    expect(apply(project(), { reason: `${reason}x`, operations: many(1) }).ok).toBe(false)
  })

  test('names the place of everything that is wrong', () => {
    const result = project().apply(flag('-bad'), flag('good', { type: 'text', variants: {} }), {
      op: 'putSegment',
      key: 'vip',
      visibility: 'server',
      ids: ['a', ''],
    })
    expect(issuesOf(result).map((issue) => issue.split(':')[0])).toEqual([
      '/operations/0/key',
      '/operations/1/type',
      '/operations/2/ids/1',
    ])
  })

  test('survives shapes that no schema let through', () => {
    const hostile: readonly unknown[] = [
      { op: 'nothing' },
      { op: 'putFlag', key: 'a', type: 'boolean', variants: null, visibility: 'server' },
      { op: 'putFlag', key: 7 },
      { op: 'patchFlag', key: 'checkout', patch: [] },
      { op: 'patchFlag', key: 'checkout', patch: JSON.parse('{"__proto__":{"a":1}}') },
      { op: 'patchFlag', key: 'checkout', patch: { variants: { on: '\ud800' } } },
      { op: 'patchFlag', key: 'checkout', patch: { metadata: { a: Number.NaN } } },
      { op: 'putSegment', key: 'a', when: new Map() },
      { op: 'putConfig', name: 'a', format: 'json', source: 5 },
      {
        op: 'putFlagEnvironment',
        key: 'checkout',
        environment: 'production',
        enabled: 'yes',
        rules: 'none',
      },
      { op: 'createEnvironment', environment: 'x', parent: {} },
    ]
    for (const operation of hostile) {
      const memory = project().with(flag('checkout'))
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- hostile on purpose
      const result = memory.apply(operation as Operation)
      expect(errorOf(result), JSON.stringify(operation)).toMatchObject({ reason: 'invalid' })
    }
    expect({}).not.toHaveProperty('a')
  })

  test('refuses a member nobody knows, and says which are known', () => {
    expect(issuesOf(project().apply(flag('a', { enabeld: true })))[0]).toMatch(
      /enabeld.*not known.*variants/,
    )
  })

  test('takes undefined members as absent', () => {
    const items = project().with(flag('a', { description: undefined })).items
    expect(items.flag('a')).not.toHaveProperty('description')
  })
})

describe('environments', () => {
  test('are made once', () => {
    expect(errorOf(project().apply(environment('staging')))).toEqual({
      reason: 'already_exists',
      noun: 'environment',
      name: 'staging',
    })
  })

  test('need a parent that is there once the change set is through', () => {
    expect(project().apply(environment('a', 'b'), environment('b')).ok).toBe(true)
    expect(issuesOf(project().apply(environment('a', 'b')))).toEqual([
      '/operations/0/parent: environment "b" does not exist',
    ])
  })

  test('must not be their own ancestors', () => {
    const loop = { op: 'updateEnvironment', environment: 'staging', parent: 'production' } as const
    expect(issuesOf(project().apply(loop))).toEqual([
      '/operations/0/parent: parents must not form a cycle',
    ])
    expect(issuesOf(project().apply(environment('self', 'self')))).toHaveLength(1)
  })

  test('lose their parent by null', () => {
    const alone = { op: 'updateEnvironment', environment: 'production', parent: null } as const
    expect(project().with(alone).items.environment('production')).toEqual({ protected: false })
  })

  test('are not deleted while another one inherits from them', () => {
    const memory = project()
    const result = memory.apply({ op: 'deleteEnvironment', environment: 'staging' })
    expect(errorOf(result)).toEqual({
      reason: 'in_use',
      noun: 'environment',
      name: 'staging',
      by: ['environment production'],
    })
    const both = ['staging', 'production'].map(
      (name) => ({ op: 'deleteEnvironment', environment: name }) as const,
    )
    expect(memory.apply(...both).ok).toBe(true)
  })

  test('take their layers with them', () => {
    const memory = project()
      .with(config('{}'), override('{"a":1}'), flag('checkout'), settings('checkout'))
      .with({ op: 'deleteEnvironment', environment: 'production' })
    expect([...memory.refs('config'), ...memory.refs('flag')].map(({ layer }) => layer)).toEqual([
      'base',
      'base',
    ])
  })
})

describe('configs', () => {
  test('go with all their layers', () => {
    const memory = project().with(config('{}'), override('{}'), override('{}', 'staging'))
    expect([...memory.with({ op: 'deleteConfig', name: 'settings' }).refs('config')]).toEqual([])
  })

  test('an override needs its config and its environment', () => {
    expect(errorOf(project().apply(override('{}')))).toEqual(notFound('config', 'settings'))
    expect(errorOf(project().apply(config('{}'), override('{}', 'nowhere')))).toEqual(
      notFound('environment', 'nowhere'),
    )
    const absent = { op: 'deleteConfigOverride', name: 'settings', environment: 'staging' } as const
    expect(errorOf(project().apply(config('{}'), absent))).toEqual(
      notFound('override', 'settings', 'staging'),
    )
  })
})

describe('flags', () => {
  test('get a random seed once and keep it, unless they bring one', () => {
    const memory = project().with(flag('checkout'))
    expect(memory.items.flag('checkout')?.seed).toBe('random')
    memory.with(flag('checkout', { seed: 'mine' })).with(flag('checkout'))
    expect(memory.items.flag('checkout')?.seed).toBe('mine')
    memory.with({ op: 'patchFlag', key: 'checkout', patch: { seed: null } })
    expect(memory.items.flag('checkout')?.seed).toBe('mine')
  })

  test('are patched as RFC 7396 says and then checked like a put', () => {
    const memory = project().with(flag('checkout', { description: 'x', offVariant: 'off' }))
    memory.with({
      op: 'patchFlag',
      key: 'checkout',
      patch: { description: null, variants: { maybe: true } },
    })
    expect(memory.items.flag('checkout')).toEqual({
      type: 'boolean',
      variants: { on: true, off: false, maybe: true },
      visibility: 'server',
      seed: 'random',
      offVariant: 'off',
    })
    const bad = { op: 'patchFlag', key: 'checkout', patch: { variants: { off: null } } } as const
    expect(issuesOf(memory.apply(bad))).toEqual([
      '/operations/0/patch/offVariant: the flag has no variant "off"',
    ])
  })

  test('settings are patched from off where there are none', () => {
    const patch = {
      op: 'patchFlagEnvironment',
      key: 'checkout',
      environment: 'production',
      patch: { defaultVariant: 'on' },
    } as const
    const memory = project().with(flag('checkout'), patch)
    expect(memory.items.flagEnvironment('checkout', 'production')).toEqual({
      enabled: false,
      defaultVariant: 'on',
    })
  })

  test('settings need their flag and their environment', () => {
    expect(errorOf(project().apply(settings('checkout')))).toEqual(notFound('flag', 'checkout'))
    expect(errorOf(project().apply(flag('a'), settings('a', {}, 'nowhere')))).toEqual(
      notFound('environment', 'nowhere'),
    )
    const absent = { op: 'deleteFlagEnvironment', key: 'a', environment: 'staging' } as const
    expect(errorOf(project().apply(flag('a'), absent))).toEqual(notFound('flag', 'a', 'staging'))
  })

  test('lose no variant that an environment still serves', () => {
    const memory = project().with(flag('checkout'), settings('checkout', { rules: [rule()] }))
    const result = memory.apply({
      op: 'patchFlag',
      key: 'checkout',
      patch: { variants: { on: null } },
    })
    expect(issuesOf(result)).toEqual([
      '/operations/0/patch: flag checkout in production, /rules/0/serve/variant: the flag has no variant "on"',
    ])
    const both = memory.apply(
      { op: 'patchFlag', key: 'checkout', patch: { variants: { on: null } } },
      settings('checkout'),
    )
    expect(both.ok).toBe(true)
  })

  test('are not deleted while they are a prerequisite', () => {
    const prerequisites = [{ flag: 'base', variants: ['on'] }]
    const memory = project().with(flag('base'), flag('top'), settings('top', { prerequisites }))
    expect(errorOf(memory.apply({ op: 'deleteFlag', key: 'base' }))).toEqual({
      reason: 'in_use',
      noun: 'flag',
      name: 'base',
      by: ['flag top in production'],
    })
    expect(
      memory.apply({ op: 'deleteFlag', key: 'base' }, { op: 'deleteFlag', key: 'top' }).ok,
    ).toBe(true)
  })

  test('number at most 5,000', () => {
    const memory = project()
    for (let i = 0; i < 5; i++)
      memory.with(...Array.from({ length: 1_000 }, (_, n) => flag(`f${i}-${n}`)))
    expect(errorOf(memory.apply(flag('one-more')))).toEqual({
      reason: 'too_large',
      what: 'flags',
      limit: 5_000,
      actual: 5_001,
    })
    expect(memory.apply(flag('one-more'), { op: 'deleteFlag', key: 'f0-0' }).ok).toBe(true)
  })
})

describe('segments', () => {
  test('are not deleted while a flag or a segment asks them', () => {
    const memory = project().with(
      segment('vip'),
      segment('all', { when: { any: [asks('vip')] } }),
      flag('checkout'),
      settings('checkout', { rules: [rule({ when: { not: asks('vip') } })] }),
    )
    expect(errorOf(memory.apply({ op: 'deleteSegment', key: 'vip' }))).toEqual({
      reason: 'in_use',
      noun: 'segment',
      name: 'vip',
      by: ['flag checkout in production', 'segment all'],
    })
  })

  test('that are asked must be there, wherever they stand in the change set', () => {
    const asking = settings('checkout', { rules: [rule({ when: asks('vip') })] })
    expect(project().apply(flag('checkout'), asking, segment('vip')).ok).toBe(true)
    expect(issuesOf(project().apply(flag('checkout'), asking))).toEqual([
      '/operations/1/rules/0/when/value/0: segment "vip" does not exist',
    ])
  })

  test('refer to segments at most 6 deep and not in a circle', () => {
    const chain = (length: number) =>
      Array.from({ length: length + 1 }, (_, i) =>
        segment(`s${i}`, i < length ? { when: asks(`s${i + 1}`) } : {}),
      )
    expect(project().apply(...chain(6)).ok).toBe(true)
    expect(issuesOf(project().apply(...chain(7)))[0]).toMatch(
      /\/when: .*cycle or a chain of more than 6/,
    )
    const circle = [segment('a', { when: asks('b') }), segment('b', { when: asks('a') })]
    expect(project().apply(...circle).ok).toBe(false)
    const memory = project().with(...chain(6))
    expect(issuesOf(memory.apply(segment('s6', { when: asks('s7') }), segment('s7')))).not.toEqual([
      'accepted',
    ])
  })

  test('a client flag asks client segments only, through other segments too', () => {
    const memory = project().with(
      segment('inner'),
      segment('outer', { visibility: 'client', when: asks('inner') }),
      flag('shown', { visibility: 'client' }),
    )
    const asking = settings('shown', { rules: [rule({ when: asks('outer') })] })
    expect(issuesOf(memory.apply(asking))).toEqual([
      '/operations/0/rules/0/when/value/0: segment "inner" must be visible to clients, as the flag is',
    ])
    memory.with(segment('inner', { visibility: 'client' }), asking)
    expect(issuesOf(memory.apply(segment('inner')))[0]).toMatch(
      /^\/operations\/0: flag shown in production, /,
    )
  })

  test('have at most 10,000 ids', () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => `u${i}`)
    expect(project().apply(segment('a', { ids })).ok).toBe(true)
    expect(issuesOf(project().apply(segment('a', { ids: [...ids, 'x'] })))).toEqual([
      '/operations/0/ids: must have at most 10000 elements, has 10001',
    ])
  })
})

test('deleting many flags and segments does not look at all items for each of them', () => {
  const names = Array.from({ length: 50 }, (_, index) => `name-${index}`)
  const memory = project().with(
    ...names.flatMap((name) => [segment(name), flag(name), settings(name)]),
  )
  let looks = 0
  const counted: ItemSource = {
    get: (ref) => memory.get(ref),
    size: (ref) => memory.size(ref),
    refs(kind) {
      if (kind !== 'environment') looks += 1
      return memory.refs(kind)
    },
  }
  const operations = names.flatMap((name): Operation[] => [
    { op: 'deleteFlag', key: name },
    { op: 'deleteSegment', key: name },
  ])
  expect(apply(counted, { reason: 'because', operations }).ok).toBe(true)
  expect(looks).toBeLessThan(names.length)
})

test('an empty project is a project', () => {
  expect(new Memory().apply(environment('production')).ok).toBe(true)
})
