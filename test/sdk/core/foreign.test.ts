import { evaluate } from '#core'
import type { Bucketer, Bucketers, Flag, Rule, SnapshotBody } from '#core'
import { describe, expect, test } from 'vitest'

const RULE: Rule = {
  id: 'r1',
  serve: { split: [{ variant: 'on', weight: 1 }] },
  seed: 'group',
  bucketing: { by: 'acme', parts: 4 },
}

function body(...rules: readonly Rule[]): SnapshotBody {
  const flag: Flag = {
    type: 'string',
    variants: { on: 'on', other: 'other', off: 'off' },
    enabled: true,
    seed: 'own',
    defaultVariant: 'off',
    rules,
  }
  const segments = { vip: { when: { attribute: 'plan', operator: 'acme.is', value: 'pro' } } }
  return {
    format: 1,
    project: 'p',
    environment: 'e',
    audience: 'server',
    revision: 1,
    configs: {},
    flags: { flag },
    segments,
    secrets: {},
  }
}

/** Places every value at `fraction` and remembers what it was asked. */
function acme(fraction: number, asked: unknown[] = []): Bucketers {
  const bucketer: Bucketer = {
    bucket: (...args) => {
      asked.push(args)
      return fraction
    },
    operators: {
      is: (attribute, value, context) => {
        asked.push([attribute, value, Object.keys(context)])
        return attribute === value
      },
      fails: () => {
        throw new Error('no')
      },
    },
  }
  return { acme: bucketer }
}

const USER = { targetingKey: 'u' }
const ask = (rules: readonly Rule[], bucketers?: Bucketers, context: object = USER) =>
  evaluate(body(...rules), 'flag', { ...context }, bucketers && { bucketers })

describe('foreign bucketing', () => {
  test('the bucketer is given the value, the seed and the parts', () => {
    const asked: unknown[] = []
    ask([RULE], acme(0, asked))
    expect(asked).toEqual([['u', 'group', 4]])
  })

  test.each([
    [0, 'on'],
    [0.2499, 'on'],
    [0.25, 'off'],
    [0.9999, 'off'],
  ])('at %d of a quarter it serves %s', (fraction, value) => {
    expect(ask([RULE], acme(fraction)).value).toBe(value)
  })

  test('a position that says where it starts leaves the room before it to nobody', () => {
    const split = [
      { variant: 'on', weight: 1 },
      { variant: 'other', weight: 1, from: 3 },
    ]
    const rule = { ...RULE, serve: { split } }
    const values = [0, 0.25, 0.5, 0.75].map((at) => ask([rule], acme(at)).value)
    expect(values).toEqual(['on', 'off', 'off', 'other'])
  })

  test('thirds end where the vendor’s own division puts them', () => {
    const rule: Rule = {
      ...RULE,
      bucketing: { by: 'acme', parts: 3 },
      serve: {
        split: [
          { variant: 'on', weight: 1 },
          { variant: 'other', weight: 1 },
        ],
      },
    }
    const values = [0, 1 / 3, 2 / 3].map((at) => ask([rule], acme(at)).value)
    expect(values).toEqual(['on', 'other', 'off'])
  })

  test('the reason is SPLIT, and no bucket of ours is told', () => {
    const { reason, flagMetadata } = ask([RULE], acme(0))
    expect(reason).toBe('SPLIT')
    expect(flagMetadata).toEqual({ revision: 1, ruleId: 'r1' })
  })

  test('without the bucketer the rule does not match, and is named', () => {
    for (const bucketers of [undefined, {}, { other: { bucket: () => 0 } }]) {
      const { value, flagMetadata } = ask([RULE], bucketers)
      expect([value, flagMetadata['skipped']]).toEqual(['off', 'r1'])
    }
  })

  test('names like constructor ask for no bucketer', () => {
    const rule = { ...RULE, bucketing: { by: 'constructor', parts: 4 } }
    expect(ask([rule], {}).flagMetadata['skipped']).toBe('r1')
  })

  test.each([[Number.NaN], [-1], [1], [Infinity]])(
    'a bucketer that answers %d takes nobody in',
    (at) => {
      expect(ask([RULE], acme(at)).value).toBe('off')
    },
  )

  test('a bucketer that throws makes its rule not match; the next one is asked', () => {
    const broken = {
      acme: {
        bucket: () => {
          throw new Error('no')
        },
      },
    }
    const next: Rule = { id: 'r2', serve: { variant: 'other' } }
    const { value, flagMetadata } = ask([RULE, next], broken)
    expect([value, flagMetadata['skipped'], flagMetadata['ruleId']]).toEqual(['other', 'r1', 'r2'])
  })

  test.each([[0], [-1], [1.5], [2_000_000_000], ['4']])('parts of %j are malformed', (parts) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a later or broken writer could send
    const rule = { ...RULE, bucketing: { by: 'acme', parts } } as Rule
    expect(ask([rule], acme(0)).errorCode).toBe('PARSE_ERROR')
  })

  test('a rule without foreign bucketing keeps our buckets, whatever bucketers there are', () => {
    const { bucketing: _, ...own } = RULE
    const rule = { ...own, serve: { split: [{ variant: 'on', weight: 50_000 }] } }
    for (let i = 0; i < 50; i++) {
      const context = { targetingKey: `u${i}` }
      expect(ask([rule], acme(0), context)).toEqual(ask([rule], undefined, context))
    }
  })
})

function when(operator: string): Rule {
  return {
    id: 'r1',
    when: { attribute: 'plan', operator, value: 'pro' },
    serve: { variant: 'on' },
  }
}

describe('foreign operators', () => {
  test('the operator is given the attribute, the value and the context', () => {
    const asked: unknown[] = []
    expect(ask([when('acme.is')], acme(0, asked), { plan: 'pro' }).value).toBe('on')
    expect(asked).toEqual([['pro', 'pro', ['plan']]])
  })

  test('a list goes to it whole', () => {
    const asked: unknown[] = []
    expect(ask([when('acme.is')], acme(0, asked), { plan: ['pro'] }).value).toBe('off')
    expect(asked).toEqual([[['pro'], 'pro', ['plan']]])
  })

  test.each([['acme.isNot'], ['acme.constructor'], ['other.is'], ['acme.'], ['.is']])(
    '%s is not known: the rule does not match, not even negated',
    (operator) => {
      const negated: Rule = {
        id: 'r1',
        when: { not: { attribute: 'plan', operator, value: 'pro' } },
        serve: { variant: 'on' },
      }
      for (const rule of [when(operator), negated]) {
        const { value, flagMetadata } = ask([rule], acme(0), {})
        expect([value, flagMetadata['skipped']]).toEqual(['off', 'r1'])
      }
    },
  )

  test('one that throws makes its rule not match, negated too', () => {
    const rule: Rule = {
      id: 'r1',
      when: { not: { attribute: 'plan', operator: 'acme.fails' } },
      serve: { variant: 'on' },
    }
    const { value, flagMetadata } = ask([rule], acme(0))
    expect([value, flagMetadata['skipped']]).toEqual(['off', 'r1'])
  })

  test('segments may ask them', () => {
    const rule: Rule = {
      id: 'r1',
      when: { operator: 'inSegment', value: 'vip' },
      serve: { variant: 'on' },
    }
    expect(ask([rule], acme(0), { plan: 'pro' }).value).toBe('on')
    expect(ask([rule], acme(0), { plan: 'free' }).value).toBe('off')
    expect(ask([rule], undefined, { plan: 'pro' }).flagMetadata['skipped']).toBe('r1')
  })
})
