import { describe, expect, test } from 'vitest'
import { eventOf, eventsOf } from '../../../worker/read/sse.ts'
import { headOf } from '../support/published.ts'

const HELLO = '{"type":"hello","aud":"shop/production/server","epoch":1,"seq":2}'

/** A bridge with the hub's end of the socket in our hands, and a clock that strikes when told to. */
function setUp() {
  const { 0: socket, 1: hub } = new WebSocketPair()
  hub.accept()
  const timer = { running: false, ms: 0, strike: () => {} }
  const stream = eventsOf(socket, (ms, strike) => {
    Object.assign(timer, { running: true, ms, strike })
    return () => {
      timer.running = false
    }
  })
  const closed = new Promise<number>((resolve) => {
    hub.addEventListener('close', ({ code }) => resolve(code))
  })
  return { hub, stream, timer, closed }
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
  return text
}

describe('events out of a socket', () => {
  test('a message becomes an event of its type', () => {
    expect(eventOf(HELLO)).toBe(`event: hello\ndata: ${HELLO}\n\n`)
  })

  test('a head carries its order as the id', async () => {
    const text = JSON.stringify({ type: 'head', manifest: (await headOf('{}', 4, 5)).manifest })
    expect(eventOf(text)).toBe(`event: head\nid: 4.5\ndata: ${text}\n\n`)
  })

  test.each(['', 'pong', '[]', '{}', '{"type":1}', 'null'])('%j is no event', (text) => {
    expect(eventOf(text)).toBeNull()
  })

  test('what the hub says arrives in order, and its own goodbye is the last word', async () => {
    const { hub, stream, timer } = setUp()
    const goodbye = '{"type":"goodbye","reconnectAfterMs":1,"jitterMs":2}'
    hub.send(HELLO)
    hub.send(goodbye)
    hub.close(1001)
    expect(await readAll(stream)).toBe(
      `event: hello\ndata: ${HELLO}\n\nevent: goodbye\ndata: ${goodbye}\n\n`,
    )
    expect(timer.running).toBe(false)
  })

  test('a hub that goes away without a word is said goodbye for', async () => {
    const { hub, stream } = setUp()
    hub.close(1011)
    expect(await readAll(stream)).toMatch(/^event: goodbye\ndata: \{"type":"goodbye",.*\}\n\n$/)
  })

  test('a reader whose key was revoked is not asked to come back', async () => {
    const { hub, stream } = setUp()
    hub.close(4401)
    expect(await readAll(stream)).toBe('')
  })

  test('a comment is written every 25 s', async () => {
    const { hub, stream, timer } = setUp()
    expect(timer.ms).toBe(25_000)
    timer.strike()
    timer.strike()
    hub.close(4401)
    expect(await readAll(stream)).toBe(':\n\n:\n\n')
  })

  test('a reader that leaves closes the socket and stops the comments', async () => {
    const { stream, timer, closed } = setUp()
    await stream.cancel()
    expect(await closed).toBe(1000)
    expect(timer.running).toBe(false)
    timer.strike()
  })

  test('a reader that does not read is cut off instead of filling memory', async () => {
    const { hub, stream, timer, closed } = setUp()
    const large = JSON.stringify({ type: 'head', body: 'x'.repeat(32_000) })
    for (let i = 0; i < 10; i++) hub.send(large)
    expect(await closed).toBe(1000)
    expect(timer.running).toBe(false)
    await expect(readAll(stream)).rejects.toThrow('does not keep up')
  })
})
