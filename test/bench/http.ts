/**
 * Requests a second of the read path beside a bare Worker that answers the same bytes and does nothing else, on the same
 * runtime in the same run. Both are asked on their own socket, past miniflare's proxy, which would hide the difference.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { Miniflare } from 'miniflare'
import { startPlatform } from '../../admin/cli/local/platform.ts'
import { median } from './statistics.ts'
import { adminOf, freePort } from './setup.ts'

const ROUNDS = 5
const SECONDS = 3

export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  const platform = await startPlatform({ dataDir, port: await freePort(), direct: true })
  const url = platform.directUrl
  if (url === undefined) throw new Error('the platform opened no direct socket')
  const admin = adminOf(platform)
  const key = await admin.project('bench', {
    // About 20 kB, as measured in the platform notes.
    settings: Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`setting-${i}`, `value number ${i}`]),
    ),
  })
  const headers = { authorization: `Bearer ${key}` }
  await published(`${url}/v1/snapshot`, headers)

  for (const [name, path] of [
    ['/v1/manifest', '/v1/manifest'],
    ['/v1/snapshot', '/v1/snapshot'],
  ] as const) {
    const answer = await fetch(`${url}${path}`, { headers })
    const body = await answer.text()
    const etag = answer.headers.get('etag') ?? ''
    const bare = await startBare(body, Object.fromEntries(answer.headers))
    for (const [status, extra] of [
      ['304', { 'if-none-match': etag }],
      ['200', {}],
    ] as const) {
      const ours: number[] = []
      const theirs: number[] = []
      // In turn, so that a machine whose speed drifts does not favour one.
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(await load(bare.url, { ...headers, ...extra }, status))
        ours.push(await load(`${url}${path}`, { ...headers, ...extra }, status))
      }
      const ratio = median(ours.map((rate, i) => rate / (theirs[i] ?? 1)))
      console.log(
        `GET ${name} ${status}, ${body.length} bytes: ${Math.round(median(ours))}/s beside bare ${Math.round(median(theirs))}/s, ratio ${ratio.toFixed(2)}`,
      )
    }
    await bare.close()
  }
  await platform.close()
  await rm(dataDir, { recursive: true })
}

/** Waits until the snapshot holds what was written: a head is published beside the write, and cached for a second. */
async function published(url: string, headers: Record<string, string>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const body = await (await fetch(url, { headers })).text()
    if (body.includes('"setting-499"')) return
    await new Promise((resume) => setTimeout(resume, 100))
  }
  throw new Error('the snapshot does not show what was written within 10 s')
}

async function load(url: string, headers: Record<string, string>, status: string): Promise<number> {
  const result = await autocannon({ url, headers, connections: 32, duration: SECONDS })
  const unexpected = Object.keys(result.statusCodeStats ?? {}).filter((code) => code !== status)
  if (unexpected.length > 0 || result.errors > 0)
    throw new Error(
      `expected only ${status} from ${url}, got ${unexpected.join()} and ${result.errors} errors`,
    )
  return result.requests.average
}

/** A Worker with these bytes and headers in memory; 304 when asked with any `If-None-Match`. */
async function startBare(
  body: string,
  headers: Record<string, string>,
): Promise<{ url: string; close(): Promise<void> }> {
  const contents = `
    const body = new TextEncoder().encode(${JSON.stringify(body)})
    const headers = ${JSON.stringify(Object.fromEntries(Object.entries(headers).filter(([name]) => !['content-length', 'transfer-encoding', 'date', 'connection'].includes(name))))}
    export default {
      fetch: (request) => request.headers.has('if-none-match')
        ? new Response(null, { status: 304, headers })
        : new Response(body, { headers }),
    }`
  const miniflare = new Miniflare({
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    workers: [
      {
        config: {
          name: 'bare',
          compatibilityDate: '2026-10-01',
          manifest: {
            mainModule: 'bare.js',
            modulesRoot: '/',
            modules: { 'bare.js': { type: 'esm', contents } },
          },
        },
        dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
      },
    ],
  })
  await miniflare.ready
  return { url: (await miniflare.unsafeGetDirectURL()).href, close: () => miniflare.dispose() }
}
