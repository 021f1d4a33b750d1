import { describe, expect, test } from 'vitest'
import { changesBody, changeSet, OPERATIONS } from '../../../admin/contract/change-set.ts'
import { parseWith } from '../../../admin/contract/schema.ts'

const flag = { op: 'putFlag', key: 'f', type: 'boolean', variants: { on: true, off: false } }
const settings = { op: 'putFlagEnvironment', key: 'f', environment: 'production', enabled: true }
const parse = (...operations: unknown[]) => parseWith(changeSet, { reason: 'r', operations })

/** Paths of the faults; empty when there is none. */
function faults(...operations: unknown[]): readonly string[] {
  const parsed = parse(...operations)
  return parsed.ok ? [] : parsed.issues.map((issue) => issue.path)
}

const ruleWith = (members: object) => ({
  ...settings,
  rules: [{ id: 'r', serve: { variant: 'on' }, ...members }],
})

function many(count: number, operation: object): object[] {
  return Array.from({ length: count }, () => operation)
}

describe('a change set', () => {
  test('every operation parses into exactly what the core names', () => {
    const operations = [
      { op: 'createEnvironment', environment: 'e', parent: 'p', protected: true, description: 'd' },
      { op: 'updateEnvironment', environment: 'e', parent: null, description: null },
      { op: 'deleteEnvironment', environment: 'e' },
      { op: 'putConfig', name: 'c', format: 'json', source: '{}', visibility: 'client' },
      { op: 'deleteConfig', name: 'c' },
      { op: 'putConfigOverride', name: 'c', environment: 'e', format: 'json', source: '{}' },
      { op: 'patchConfig', name: 'c', changes: [{ path: '/a', value: null }] },
      {
        op: 'patchConfigOverride',
        name: 'c',
        environment: 'e',
        changes: [{ path: '/a', remove: true }],
      },
      { op: 'deleteConfigOverride', name: 'c', environment: 'e' },
      { ...flag, visibility: 'client', seed: 's', metadata: { a: 1, b: true, c: 'x' } },
      { op: 'patchFlag', key: 'f', patch: { variants: { on: null } } },
      { op: 'deleteFlag', key: 'f' },
      { ...ruleWith({ when: { all: [] } }), targets: { on: ['ada'] } },
      { op: 'patchFlagEnvironment', key: 'f', environment: 'e', patch: { enabled: false } },
      { op: 'deleteFlagEnvironment', key: 'f', environment: 'e' },
      { op: 'putSegment', key: 's', visibility: 'server', ids: ['a'], when: { any: [] } },
      { op: 'deleteSegment', key: 's' },
      { op: 'putSchema', name: 'c', version: '1.0.0', schema: { type: 'object' } },
      { op: 'deleteSchema', name: 'c' },
      {
        op: 'putMirror',
        name: 'm',
        from: 'a',
        to: 'b',
        mode: 'heal',
        paths: [{ from: '/a', to: '/b' }],
      },
      { op: 'deleteMirror', name: 'm' },
    ]
    expect(operations.map(({ op }) => op)).toEqual(OPERATIONS)
    expect(parse(...operations)).toEqual({ ok: true, value: { reason: 'r', operations } })
  })

  test('what is left out has its default', () => {
    const parsed = parse(flag, { op: 'createEnvironment', environment: 'e' })
    expect(parsed).toMatchObject({
      value: { operations: [{ visibility: 'server' }, { protected: false }] },
    })
  })

  test('a base goes along with the body, and only there', () => {
    const body = { base: 3, reason: 'r', operations: [flag] }
    expect(parseWith(changesBody, body).ok).toBe(true)
    expect(parseWith(changeSet, body)).toMatchObject({ issues: [{ path: '/base' }] })
    expect(parseWith(changesBody, { ...body, base: -1 }).ok).toBe(false)
  })

  test.each([
    ['no reason', { operations: [flag] }, '/reason'],
    ['an empty reason', { reason: '', operations: [flag] }, '/reason'],
    ['a reason of spaces', { reason: '  ', operations: [flag] }, '/reason'],
    ['a reason over 1,000 characters', { reason: 'x'.repeat(1001), operations: [flag] }, '/reason'],
    ['no operations', { reason: 'r', operations: [] }, '/operations'],
    ['over 1,000 operations', { reason: 'r', operations: many(1001, flag) }, '/operations'],
    ['operations that are an object', { reason: 'r', operations: {} }, '/operations'],
  ])('%s is refused', (_, body, path) => {
    expect(parseWith(changeSet, body)).toMatchObject({ ok: false, issues: [{ path }] })
  })

  test.each([null, 1, 'x', [], [{}], true])('%j is none', (body) => {
    expect(parseWith(changeSet, body).ok).toBe(false)
  })
})

