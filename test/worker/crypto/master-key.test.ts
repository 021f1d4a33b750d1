import { describe, expect, test } from 'vitest'
import { MasterKeyError, parseMasterKeys } from '../../../worker/crypto/master-key.ts'

const BYTES = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'

describe('MASTER_KEY', () => {
  test('the first of several wraps, all are known by id', () => {
    const keys = parseMasterKeys(`new:${BYTES}, old.1:${BYTES}`)
    expect(keys.first.id).toBe('new')
    expect(keys.first.bytes).toHaveLength(32)
    expect([...keys.byId.keys()]).toEqual(['new', 'old.1'])
  })

  test.each([
    ['is absent', undefined],
    ['is empty', ' '],
    ['has no id', BYTES],
    ['has an empty id', `:${BYTES}`],
    ['has an id with a space', `a b:${BYTES}`],
    ['is one byte short', `k1:${BYTES.slice(0, 42)}`],
    ['has padding', `k1:${BYTES}=`],
    ['is standard base64', `k1:+/${BYTES.slice(2)}`],
    ['has unused bits set', `k1:${BYTES.slice(0, 42)}9`],
    ['ends with a comma', `k1:${BYTES},`],
    ['names an id twice', `k1:${BYTES},k1:${BYTES}`],
  ])('is refused without being shown when it %s', (_, text) => {
    const refused = () => parseMasterKeys(text)
    expect(refused).toThrow(MasterKeyError)
    expect(refused).toThrow(/MASTER_KEY/)
    expect(refused).not.toThrow(BYTES.slice(2, 20))
  })
})
