import { describe, expect, test } from 'vitest'
import { crc32, formatKey, parseKey } from '../../../sdk/src/core/key.ts'

const SECRET = 'abcdefghijABCDEFGHIJ0123456789'

describe('keys', () => {
  test('the checksum is CRC-32 ISO-HDLC: its check value', () => {
    expect(crc32('123456789')).toBe(0xcbf43926)
    expect(crc32('')).toBe(0)
  })

  test('a written key is the same for ever', () => {
    expect(formatKey('server', 'shop', 'production', SECRET)).toBe(
      'driftless_server_shop_production_abcdefghijABCDEFGHIJ01234567893G5eMi',
    )
  })

  test.each(['server', 'client'] as const)('a %s key says whom it speaks for', (kind) => {
    const key = formatKey(kind, 'shop-2', 'eu-west', SECRET)
    expect(parseKey(key)).toEqual({ kind, project: 'shop-2', environment: 'eu-west' })
  })

  test('an admin token has no environment', () => {
    expect(parseKey(formatKey('admin', undefined, undefined, SECRET))).toEqual({ kind: 'admin' })
  })

  test('one mistyped character anywhere is found: by form or by checksum', () => {
    const key = formatKey('server', 'shop', 'production', SECRET)
    for (let i = 0; i < key.length; i++) {
      for (const other of 'aZ0_- é') {
        if (key[i] === other) continue
        const typo = key.slice(0, i) + other + key.slice(i + 1)
        expect(parseKey(typo)).toBeUndefined()
      }
    }
    expect(parseKey(`${key}\n`)).toBeUndefined()
  })

  test('what is no key at all speaks for nobody', () => {
    for (const text of ['', 'driftless', 'sdk-123', formatKey('server', 'a', 'b', SECRET).slice(1)])
      expect(parseKey(text)).toBeUndefined()
  })

  test('parts that make no key are refused', () => {
    expect(() => formatKey('server', 'shop', 'production', 'short')).toThrow(TypeError)
    expect(() => formatKey('server', undefined, undefined, SECRET)).toThrow(TypeError)
    expect(() => formatKey('server', 'Shop', 'production', SECRET)).toThrow(TypeError)
    expect(() => formatKey('client', 'shop', 'pro_duction', SECRET)).toThrow(TypeError)
  })
})