describe('an operation', () => {
  test('an unknown one is answered with the ones there are', () => {
    for (const op of ['drop', 'constructor', '__proto__', 1, undefined]) {
      const parsed = parse({ op })
      expect(parsed).toMatchObject({ issues: [{ path: '/operations/0/op' }] })
      if (!parsed.ok) expect(parsed.issues[0]?.message).toContain('putFlag')
    }
    expect(faults(null)).toEqual(['/operations/0'])
  })

  test('unknown members are refused by their path, also deep inside', () => {
    expect(faults({ ...flag, x: 1 })).toEqual(['/operations/0/x'])
    expect(faults(ruleWith({ x: 1 }))).toEqual(['/operations/0/rules/0/x'])
    expect(faults(ruleWith({ serve: { variant: 'on', x: 1 } }))).toEqual([
      '/operations/0/rules/0/serve/x',
    ])
    const own: unknown = JSON.parse('{"op":"deleteFlag","key":"f","__proto__":{}}')
    expect(faults(own)).toEqual(['/operations/0/__proto__'])
    expect(faults({ op: 'deleteFlag', key: 'f', constructor: 1 })).toEqual([
      '/operations/0/constructor',
    ])
  })

  test('a list is no object', () => {
    expect(faults({ ...flag, variants: [true] })).toEqual(['/operations/0/variants'])
    expect(faults(ruleWith({ when: [] }))).toEqual(['/operations/0/rules/0/when'])
    expect(faults({ op: 'patchFlag', key: 'f', patch: [] })).toEqual(['/operations/0/patch'])
  })

  test.each(['', '-a', '.a', 'a b', 'ä', 'a/b', 'x'.repeat(129)])('%j names no flag', (key) => {
    expect(faults({ ...flag, key })).toEqual(['/operations/0/key'])
  })

  test.each(['', '-a', 'A', 'a_b', 'a.b', 'x'.repeat(64)])('%j names no environment', (name) => {
    expect(faults({ ...settings, environment: name })).toEqual(['/operations/0/environment'])
  })

  test('names of object members are names: nothing is dropped', () => {
    const variants = { constructor: true, toString: false, prototype: true, valueOf: false }
    expect(parse({ ...flag, variants })).toMatchObject({ value: { operations: [{ variants }] } })
  })

  test('variants are 1 to 200, with names of 1 to 128 characters', () => {
    const named = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`v${at}`, true]))
    expect(faults({ ...flag, variants: named(200) })).toEqual([])
    expect(faults({ ...flag, variants: named(201) })).toEqual(['/operations/0/variants'])
    expect(faults({ ...flag, variants: {} })).toEqual(['/operations/0/variants'])
    expect(faults({ ...flag, variants: { '': true } })).toEqual(['/operations/0/variants/'])
    expect(faults({ ...flag, variants: { ['a/~'.repeat(43)]: true } })).toHaveLength(1)
  })

  test('a patch names members of the item only', () => {
    const patch = (value: object) => faults({ op: 'patchFlag', key: 'f', patch: value })
    expect(patch({ description: null })).toEqual([])
    expect(patch({ rules: [] })).toEqual(['/operations/0/patch/rules'])
    expect(patch({})).toEqual(['/operations/0/patch'])
  })

  test('weights are integers, and a ramp ends after it starts', () => {
    const split = (...weights: number[]) =>
      faults(ruleWith({ serve: { split: weights.map((weight) => ({ variant: 'on', weight })) } }))
    expect(split(50_000, 50_000)).toEqual([])
    expect(split(0.5)).toEqual(['/operations/0/rules/0/serve/split/0/weight'])
    expect(split()).toEqual(['/operations/0/rules/0/serve/split'])
    const ramp = (startMs: number, endMs: number) =>
      faults(ruleWith({ serve: { ramp: { variant: 'on', from: 0, to: 1, startMs, endMs } } }))
    expect(ramp(1, 2)).toEqual([])
    expect(ramp(2, 2)).toEqual(['/operations/0/rules/0/serve/ramp'])
  })

  test('conditions nest at most 6 deep', () => {
    const nested = (depth: number): object =>
      depth === 0 ? { attribute: 'a', operator: 'exists' } : { not: nested(depth - 1) }
    expect(faults(ruleWith({ when: nested(6) }))).toEqual([])
    expect(faults(ruleWith({ when: nested(7) }))).toEqual(['/operations/0/rules/0/when'])
    expect(faults(ruleWith({ when: { all: [], any: [] } }))).toEqual([
      '/operations/0/rules/0/when/any',
    ])
  })
})

test('messages say what would be right and never repeat what was sent', () => {
  const secret = 'hunter2-hunter2'
  const parsed = parse(
    { ...flag, type: secret, visibility: secret, seed: [secret], metadata: { [secret]: {} } },
    { op: secret },
    { ...settings, enabled: secret, environment: secret.toUpperCase() },
  )
  expect(parsed.ok).toBe(false)
  if (parsed.ok) return
  expect(parsed.issues.length).toBeGreaterThan(5)
  for (const { message } of parsed.issues) expect(message).not.toMatch(/hunter2/i)
  expect(parsed.issues[0]?.message).toBe('must be one of boolean, string, number, object')
})

test('a hostile document gets a bounded answer', () => {
  const operations = many(1000, { op: 'putFlag' })
  const parsed = parseWith(changeSet, { reason: 'r', operations })
  expect(parsed.ok ? 0 : parsed.issues.length).toBeLessThanOrEqual(50)
})
