import { describe, expect, test } from 'vitest'
import { MAX_MESSAGE_CHARACTERS } from '../../../sdk/src/client/limits.ts'
import { readMessage } from '../../../sdk/src/client/messages.ts'

describe('a stream message', () => {
  test.each([
    '{"type":"hello","aud":"shop/production/server","epoch":1,"seq":7}',
    '{"type":"head","manifest":"a.b.c"}',
    '{"type":"head","manifest":"a.b.c","body":"{}","later":true}',
    '{"type":"goodbye","reconnectAfterMs":0,"jitterMs":1000}',
  ])('is read: %s', (text) => {
    expect(readMessage(text)).toEqual(JSON.parse(text))
  })

  test.each([
    '{"type":"later"}',
    '{"type":"constructor"}',
    '{"type":"__proto__","epoch":"x"}',
    '{"type":""}',
  ])('of a type this SDK does not know is ignored: %s', (text) => {
    expect(readMessage(text)).toBeUndefined()
  })

  test.each([
    '',
    'ping',
    'null',
    '[]',
    '7',
    '{',
    '{}',
    '{"type":1}',
    '{"type":"head","manifest":"a","jitterMs":-1}',
    '{"type":"hello","aud":"a","epoch":1,"seq":1,"place":["EU"]}',
    '{"type":"hello"}',
    '{"type":"hello","aud":"a","epoch":"1","seq":1}',
    '{"type":"hello","aud":"a","epoch":1,"seq":-1}',
    '{"type":"hello","aud":"a","epoch":1.5,"seq":1}',
    '{"type":"head"}',
    '{"type":"head","manifest":7}',
    '{"type":"head","manifest":"a","body":{}}',
    '{"type":"goodbye"}',
    '{"type":"goodbye","reconnectAfterMs":-1,"jitterMs":0}',
    '{"type":"goodbye","reconnectAfterMs":1e999,"jitterMs":0}',
    `{"type":"later","pad":"${'x'.repeat(MAX_MESSAGE_CHARACTERS)}"}`,
  ])('that is malformed is refused: %.60s', (text) => {
    expect(() => readMessage(text)).toThrow()
  })
})
