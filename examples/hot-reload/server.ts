/**
 * An app that follows its configuration: the page and the log change the moment a value does, without a restart.
 *
 *     DRIFTLESS_URL=http://127.0.0.1:8787 DRIFTLESS_SDK_KEY=driftless_server_… node examples/hot-reload/server.ts
 */
import { createServer, type ServerResponse } from 'node:http'
import { createClient } from '@driftless/sdk'
import { fragment, page, type View } from './page.ts'

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

/** What the page shows, as of now. Reading values is synchronous and never fails: there is always a fallback. */
function view(): View {
  return {
    status: client.status,
    source: client.source,
    revision: client.revision,
    storefront: client.getConfig('storefront'),
    checkout: client.getConfig('checkout'),
    users: USERS.map((email) => {
      const context = { targetingKey: email, email }
      return {
        name: email,
        newCheckout: client.getBooleanValue('new-checkout', false, context),
        ranking: client.getStringValue('search-ranking', 'bm25', context),
      }
    }),
  }
}

/** Pages that are open; each gets the new fragment as a server-sent event. */
const open = new Set<ServerResponse>()

function tell(): void {
  for (const response of open) response.write(`data: ${JSON.stringify(fragment(view()))}\n\n`)
}
client.on('changed', tell)
client.on('stale', tell)
for (const path of ['storefront', 'checkout', 'flag:new-checkout', 'flag:search-ranking']) {
  client.watch(path, () => {
    console.log(
      `${new Date().toISOString()} example app: ${path} changed, revision ${client.revision}`,
    )
  })
}

const server = createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    open.add(response)
    response.on('close', () => open.delete(response))
    // What changed between the page and this connection is not missed.
    response.write(`data: ${JSON.stringify(fragment(view()))}\n\n`)
  } else if (request.url === '/') {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    })
    response.end(page(view()))
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
  }
})
server.listen(Number(process.env['PORT'] ?? 8788), '127.0.0.1')
