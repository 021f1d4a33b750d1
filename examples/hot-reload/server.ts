/**
 * An app that follows its configuration: the page and the log change the moment a value does, without a restart.
 *
 *     DRIFTLESS_URL=http://127.0.0.1:8787 DRIFTLESS_SDK_KEY=driftless_server_… node examples/hot-reload/server.ts
 */
import { createServer, type ServerResponse } from 'node:http'
import { createClient } from '@driftless/sdk'
import { fragment, page, type Values } from './page.ts'

const USERS = [
  'ada@harbour-street.example',
  'ben@mail.example',
  'eva@mail.example',
  'noa@mail.example',
]

const client = createClient({
  url: process.env['DRIFTLESS_URL'] ?? 'http://127.0.0.1:8787',
  key: process.env['DRIFTLESS_SDK_KEY'] ?? '',
})

/** What this app uses, as of now. Reading is synchronous and never fails: there is always a fallback. */
function read(): Values {
  return {
    state: `revision ${client.revision ?? 'none'}, ${client.status}, from ${client.source}`,
    configs: {
      storefront: client.getConfig('storefront'),
      checkout: client.getConfig('checkout'),
    },
    users: USERS.map((email) => {
      const context = { targetingKey: email, email }
      return {
        email,
        newCheckout: client.getBooleanValue('new-checkout', false, context),
        ranking: client.getStringValue('search-ranking', 'bm25', context),
      }
    }),
  }
}

/** Pages that are open; each gets the new content as a server-sent event. */
const pages = new Set<ServerResponse>()

const eventOf = (values: Values): string => `data: ${JSON.stringify(fragment(values))}\n\n`

function update(): void {
  for (const response of pages) response.write(eventOf(read()))
}
client.on('changed', update)
client.on('stale', update)
for (const config of ['storefront', 'checkout']) {
  client.watch(config, (value) => log(`${config} is now ${JSON.stringify(value)}`))
}
client.on('changed', ({ revision }) => {
  const on = read().users.filter((user) => user.newCheckout)
  log(`revision ${revision}: ${on.length} of ${USERS.length} users have the new checkout`)
})

function log(text: string): void {
  console.log(`${new Date().toISOString()} example app: ${text}`)
}

const server = createServer((request, response) => {
  if (request.url === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(read()))
  } else if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    // At once, too: a change between the page and this connection is not missed.
    response.write(eventOf(read()))
    pages.add(response)
    response.on('close', () => pages.delete(response))
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
  }
})
server.listen(Number(process.env['PORT'] ?? 8788), '127.0.0.1')
