/** The built command line behind a proxy: HTTPS_PROXY and HTTP_PROXY are used without further ado, NO_PROXY goes round it. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli } from '../../../admin/cli/build.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'
import { runTool } from '../../support/run-tool.ts'

let platform: TestPlatform
let outdir: string
let proxy: Server
let asked: string[] = []

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('shop', { staging: { protected: false } })
  outdir = await mkdtemp(join(tmpdir(), 'driftless-proxy-'))
  await buildCli(join(outdir, 'dist'))
  const { hostname, port } = new URL(platform.url)
  // Whatever host is asked for, the platform answers: nothing here leaves this machine.
  proxy = createServer((incoming, answer) => {
    asked.push(incoming.url ?? '')
    const { pathname, search } = new URL(incoming.url ?? '', platform.url)
    const { method, headers } = incoming
    const onward = request({ hostname, port, path: pathname + search, method, headers })
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    incoming.pipe(onward)
  })
  proxy.on('connect', (incoming, socket) => {
    asked.push(incoming.url ?? '')
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
}, 120_000)
afterAll(async () => {
  proxy?.closeAllConnections()
  proxy?.close()
  await platform?.close()
  await rm(outdir, { recursive: true, force: true })
})

const projects = (url: string, env: Readonly<Record<string, string>>) => {
  asked = []
  const address = proxy.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const through = `http://127.0.0.1:${port}`
  return runTool('node', [join(outdir, 'dist/driftless.js'), 'projects', '--url', url], {
    env: {
      HTTP_PROXY: through,
      HTTPS_PROXY: through,
      NO_PROXY: '',
      DRIFTLESS_TOKEN: platform.admin.token,
      XDG_CONFIG_HOME: outdir,
      ...env,
    },
  })
}

test('a platform that only the proxy can reach is reached', async () => {
  const done = await projects('http://config.example.test', {})
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(done.stdout).toContain('shop')
  expect(asked.join('\n')).toContain('config.example.test')
})

test('what NO_PROXY names is asked directly', async () => {
  const done = await projects(platform.url, { NO_PROXY: '127.0.0.1' })
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(done.stdout).toContain('shop')
  expect(asked).toEqual([])
})

test('a proxy that is not there is named as the reason, without a stack', async () => {
  const gone = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' }
  const failed = await projects('http://config.example.test', gone)
  expect(failed.code).toBe(1)
  expect(failed.stderr).toMatch(/^error: the platform cannot be reached: /)
  expect(failed.stderr).not.toContain('    at ')
})
