import { describe, expect, test } from 'vitest'
import { streamItems } from '../../../worker/api/streaming.ts'

async function* batches(...all: readonly (readonly unknown[])[]) {
  yield* all
}

async function textOf(...all: readonly (readonly unknown[])[]): Promise<string> {
  return new Response(await streamItems({ a: 1 }, batches(...all))).text()
}

describe('a streamed list', () => {
  test('is the JSON of the whole', async () => {
    expect(await textOf([1, { b: 2 }], ['c'])).toBe('{"a":1,"items":[1,{"b":2},"c"]}')
  })

  test('may be empty, and so may its batches', async () => {
    expect(await textOf()).toBe('{"a":1,"items":[]}')
    expect(await textOf([], [])).toBe('{"a":1,"items":[]}')
    expect(await textOf([], [1], [], [2], [])).toBe('{"a":1,"items":[1,2]}')
  })

  test('refuses before it begins when the first elements cannot be had', async () => {
    const broken: AsyncIterator<readonly unknown[]> = {
      next: () => Promise.reject(new Error('no such revision')),
    }
    await expect(streamItems({ a: 1 }, broken)).rejects.toThrow('no such revision')
  })

  test('breaks off when later ones cannot be had', async () => {
    let calls = 0
    const breaking: AsyncIterator<readonly unknown[]> = {
      next() {
        calls += 1
        return calls < 3
          ? Promise.resolve({ done: false, value: [calls] })
          : Promise.reject(new Error('gone'))
      },
    }
    const text = new Response(await streamItems({ a: 1 }, breaking)).text()
    await expect(text).rejects.toThrow('gone')
  })
})
