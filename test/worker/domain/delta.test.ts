import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalize, type Flag, type SealedSecret, type SnapshotBody } from '#core'
import { applyDelta } from '../../../sdk/src/core/delta.ts'
import { documents } from '../../sdk/core/documents.ts'
import { composeDeltas, deltasSince, diffBodies, emptyDelta } from '../../../worker/domain/delta.ts'

const bodyOf = (revision: number, parts: Partial<SnapshotBody> = {}): SnapshotBody => ({
  format: 1,
  project: 'shop',
  environment: 'production',
  audience: 'server',
  revision,
  configs: {},
  flags: {},
  segments: {},
  secrets: {},
  ...parts,
})
/** As far as a delta looks into it. */
const sealed = (version: number): SealedSecret => ({
  version,
  jwe: { protected: 'a', aad: 'b', iv: 'c', ciphertext: 'd', tag: 'e', recipients: [] },
})

const flag = (seed: string): Flag => ({ type: 'boolean', variants: {}, enabled: true, seed })
/** As a writer has it: parsed from its canonical text. */
const stored = (body: SnapshotBody): SnapshotBody => JSON.parse(canonicalize(body))

const names = fc.constantFrom('a', 'b', 'c', 'd', 'constructor', 'toString')
const bodies = fc
  .array(
    fc.record({
      configs: fc.dictionary(names, documents),
      flags: fc.dictionary(names, fc.constantFrom('x', 'y', 'z').map(flag)),
      segments: fc.dictionary(names, fc.record({ ids: fc.array(fc.string(), { maxLength: 2 }) })),
      secrets: fc.dictionary(names, fc.integer({ min: 1, max: 9 }).map(sealed)),
      references: fc.option(
        fc.dictionary(names, fc.constant({ url: 'string' as const }), { minKeys: 1 }),
        {
          nil: undefined,
        },
      ),
      schemas: fc.option(
        fc.dictionary(names, fc.record({ version: fc.constantFrom('1.0.0', '2.0.0') }), {
          minKeys: 1,
        }),
        { nil: undefined },
      ),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ references, schemas, ...parts }, index) =>
      stored(
        bodyOf(index + 1, {
          ...parts,
          ...(references && { references }),
          ...(schemas && { schemas }),
        }),
      ),
    ),
  )

const steps = (list: readonly SnapshotBody[]) =>
  list.slice(1).map((body, index) => diffBodies(list[index] ?? body, body))

describe('a delta', () => {
  test('names what changed and nothing else', () => {
    const before = bodyOf(3, { configs: { a: 1, b: { c: 2 } }, segments: { old: { ids: [] } } })
    const after = bodyOf(4, { configs: { a: 1, b: { c: 3 } }, flags: { new: flag('s') } })
    expect(diffBodies(before, after)).toEqual({
      from: 3,
      to: 4,
      put: { configs: { b: { c: 3 } }, flags: { new: flag('s') } },
      delete: { segments: ['old'] },
    })
  })

  test('leads from one body to the other, byte for byte, whatever they hold', () => {
    fc.assert(
      fc.property(bodies, (list) => {
        const [before, after] = list
        if (before === undefined || after === undefined) return
        expect(canonicalize(applyDelta(before, diffBodies(before, after)))).toBe(
          canonicalize(after),
        )
      }),
    )
  })

  test('of several steps leads where the steps lead', () => {
    fc.assert(
      fc.property(bodies, (list) => {
        const [first, last] = [list[0], list.at(-1)]
        if (first === undefined || last === undefined) return
        const whole = composeDeltas(steps(list))
        expect(canonicalize(applyDelta(first, whole))).toBe(canonicalize(last))
      }),
    )
  })

  test('touches nothing of the body it applies to, and shares what did not change', () => {
    const before = bodyOf(1, { configs: { a: { b: 1 }, c: 2 } })
    const text = canonicalize(before)
    const after = applyDelta(before, {
      from: 1,
      to: 2,
      put: { configs: { c: 3 } },
      delete: { configs: ['gone'] },
    })
    expect(canonicalize(before)).toBe(text)
    expect([after.configs['a'] === before.configs['a'], after.flags === before.flags]).toEqual([
      true,
      true,
    ])
  })
})

describe('a way through deltas', () => {
  const way = (...pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([from, to]) => ({ ...emptyDelta(from), to })).toReversed()

  test('begins where it is asked for', () => {
    const list = way([1, 2], [2, 5], [5, 6])
    expect(deltasSince(list, 2)?.map(({ from, to }) => [from, to])).toEqual([
      [2, 5],
      [5, 6],
    ])
    expect(deltasSince(list, 1)).toHaveLength(3)
    expect(deltasSince(list, 3)).toBeUndefined()
    expect(deltasSince([], 1)).toBeUndefined()
  })

  test('takes a revision that came twice where it came last', () => {
    expect(deltasSince(way([1, 2], [2, 3], [3, 2], [2, 4]), 2)).toHaveLength(1)
  })

  test('ends at a gap', () => {
    expect(deltasSince(way([1, 2], [4, 5]), 1)).toBeUndefined()
  })
})
