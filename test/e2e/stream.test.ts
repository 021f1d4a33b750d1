/** The stream as a program in any language sees it: WebSocket and Server-Sent Events, without the SDK. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'

let platform: TestPlatform
let key: string

const putMode = (mode: string): object => ({
  op: 'putConfig',
  name: 'mode',
  format: 'json',
  source: JSON.stringify(mode),
  visibility: 'server',
})

interface Message {
  readonly type: string
  readonly manifest?: string
  readonly body?: string
  readonly delta?: string
  readonly seq?: number
}

interface Configs {
  readonly configs?: { readonly mode?: unknown }
}

/** What a head says, be it whole or the way from the one before. */
const modeOf = ({ body = '{}', delta }: Message): unknown =>
  delta === undefined
    ? (JSON.parse(body) as Configs).configs?.mode
    : (JSON.parse(delta) as { put: Configs }).put.configs?.mode

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { production: { protected: false } })
  await platform.admin.change('shop', [putMode('first')])
  key = (await platform.admin.createKey('shop', 'production')).key
})

afterAll(async () => platform?.close())

test('Server-Sent Events say hello, the head there is, and each new one', async () => {
  const abort = new AbortController()
  const answer = await fetch(`${platform.url}/v1/stream`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    signal: abort.signal,
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const messages = events(answer)
  expect((await next(messages)).type).toBe('hello')
  expect(modeOf(await next(messages))).toBe('first')
  await platform.admin.change('shop', [putMode('second')])
  let message = await next(messages)
  // A head may come twice, never an older one.
  while (modeOf(message) === 'first') message = await next(messages)
  expect(message.type).toBe('head')
  expect(modeOf(message)).toBe('second')
  abort.abort()
})

test('a WebSocket with the key as subprotocol says hello, the head there is, and answers ping', async () => {
  const socket = new WebSocket(`${platform.url.replace('http', 'ws')}/v1/stream`, [
    'driftless.v1',
    key,
  ])
  const texts = frames(socket)
  expect(JSON.parse(await next(texts))).toMatchObject({
    type: 'hello',
    aud: 'shop/production/server',
  })
  expect(socket.protocol).toBe('driftless.v1')
  expect(JSON.parse(await next(texts))).toMatchObject({ type: 'head' })
  socket.send('ping')
  expect(await next(texts)).toBe('pong')
  await platform.admin.change('shop', [putMode('third')])
  let message = JSON.parse(await next(texts)) as Message
  while (modeOf(message) !== 'third') message = JSON.parse(await next(texts)) as Message
  expect(message.manifest).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  socket.close()
})

test('a stream with a wrong key is refused like every bad key', async () => {
  const answer = await fetch(`${platform.url}/v1/stream`, {
    headers: { authorization: 'Bearer nonsense', accept: 'text/event-stream' },
  })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
})

async function next<T>(source: AsyncIterator<T>): Promise<T> {
  const result = await source.next()
  if (result.done === true) throw new Error('the stream ended')
  return result.value
}

async function* events(answer: Response): AsyncGenerator<Message> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const data = part.split('\n').find((line) => line.startsWith('data:'))
      if (data !== undefined) yield JSON.parse(data.slice(5)) as Message
    }
  }
}

const nobodyWaits = (): void => {}

function frames(socket: WebSocket): AsyncIterator<string> {
  const arrived: string[] = []
  let wake = nobodyWaits
  socket.addEventListener('message', ({ data }) => {
    arrived.push(String(data))
    wake()
  })
  socket.addEventListener('close', () => wake())
  return {
    async next() {
      while (arrived.length === 0) {
        if (socket.readyState === WebSocket.CLOSED) return { done: true, value: undefined }
        await new Promise<void>((resolve) => (wake = resolve))
      }
      return { done: false, value: arrived.shift() ?? '' }
    },
  }
}
