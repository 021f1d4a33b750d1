import { keyFromName, type JsonValue } from '#core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importFrom } from '../../../admin/import/index.ts'
import { paths, settings, translate } from './unleash-translated.ts'

const NOTHING = { operations: [], sources: [] }

function on(name: string): JsonValue {
  return { name, enabled: true, strategies: [] }
}

describe('documents', () => {
  test('of deltas are applied in order, and a hydration starts anew', () => {
    const translation = translate({
      events: [
        { eventId: 1, type: 'feature-updated', feature: on('gone') },
        {
          eventId: 2,
          type: 'hydration',
          features: [on('a'), on('b')],
          segments: [{ id: 1, constraints: [] }],
        },
        { eventId: 3, type: 'feature-removed', featureName: 'a', project: 'default' },
        { eventId: 4, type: 'segment-removed', segmentId: 1 },
        { eventId: 5, type: 'segment-updated', segment: { id: 2, constraints: [] } },
        { eventId: 6, type: 'feature-updated', feature: on('c') },
        { eventId: 7, type: 'something-else' },
        { eventId: 8, type: 'feature-updated', feature: {} },
        9,
      ],
    })
    const keys = translation.operations.flatMap((one) =>
      'key' in one && one.op !== 'putFlagEnvironment' ? [one.key] : [],
    )
    expect(keys).toEqual(['segment-2', 'b', 'c'])
    expect(translation.sources.slice(0, 2)).toEqual(['/events/4/segment', '/events/1/features/1'])
    expect(paths(translation)).toEqual(['/events/8', '/events/6/type', '/events/7/feature'])
  })

  test('exported by the admin API are put together for one environment', () => {
    const translation = translate({
      features: [
        {
          name: 'f',
          description: 'D',
          type: 'release',
          project: 'default',
          stale: false,
          impressionData: false,
          archived: false,
        },
        { name: 'old', archived: true },
        { name: 'alone' },
      ],
      featureStrategies: [
        {
          name: 'default',
          id: 'b',
          featureName: 'f',
          sortOrder: 2,
          title: 'T',
          parameters: {},
          constraints: [],
          segments: [],
          variants: [],
        },
        {
          name: 'flexibleRollout',
          id: 'a',
          featureName: 'f',
          sortOrder: 1,
          disabled: false,
          parameters: { rollout: '25', stickiness: 'userId', groupId: 'f' },
        },
      ],
      featureEnvironments: [
        {
          name: 'f',
          featureName: 'f',
          environment: 'live',
          enabled: true,
          variants: [
            {
              name: 'v',
              weight: 1000,
              weightType: 'variable',
              overrides: [],
              stickiness: 'default',
            },
          ],
        },
      ],
      contextFields: [],
      featureTags: [],
      tagTypes: [],
      segments: [],
      dependencies: [{ feature: 'f', dependencies: [{ feature: 'alone', enabled: true }] }],
    })
    expect(paths(translation)).toEqual(['/features/1', '/features/2/enabled'])
    expect(settings(translation, 'f')).toMatchObject({
      enabled: true,
      prerequisites: [{ flag: 'alone', variants: ['on'] }],
      rules: [
        { id: 'strategy-1', bucketBy: 'userId' },
        { id: 'strategy-2', serve: { variant: 'on' } },
      ],
    })
    expect(settings(translation, 'f.variant')).toBeDefined()
    expect(settings(translation, 'alone')).toMatchObject({ enabled: false })
  })

  test.each<[JsonValue, string]>([
    [null, ''],
    [[], ''],
    ['text', ''],
    [{}, '/features'],
    [{ features: {} }, '/features'],
    [{ events: 5 }, '/events'],
  ])('%j is refused at %j', (document, path) => {
    const translation = importFrom('unleash', document, { environment: 'production' })
    expect(translation).toMatchObject({ ok: false, issues: [{ path }] })
  })

  test('of any kind are read or refused without a throw, and every operation has a key of ours', () => {
    const names = fc.constantFrom(
      'name',
      'enabled',
      'strategies',
      'variants',
      'dependencies',
      'parameters',
      'constraints',
      'segments',
      'id',
      'feature',
      'weight',
      'overrides',
      'payload',
      'rollout',
      'contextName',
      'operator',
      'values',
      'value',
      '__proto__',
      'constructor',
    )
    const { part } = fc.letrec<{ part: JsonValue }>((tie) => ({
      part: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.constantFrom<JsonValue>(
          'f',
          'default',
          'flexibleRollout',
          'IN',
          'REGEX',
          '50',
          1,
          -1,
          true,
          null,
          '',
          '__proto__',
        ),
        fc.array(tie('part'), { maxLength: 3 }),
        fc.dictionary(names, tie('part'), { maxKeys: 5 }),
      ),
    }))
    const features = fc.array(
      fc.oneof(
        part,
        fc.record({
          name: fc.string(),
          enabled: part,
          strategies: part,
          variants: part,
          dependencies: part,
        }),
      ),
      { maxLength: 3 },
    )
    const document = fc.oneof(
      fc.record({ features, segments: part }),
      fc.record({
        features,
        featureStrategies: part,
        featureEnvironments: part,
        dependencies: part,
      }),
      fc.record({
        events: fc.array(
          fc.record({
            type: fc.constantFrom('hydration', 'feature-updated'),
            features,
            feature: part,
            segments: part,
          }),
        ),
      }),
      part,
    )
    fc.assert(
      fc.property(document, (given) => {
        const read: JsonValue = JSON.parse(JSON.stringify(given))
        const translation = importFrom('unleash', read, { environment: 'production' })
        const { operations, sources } = translation.ok ? translation : NOTHING
        expect(sources).toHaveLength(operations.length)
        const keys = operations.flatMap((one) => ('key' in one ? [one.key] : []))
        expect(keys.filter((key) => keyFromName(`x${key}`) !== `x${key}`)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
