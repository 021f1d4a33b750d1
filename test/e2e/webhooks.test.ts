/** Validate webhooks from outside: a hook as docs/webhooks.md has it, the platform as it is started locally, the command line. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCli, type Cli } from '../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'

const CANARY = 'canary-9c1f33e0'

let platform: TestPlatform
let cli: Cli
let server: Server
let url: string
const heard: Record<string, unknown>[] = []

/** Refuses negative prices, and questions that nobody signed for it. */
async function answer(jwt: string): Promise<object> {
  const keys = createRemoteJWKSet(new URL(`${platform.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(jwt, keys, {
    typ: 'driftless-validate+jwt',
    issuer: 'driftless',
    audience: url,
  })
  heard.push(payload)
  const negative = JSON.stringify(payload['content']).includes('"price":-')
  return negative ? { allow: false, message: 'prices must not be negative' } : { allow: true }
}

beforeAll(async () => {
  platform = await startTestPlatform()
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      void answer(body).then(
        (said) => response.end(JSON.stringify(said)),
        () => response.writeHead(401).end(),
      )
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/validate`
  const validate = [{ name: 'prices', url }]
  await platform.admin.createProject('shop', { production: { protected: false, validate } })
  cli = await createCli({
    DRIFTLESS_URL: platform.url,
    DRIFTLESS_TOKEN: platform.admin.token,
    DRIFTLESS_PROJECT: 'shop',
  })
})
afterAll(async () => {
  server?.close()
  await cli?.close()
  await platform?.close()
})
beforeEach(() => {
  heard.length = 0
})

const put = (source: object) =>
  platform.admin.request('PUT', '/projects/shop/configs/shop', {
    body: { format: 'json', source: JSON.stringify(source), reason: 'prices' },
  })

test('a hook that verifies what it is sent allows a change and vetoes another', async () => {
  const good = await put({ price: 1 })
  expect(good.json()).toMatchObject({
    revision: 2,
    validated: [{ hook: 'prices', environments: ['production'] }],
  })
  const bad = await put({ price: -1 })
  expect(bad.status).toBe(409)
  expect(bad.json()).toMatchObject({
    code: 'vetoed',
    detail: '"prices" refuses it for production: prices must not be negative.',
    vetoes: [
      {
        hook: 'prices',
        environments: ['production'],
        answered: true,
        message: 'prices must not be negative',
      },
    ],
  })
  expect(bad.text).not.toContain('/validate')
  const { revision } = await platform.admin.ok<{ revision: number }>('GET', '/projects/shop')
  expect(revision).toBe(2)
})

test('the value of a secret is in nothing that a hook hears', async () => {
  await platform.admin.ok('PUT', '/projects/shop/secrets/token', {
    body: { environment: 'production', type: 'token', value: CANARY, reason: 'test' },
  })
  expect((await put({ price: 2, token: '${SECRET:token}' })).status).toBe(200)
  expect(heard).toHaveLength(1)
  expect(heard[0]?.['content']).toMatchObject([{ value: { token: '${SECRET:token}' } }])
  expect(JSON.stringify(heard)).not.toContain(CANARY)
})

test('the command line says who refuses, and that nothing was written', async () => {
  const { code, err } = await cli.run(['set', 'shop.price', '-', '--base', '--yes', '-m', 'x'], {
    stdin: '-5',
  })
  expect(code).not.toBe(0)
  expect(err).toContain('"prices" refuses it for production: prices must not be negative.')
  expect(err).toContain('nothing was written')
})

test('a hook that is gone is told as such, without its address', async () => {
  server.close()
  server.closeAllConnections()
  const answered = await put({ price: 3 })
  expect(answered.json()).toMatchObject({ code: 'vetoed', vetoes: [{ answered: false }] })
  expect(answered.text).not.toContain('127.0.0.1')
})
