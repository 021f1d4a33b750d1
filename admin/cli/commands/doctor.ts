/** `doctor`: each thing that must hold for commands and applications to work, tried one after the other. */
import { isJsonObject } from '#core'
import { parseJson } from '#formats'
import { createAdminClient } from '../../contract/client.ts'
import type { Call, Outcome } from '../frame/command.ts'
import { readCredentials } from '../frame/credentials.ts'
import { faultOf } from '../frame/fault.ts'
import { findFolder, projectName, readUrl } from '../frame/settings.ts'
import { table } from '../frame/table.ts'

interface Check {
  readonly name: string
  readonly result: 'ok' | 'warning' | 'failed'
  readonly detail: string
}

/** Manifests name times: an application refuses one that seems to come from the future (SNAPSHOT.md §3.1). */
const MAX_SKEW_MS = 60_000

export async function doctor(call: Call): Promise<Outcome> {
  const { io } = call
  const checks: Check[] = []
  const attempt = async (
    name: string,
    run: () => Promise<Omit<Check, 'name'>>,
  ): Promise<boolean> => {
    const found = await run().catch((error: unknown) => ({
      result: 'failed' as const,
      detail: faultOf(error).message,
    }))
    checks.push({ name, ...found })
    return found.result !== 'failed'
  }
  await attempt('node', async () => ({ result: 'ok', detail: process.version }))
  const kept = await readCredentials(io.env)
  const folder = await findFolder(io.cwd)
  const given = call.text('url') ?? io.env['DRIFTLESS_URL'] ?? folder?.config.url ?? kept.url
  const project = projectName(call, folder)
  checks.push({ name: 'folder', result: 'ok', detail: folder?.path ?? 'none here or above' })
  let reachable = false
  if (given === undefined)
    checks.push({
      name: 'url',
      result: 'failed',
      detail: 'none: driftless login URL, or DRIFTLESS_URL',
    })
  else {
    const url = readUrl(given)
    reachable = await attempt('reachable', () => health(call, url))
    if (reachable) {
      await attempt('signing keys', () => keySet(call, url))
      await attempt('token', () =>
        token(call, url, io.env['DRIFTLESS_TOKEN'] ?? kept.tokens[url], project),
      )
      const key = io.env['DRIFTLESS_SDK_KEY']
      if (key !== undefined) {
        await attempt('snapshot', () => answers(call, `${url}/v1/manifest`, key, 'a manifest'))
        await attempt('stream', () => stream(call, url, key))
      }
    }
  }
  const rows = checks.map(({ name, result, detail }) => [mark(call, result), name, detail])
  const failed = checks.some(({ result }) => result === 'failed')
  return { text: table(rows), json: { ok: !failed, checks }, exit: failed ? 1 : 0 }
}

function mark({ io: { colors } }: Call, result: Check['result']): string {
  if (result === 'ok') return colors.green('ok')
  return result === 'warning' ? colors.yellow('warning') : colors.red('failed')
}

async function health({ io }: Call, url: string): Promise<Omit<Check, 'name'>> {
  const before = io.nowMs()
  const response = await io.fetch(`${url}/health`)
  await response.text()
  const tookMs = Math.round(io.nowMs() - before)
  if (!response.ok) return { result: 'failed', detail: `${url} answered ${response.status}` }
  const date = Date.parse(response.headers.get('date') ?? '')
  const skewMs = Number.isNaN(date) ? 0 : Math.abs(date - io.nowMs())
  if (skewMs > MAX_SKEW_MS)
    return {
      result: 'warning',
      detail: `${url}: this clock is ${Math.round(skewMs / 1000)} s off; applications here may refuse manifests`,
    }
  return { result: 'ok', detail: `${url} in ${tookMs} ms` }
}

async function keySet({ io }: Call, url: string): Promise<Omit<Check, 'name'>> {
  const response = await io.fetch(`${url}/.well-known/jwks.json`)
  const parsed = parseJson(await response.text())
  const keys = parsed.ok && isJsonObject(parsed.value) ? parsed.value['keys'] : undefined
  if (!response.ok || !Array.isArray(keys) || keys.length === 0)
    return { result: 'failed', detail: `no key set (${response.status})` }
  return { result: 'ok', detail: `${keys.length} in the key set` }
}

async function token(
  { io }: Call,
  url: string,
  value: string | undefined,
  project: string | undefined,
): Promise<Omit<Check, 'name'>> {
  if (value === undefined) return { result: 'failed', detail: `none for ${url}: driftless login` }
  const client = createAdminClient({ url, token: value, fetch: io.fetch })
  const { body } = await client.listProjects({ query: { limit: '100' } })
  const names = body.items.map(({ name }) => name)
  if (project !== undefined && !names.includes(project))
    return { result: 'failed', detail: `valid, but it sees no project "${project}"` }
  return { result: 'ok', detail: `valid; sees ${names.join(', ') || 'no projects'}` }
}

async function answers(
  { io }: Call,
  url: string,
  key: string,
  what: string,
): Promise<Omit<Check, 'name'>> {
  const response = await io.fetch(url, { headers: { authorization: `Bearer ${key}` } })
  await response.body?.cancel()
  return response.ok
    ? { result: 'ok', detail: `DRIFTLESS_SDK_KEY gets ${what}` }
    : { result: 'failed', detail: `DRIFTLESS_SDK_KEY is answered ${response.status}` }
}

async function stream({ io }: Call, url: string, key: string): Promise<Omit<Check, 'name'>> {
  const response = await io.fetch(`${url}/v1/stream`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    signal: AbortSignal.any([io.signal, AbortSignal.timeout(10_000)]),
  })
  const first = await response.body?.getReader().read()
  return response.ok && first?.done === false
    ? { result: 'ok', detail: 'Server-Sent Events arrive' }
    : {
        result: 'warning',
        detail: `no event stream (${response.status}); applications poll instead`,
      }
}
