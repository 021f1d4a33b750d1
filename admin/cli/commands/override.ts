/** `override …`: files that force flags without the platform (SNAPSHOT.md §11). Nothing here talks to anybody. */
import { createHash, createPrivateKey, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { isJsonObject, type JsonObject, type JsonValue } from '#core'
import { parseJson } from '#formats'
import {
  type ForcedFlag,
  OVERRIDE_TYPE,
  type OverrideClaims,
  type OverrideKey,
  verifyOverride,
} from '@driftless/sdk/overrides'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readDuration } from '../frame/duration.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { findFolder, requiredProject } from '../frame/settings.ts'
import { plural, timeText } from '../frame/table.ts'

const DAY = '24h'
const MINUTE_MS = 60_000

export async function keygen(call: Call): Promise<Outcome> {
  const file = call.argument('file')
  const path = resolve(call.io.cwd, file)
  if ((await readIfThere(path)) !== undefined)
    throw new UserError(`${file} is there already`, {
      code: 'exists',
      hint: 'a key that applications trust is not written over',
    })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  await writeWhole(path, `${JSON.stringify(jwk)}\n`, 0o600)
  const key = publicHalf({ ...jwk })
  return {
    text: `wrote the private key to ${file}: keep it off the platform\ngive applications its public half, as one of \`overrides.keys\`:\n${JSON.stringify(key)}`,
    json: { file, key },
  }
}

export async function sign(call: Call): Promise<Outcome> {
  const { io } = call
  const project = requiredProject(call, await findFolder(io.cwd))
  const environment = required(call, 'env')
  const iat = Math.floor(io.nowMs() / 1000)
  const expiresMs = readDuration(call.text('expires') ?? DAY, '--expires', MINUTE_MS)
  const reason = call.text('reason')
  const claims: OverrideClaims = {
    aud: `${project}/${environment}`,
    iat,
    exp: iat + Math.ceil(expiresMs / 1000),
    seq: readSeq(call.text('seq'), io.nowMs()),
    flags: readFlags(call),
    ...(reason !== undefined && { reason }),
  }
  const jwk = await readJsonFile(call, required(call, 'key-file'))
  const text = signed(claims, jwk)
  // What a reader would refuse is not written.
  const policy = { audience: claims.aud, nowMs: io.nowMs() }
  const verdict = await verifyOverride(text, [publicHalf(jwk)], policy)
  if (!verdict.ok)
    throw new UserError(`readers would refuse it: ${verdict.message}`, { code: 'invalid' })
  const output = call.text('output')
  if (output !== undefined) await writeWhole(resolve(io.cwd, output), `${text}\n`)
  const said = output === undefined ? text : `wrote ${output}: ${described(claims)}`
  return { text: said, json: { ...claims, ...(output !== undefined ? { output } : { jws: text }) } }
}

export async function verify(call: Call): Promise<Outcome> {
  const { io } = call
  const file = call.argument('file')
  const text = await readIfThere(resolve(io.cwd, file))
  if (text === undefined) throw new UserError(`there is no file ${file}`, { code: 'not_found' })
  const key = publicHalf(await readJsonFile(call, required(call, 'key-file')))
  const project = requiredProject(call, await findFolder(io.cwd))
  const audience = `${project}/${required(call, 'env')}`
  const verdict = await verifyOverride(text, [key], { audience, nowMs: io.nowMs() })
  if (verdict.ok) return { text: `${file} is genuine: ${described(verdict.claims)}`, json: verdict }
  return { text: `${file} would be refused: ${verdict.message}`, json: verdict, exit: 2 }
}

function described({ aud, seq, exp, flags }: OverrideClaims): string {
  const forced = Object.entries(flags).map(([flag, how]) =>
    'off' in how ? `${flag} off` : `${flag} → ${how.variant}`,
  )
  const what = forced.length === 0 ? 'nothing forced' : forced.join(', ')
  return `${aud}, seq ${seq}, until ${timeText(exp * 1000)} UTC, ${plural(forced.length, 'flag')}: ${what}`
}

function readFlags(call: Call): Record<string, ForcedFlag> {
  const off = call.list('off').map((flag) => [flag, { off: true }] as const)
  const served = call.list('serve').map((given) => {
    const at = given.indexOf('=')
    if (at < 1) throw new UserError('--serve must be FLAG=VARIANT')
    return [given.slice(0, at), { variant: given.slice(at + 1) }] as const
  })
  const all: (readonly [string, ForcedFlag])[] = [...off, ...served]
  const twice = all.find(([flag], index) => all.findIndex(([other]) => other === flag) < index)
  if (twice) throw new UserError(`flag ${twice[0]} is named twice`)
  if (all.length === 0 && !call.is('none'))
    throw new UserError('no flag is named', {
      hint: '--off FLAG, --serve FLAG=VARIANT, or --none to withdraw what was forced before',
    })
  return Object.fromEntries(all)
}

function readSeq(text: string | undefined, nowMs: number): number {
  const seq = text === undefined ? nowMs : Number(text)
  if (Number.isSafeInteger(seq) && seq >= 1) return seq
  throw new UserError('--seq must be an integer from 1')
}

function signed(claims: OverrideClaims, jwk: JsonObject): string {
  const { crv, kty, x, y } = publicHalf(jwk)
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  const bytes = `${base64url({ alg: 'ES256', kid, typ: OVERRIDE_TYPE })}.${base64url(claims)}`
  try {
    const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    const signature = signBytes('sha256', Buffer.from(bytes), { key, dsaEncoding: 'ieee-p1363' })
    return `${bytes}.${signature.toString('base64url')}`
  } catch {
    // Never with what the file holds.
    throw new UserError('--key-file is not a private key that can sign', { code: 'invalid' })
  }
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function publicHalf({ kty, crv, x, y }: Readonly<Record<string, unknown>>): OverrideKey {
  if (kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string')
    return { kty, crv, x, y }
  throw new UserError('the key must be a JWK of an EC key on P-256, as override keygen writes it', {
    code: 'invalid',
  })
}

async function readJsonFile(call: Call, file: string): Promise<JsonObject> {
  const text = await readIfThere(resolve(call.io.cwd, file))
  if (text === undefined) throw new UserError(`there is no file ${file}`, { code: 'not_found' })
  const parsed = parseJson(text)
  const value: JsonValue = parsed.ok ? parsed.value : null
  if (isJsonObject(value)) return value
  throw new UserError(`${file} is not a JSON object`, { code: 'invalid' })
}

function required(call: Call, flag: string): string {
  const value = call.text(flag)
  if (value !== undefined) return value
  throw new UserError(`--${flag} is missing`, { hint: `driftless ${call.command.name} --help` })
}
