import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue, MirrorItem, Operation } from '#core'
import { equalJson, getPointer } from '#core'
import { configLayers, resolveLayers } from '../../../worker/domain/layers.ts'
import { environment, Memory } from './support.ts'

const put = (name: string, document: JsonValue): Operation => ({
  op: 'putConfig',
  name,
  format: 'json',
  source: JSON.stringify(document),
  visibility: 'server',
})
const override = (name: string, where: string, document: JsonValue): Operation => ({
  op: 'putConfigOverride',
  name,
  environment: where,
  format: 'json',
  source: JSON.stringify(document),
})
const mirror = (mode: MirrorItem['mode'], members: Partial<MirrorItem> = {}): Operation => ({
  op: 'putMirror',
  name: 'm',
  from: 'platform',
  to: 'app',
  mode,
  paths: [{ from: '/db/host', to: '/database/host' }],
  ...members,
})
const shop = () => new Memory().with(environment('staging'), environment('production', 'staging'))
const agreed = () =>
  shop().with(put('platform', { db: { host: 'a' } }), put('app', { database: { host: 'a' } }))

function faults(memory: Memory, ...operations: readonly Operation[]) {
  const result = memory.apply(...operations)
  if (result.ok) return []
  return result.error.reason === 'invalid' ? result.error.issues : [result.error]
}

test('what must agree cannot be made to disagree, from either side', () => {
  const memory = agreed().with(mirror('enforce'))
  expect(faults(memory, put('platform', { db: { host: 'b' } }))).toMatchObject([
    {
      path: '/operations/0',
      config: 'app',
      environment: 'staging',
      pointer: '/database/host',
      rule: 'mirror',
    },
    { environment: 'production' },
  ])
  expect(faults(memory, override('app', 'production', { database: { host: 'b' } }))).toMatchObject([
    { environment: 'production' },
  ])
  expect(
    faults(memory, put('platform', { db: { host: 'b' } }), put('app', { database: { host: 'b' } })),
  ).toEqual([])
  expect(faults(memory, put('platform', {}))).toHaveLength(2)
})

test('what differs already is found when a mirror is declared', () => {
  const memory = agreed().with(override('app', 'production', { database: { host: 'b' } }))
  expect(faults(memory, mirror('enforce'))).toMatchObject([{ environment: 'production' }])
  const told = memory.apply(mirror('alert'))
  expect(told.ok && told.value.findings).toEqual([
    {
      mirror: 'm',
      config: 'app',
      environment: 'production',
      pointer: '/database/host',
      outcome: 'differs',
    },
  ])
})

test('a repair is part of the change, keeps comments, and says so', () => {
  const source = '# the application\ndatabase:\n  host: a # as platform says\n  pool: 5\n'
  const memory = agreed().with(
    { op: 'putConfig', name: 'app', format: 'yaml', source, visibility: 'server' },
    mirror('heal'),
  )
  const result = memory.apply(put('platform', { db: { host: 'b' } }))
  if (!result.ok) throw new Error('refused')
  expect(result.value.findings).toEqual([
    { mirror: 'm', config: 'app', environment: '', pointer: '/database/host', outcome: 'repaired' },
  ])
  expect(result.value.items.config('app')?.source).toBe(source.replace('host: a', 'host: b'))
})

test('a repair goes where the difference is', () => {
  const memory = agreed().with(mirror('heal'))
  memory.with(override('platform', 'staging', { db: { host: 's' } }))
  expect(memory.items.override('app', 'staging')?.source).toContain('"s"')
  expect(memory.items.override('app', 'production')).toBeUndefined()
  memory.with(override('platform', 'production', { db: { $unset: true } }))
  expect(resolveLayers(configLayers(memory.items, 'app', 'production'))).toEqual({ database: {} })
})

test('mirrors follow one another, and two that contradict each other are refused', () => {
  const memory = agreed().with(put('edge', { host: 'a' }), mirror('heal'), {
    ...mirror('heal', {
      from: 'app',
      to: 'edge',
      paths: [{ from: '/database/host', to: '/host' }],
    }),
    name: 'second',
  } as Operation)
  memory.with(put('platform', { db: { host: 'b' } }))
  expect(memory.items.config('edge')?.source).toContain('"b"')
  const other = {
    ...mirror('heal', { from: 'edge', paths: [{ from: '/other', to: '/database/host' }] }),
    name: 'third',
  }
  expect(faults(memory, put('edge', { host: 'b', other: 'c' }), other as Operation)).not.toEqual([])
})

test('a mirror waits while one of its configs is not there, and its shape is checked', () => {
  expect(faults(shop(), mirror('enforce'))).toEqual([])
  expect(faults(shop(), mirror('enforce', { to: 'platform' }))).toMatchObject([
    { path: '/operations/0/to' },
  ])
  expect(faults(shop(), mirror('enforce', { paths: [{ from: '', to: 'x' }] }))).toHaveLength(2)
})

test('mirrors hold after any sequence of change sets', () => {
  const value = fc.constantFrom<JsonValue>(1, 'x', null, { a: 1 }, [1], { $unset: true })
  const plain = value.filter((one) => !equalJson(one, { $unset: true }))
  const step = fc.oneof(
    fc
      .tuple(fc.constantFrom('platform', 'app'), plain)
      .map(([name, one]) =>
        put(name, name === 'app' ? { database: { host: one } } : { db: { host: one }, other: 1 }),
      ),
    fc
      .tuple(fc.constantFrom('platform', 'app'), fc.constantFrom('staging', 'production'), value)
      .map(([name, where, one]) =>
        override(name, where, name === 'app' ? { database: { host: one } } : { db: { host: one } }),
      ),
    fc.constantFrom<Operation>(put('platform', {}), put('app', {})),
  )
  const held = fc.check(
    fc.property(
      fc.constantFrom('heal' as const, 'enforce' as const),
      fc.array(step, { maxLength: 8 }),
      (mode, steps) => {
        const memory = agreed().with(mirror(mode))
        for (const one of steps) {
          const result = memory.apply(one)
          if (result.ok) memory.take(result.value)
          for (const where of ['staging', 'production']) {
            const read = (name: string, pointer: string) =>
              getPointer(resolveLayers(configLayers(memory.items, name, where)), pointer)
            const [a, b] = [read('platform', '/db/host'), read('app', '/database/host')]
            if (!(a === undefined || b === undefined ? a === b : equalJson(a, b))) return false
            // Nothing about the repair itself is refused.
            if (mode === 'heal' && !result.ok) return false
          }
        }
        return true
      },
    ),
    { numRuns: 100 },
  )
  expect(held.failed, JSON.stringify(held.counterexample)).toBe(false)
})
