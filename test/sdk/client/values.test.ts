import { describe, expect, test } from 'vitest'
import { freeze, splitPath, valueAt } from '../../../sdk/src/client/values.ts'

describe('values', () => {
  test('are frozen all through', () => {
    const value = freeze({ a: [{ b: 1 }], c: {} })
    expect(() => Object.assign(value.a[0] ?? {}, { b: 2 })).toThrow(TypeError)
    expect(Object.isFrozen(value.c)).toBe(true)
    expect(freeze(null)).toBeNull()
  })

  test('are found by path, own members only', () => {
    const document = { pool: { size: 8, hosts: ['a', { name: 'b' }] } }
    expect(valueAt(document, [])).toBe(document)
    expect(valueAt(document, ['pool', 'size'])).toBe(8)
    expect(valueAt(document, ['pool', 'hosts', '1', 'name'])).toBe('b')
    for (const path of [
      'pool.none',
      'pool.size.x',
      'pool.hosts.length',
      'pool.hosts.2',
      'pool.hosts.-1',
      'constructor',
      'pool.toString',
      '__proto__',
    ])
      expect(valueAt(document, path.split('.'))).toBeUndefined()
  })

  test('of configs whose names hold dots: the longest name that there is wins', () => {
    const names = ['settings', 'settings.database', 'a.b.c']
    const split = (path: string): unknown => splitPath(path, (name) => names.includes(name))
    expect(split('settings')).toEqual({ name: 'settings', members: [] })
    expect(split('settings.pool.size')).toEqual({ name: 'settings', members: ['pool', 'size'] })
    expect(split('settings.database.pool')).toEqual({
      name: 'settings.database',
      members: ['pool'],
    })
    expect(split('a.b.c')).toEqual({ name: 'a.b.c', members: [] })
    expect(split('a.b')).toBeUndefined()
    expect(split('')).toBeUndefined()
  })
})
