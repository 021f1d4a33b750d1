/** Answers that are too long, too slow, or never end. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createHttp, readBody } from '../../../sdk/src/client/http.ts'

const URL_ = 'https://config.test/v1/snapshot'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A body that never ends; tells how many bytes were taken from it. */
function endless(chunkBytes: number): {
  body: ReadableStream<Uint8Array>
  taken: () => number
} {
  let taken = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken += chunkBytes
        controller.enqueue(new Uint8Array(chunkBytes))
      },
    },
    { highWaterMark: 0 },
  )
  return { body, taken: () => taken }
}

describe('a request', () => {
  test('reads a whole body, of exactly the bound too', async () => {
    const http = createHttp(async () => new Response('12345'))
    expect(await http.get(URL_, {}, (response) => readBody(response, 5))).toHaveLength(5)
    expect(await http.get(URL_, {}, (response) => readBody(response, 9))).toHaveLength(5)
    const empty = createHttp(async () => new Response(null))
    expect(await empty.get(URL_, {}, (response) => readBody(response, 9))).toHaveLength(0)
  })

  test('stops reading a body that goes past its bound', async () => {
    const { body, taken } = endless(1000)
    let signal: AbortSignal | null | undefined
    const http = createHttp(async (_, init) => {
      signal = init?.signal
      return new Response(body)
    })
    await expect(http.get(URL_, {}, (response) => readBody(response, 5000))).rejects.toMatchObject({
      code: 'network',
    })
    expect(taken()).toBe(6000)
    expect(signal?.aborted).toBe(true)
  })

  test('ends after 30 s in total, however steadily the bytes drip', async () => {
    let signal: AbortSignal | null | undefined
    const http = createHttp(async (_, init) => {
      signal = init?.signal
      return new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 1000))
            controller.enqueue(new Uint8Array(1))
          },
        }),
      )
    })
    const outcome = http
      .get(URL_, {}, (response) => readBody(response, 1_000_000))
      .catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(29_999)
    expect(signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await outcome).toMatchObject({ code: 'network' })
    expect(signal?.aborted).toBe(true)
  })

  test('that is never answered ends after 30 s, even when fetch does not heed its signal', async () => {
    const http = createHttp(() => new Promise(() => {}))
    const outcome = http.get(URL_, {}, async () => 1).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await outcome).toMatchObject({ code: 'network' })
  })

  test('with a deadline far away lasts until it is closed', async () => {
    const http = createHttp(() => new Promise(() => {}))
    const outcome = http.get(URL_, {}, async () => 1, 1e9).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(3_600_000)
    http.close()
    expect(await outcome).toMatchObject({ code: 'network' })
  })

  test('follows no redirect and leaves no timer behind', async () => {
    let redirect: unknown
    const http = createHttp(async (_, init) => {
      redirect = init?.redirect
      return new Response('x')
    })
    await http.get(URL_, {}, async () => 1)
    expect(redirect).toBe('manual')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('passes on what fetch throws', async () => {
    const http = createHttp(() => {
      throw new TypeError('offline')
    })
    await expect(http.get(URL_, {}, async () => 1)).rejects.toThrow('offline')
  })

  test.each([
    ['5', 5000],
    ['0', 0],
    ['', 0],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
  ])('reads Retry-After %j of an answer that is none as %d ms', async (value, retryAfterMs) => {
    const http = createHttp(
      async () => new Response(null, { status: 503, headers: { 'retry-after': value } }),
    )
    await expect(http.get(URL_, {}, async () => 1)).rejects.toMatchObject({
      code: 'network',
      retryAfterMs,
    })
  })

  test.each([401, 403])('answered with %d says that the key was refused', async (status) => {
    const http = createHttp(async () => new Response(null, { status }))
    await expect(http.get(URL_, {}, async () => 1)).rejects.toMatchObject({ code: 'denied' })
  })
})
