import type { JsonValue } from '#core'
import { describe, expect, test } from 'vitest'
import { feature, paths, settings, translate, type Members } from './unleash-translated.ts'

function constraint(parts: Members): JsonValue {
  return {
    name: 'default',
    constraints: [{ contextName: 'a', operator: 'IN', values: ['x'], ...parts }],
  }
}

describe('what switches nothing on', () => {
  test.each<[string, JsonValue, string]>([
    ['a custom strategy', { name: 'ours', parameters: {} }, '/name'],
    ['a strategy without a name', {}, '/name'],
    ['a strategy that is none', 5, ''],
    ['a strategy that is switched off', { name: 'default', disabled: true }, '/disabled'],
    ['a segment that is not there', { name: 'default', segments: [1] }, '/segments/0'],
    ['segments that are no list', { name: 'default', segments: 1 }, '/segments'],
    ['constraints that are no list', { name: 'default', constraints: {} }, '/constraints'],
    ['a constraint that is none', { name: 'default', constraints: [null] }, '/constraints/0'],
    ['an unknown operator', constraint({ operator: 'LIKE' }), '/constraints/0/operator'],
    ['it inverted', constraint({ operator: 'LIKE', inverted: true }), '/constraints/0/operator'],
    [
      'an operator called constructor',
      constraint({ operator: 'constructor' }),
      '/constraints/0/operator',
    ],
    ['values that are no list', constraint({ values: 'x' }), '/constraints/0/values'],
    ['values that are no texts', constraint({ values: [5] }), '/constraints/0/values'],
    ['no attribute', constraint({ contextName: '' }), '/constraints/0/contextName'],
    [
      'a number that is none',
      constraint({ operator: 'NUM_EQ', value: {} }),
      '/constraints/0/value',
    ],
    [
      'a version that is none',
      constraint({ operator: 'SEMVER_EQ', value: 1 }),
      '/constraints/0/value',
    ],
    ['no date', constraint({ operator: 'DATE_AFTER' }), '/constraints/0/value'],
    [
      'an inverted pattern that RE2 does not take',
      constraint({ operator: 'REGEX', value: '(?=a)', inverted: true }),
      '/constraints/0/value',
    ],
    ['no percentage', { name: 'flexibleRollout', parameters: {} }, '/parameters/rollout'],
    [
      'a stickiness that is none',
      { name: 'flexibleRollout', parameters: { rollout: 50, stickiness: 5 } },
      '/parameters/stickiness',
    ],
    [
      'a group too long for a seed',
      { name: 'flexibleRollout', parameters: { rollout: 50, groupId: 'g'.repeat(200) } },
      '/parameters/groupId',
    ],
    [
      'a list of users that is none',
      { name: 'userWithId', parameters: { userIds: [1] } },
      '/parameters/userIds',
    ],
  ])('%s leaves no rule and is listed with its place', (_, strategy, path) => {
    const translation = translate(feature({ strategies: [strategy] }))
    expect(settings(translation, 'f')).toMatchObject({ rules: [] })
    expect(settings(translation, 'f')).not.toHaveProperty('defaultVariant')
    expect(paths(translation)).toContain(`/features/0/strategies/0${path}`)
  })

  test.each<[string, Members]>([
    ['strategies', { strategies: {} }],
    ['strategies', { strategies: null }],
    ['enabled', { enabled: 'yes' }],
    ['dependencies', { dependencies: { feature: 'g' } }],
    ['dependencies/0', { dependencies: ['g'] }],
    ['dependencies/0/feature', { dependencies: [{ feature: 'f' }] }],
  ])('a feature with malformed %s is never on', (member, parts) => {
    const translation = translate(feature(parts))
    const found = settings(translation, 'f')
    const canBeOn = found?.enabled && (found.rules?.length !== 0 || found.defaultVariant === 'on')
    expect(canBeOn).toBe(false)
    expect(paths(translation)).toContain(`/features/0/${member}`)
  })

  test('a segment without its constraints, as an export names it, matches nobody', () => {
    const translation = translate({
      features: [{ name: 'f', enabled: true, strategies: [{ name: 'default', segments: [1] }] }],
      segments: [{ id: 1, name: 's' }],
    })
    expect(paths(translation)).toEqual([
      '/segments/0/constraints',
      '/features/0/strategies/0/segments/0',
    ])
    expect(translation.operations.some(({ op }) => op === 'putSegment')).toBe(false)
  })

  test('members that are not known are listed wherever they stand', () => {
    const translation = translate({
      version: 2,
      extra: 1,
      segments: [{ id: 1, constraints: [], extra: 1 }],
      features: [
        {
          name: 'f',
          enabled: true,
          extra: 1,
          'a/b': 1,
          impressionData: true,
          strategies: [
            {
              name: 'default',
              extra: 1,
              constraints: [{ contextName: 'a', operator: 'IN', values: [], extra: 1 }],
            },
          ],
          variants: [
            { name: 'v', weight: 1, extra: 1, payload: { type: 'string', value: '', extra: 1 } },
          ],
        },
      ],
    })
    expect(paths(translation).toSorted()).toEqual([
      '/extra',
      '/features/0/a~1b',
      '/features/0/extra',
      '/features/0/impressionData',
      '/features/0/strategies/0/constraints/0/extra',
      '/features/0/strategies/0/extra',
      '/features/0/variants/0/extra',
      '/features/0/variants/0/payload/extra',
      '/segments/0/extra',
    ])
  })
})
