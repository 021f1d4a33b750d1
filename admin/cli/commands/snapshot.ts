/** `snapshot export`, `snapshot verify`: what an SDK key gets, as a bootstrap file; and whether such a file can be trusted. */
import { resolve } from 'node:path'
import { isJsonObject, type JsonValue } from '#core'
import { parseJson } from '#formats'
import { verifyBody, verifyManifest } from '@driftless/sdk/verify'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readCredentials } from '../frame/credentials.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { findFolder, readUrl } from '../frame/settings.ts'

/** Where an SDK would ask, and with what key. */
export async function sdkSource(
  call: Call,
): Promise<{ readonly url: string; readonly key: string }> {
  const { io } = call
  const url = readUrl(
    call.text('url') ??
      io.env['DRIFTLESS_URL'] ??
      (await findFolder(io.cwd))?.config.url ??
      (await readCredentials(io.env)).url ??
      missing('DRIFTLESS_URL'),
  )
  return { url, key: io.env['DRIFTLESS_SDK_KEY'] ?? missing('DRIFTLESS_SDK_KEY') }
}

/** Why an SDK key got nothing. */
export function notAnswered(what: string, status: number): UserError {
  if (status !== 401 && status !== 403)
    return new UserError(`${what} was answered with ${status}; is the URL right?`, {
      code: 'unreachable',
      hint: 'driftless doctor looks closer',
    })
  return new UserError('the platform does not accept DRIFTLESS_SDK_KEY', {
    code: 'unauthenticated',
    hint: 'driftless keys create makes one; a revoked one is in driftless keys list',
  })
}

export async function exportSnapshot(call: Call): Promise<Outcome> {
  const { io } = call
  const { url, key } = await sdkSource(call)
  const response = await io.fetch(`${url}/v1/snapshot`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const body = await response.text()
  const manifest = response.headers.get('driftless-manifest')
  if (!response.ok || manifest === null) throw notAnswered('the snapshot', response.status)
  const keys = readJson(
    'the key set',
    await (await io.fetch(`${url}/.well-known/jwks.json`)).text(),
  )
  const record = { manifest, body, keys }
  const text = `${JSON.stringify(record)}\n`
  const file = call.argument('file')
  await writeWhole(resolve(io.cwd, file), text, 0o600)
  return { text: `wrote ${file}`, json: { file, bytes: text.length } }
}

function missing(name: string): never {
  throw new UserError(`${name} is not set`, { code: 'settings' })
}

export async function verifySnapshot(call: Call): Promise<Outcome> {
  const { io } = call
  const file = call.argument('file')
  const text = await readIfThere(resolve(io.cwd, file))
  if (text === undefined) throw new UserError(`there is no file ${file}`, { code: 'not_found' })
  const record = readJson(file, text)
  const { manifest, body, keys } = isJsonObject(record) ? record : {}
  if (typeof manifest !== 'string' || typeof body !== 'string')
    throw new UserError(`${file} is not a bootstrap file: it has no manifest or no body`, {
      code: 'invalid',
    })
  const trusted =
    call.text('url') === undefined
      ? keys
      : readJson(
          'the key set',
          await (await io.fetch(`${readUrl(call.text('url') ?? '')}/.well-known/jwks.json`)).text(),
        )
  const audience = call.text('audience') ?? audienceOf(body)
  const verdict = await verifyManifest(manifest, keySetOf(trusted), {
    issuer: 'driftless',
    audience,
    nowMs: io.nowMs(),
    acceptExpired: true,
  })
  if (!verdict.ok) return failed(file, verdict.code, verdict.message)
  const whole = await verifyBody(new TextEncoder().encode(body), verdict.claims)
  if (!whole.ok) return failed(file, whole.code, whole.message)
  const { aud, revision, seq, exp } = verdict.claims
  const isExpired = exp * 1000 < io.nowMs()
  return {
    text: `${file} is genuine: ${aud}, revision ${revision}, seq ${seq}${isExpired ? '; it has expired, so it is only accepted at a start' : ''}`,
    json: { ok: true, audience: aud, revision, seq, expired: isExpired },
  }
}

function failed(file: string, code: string, message: string): Outcome {
  return {
    text: `${file} must not be trusted: ${message}`,
    json: { ok: false, code, message },
    exit: 1,
  }
}

type KeySet = Parameters<typeof verifyManifest>[1]

function keySetOf(value: JsonValue | undefined): KeySet {
  const { keys } = value !== undefined && isJsonObject(value) ? value : {}
  if (!Array.isArray(keys))
    throw new UserError('it holds no key set', {
      code: 'invalid',
      hint: '--url takes the keys from a platform',
    })
  // Each key is checked where it is used; what is none makes the signature fail.
  return { keys }
}

function audienceOf(body: string): string {
  const parsed = parseJson(body)
  const { project, environment, audience } =
    parsed.ok && isJsonObject(parsed.value) ? parsed.value : {}
  return [project, environment, audience].map(String).join('/')
}

function readJson(what: string, text: string): JsonValue {
  const parsed = parseJson(text)
  if (parsed.ok) return parsed.value
  throw new UserError(`${what} is not JSON: ${parsed.error.message}`, { code: 'invalid' })
}
