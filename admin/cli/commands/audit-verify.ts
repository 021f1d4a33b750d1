/** `audit verify`: that nobody changed, removed, put in or moved a row, by the chain of hashes and the signatures of its checkpoints. */
import { createPublicKey, verify as verifySignature } from 'node:crypto'
import { resolve } from 'node:path'
import { isJsonObject, type JsonObject, type JsonValue } from '#core'
import { parseJson } from '#formats'
import { verifyAuditExport } from '../../contract/audit-verify.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { connect, connectProject } from '../frame/settings.ts'
import { plural, timeText } from '../frame/table.ts'
import { sha256 } from '../server/compare.ts'

export async function verify(call: Call): Promise<Outcome> {
  const { io } = call
  const { text, audit } = await readExport(call)
  const saved = call.text('output')
  if (saved !== undefined) await writeWhole(resolve(io.cwd, saved), text)
  const keys = keysOf(await readKeys(call))
  const known = knownRow(call.text('known'))
  const verdict = await verifyAuditExport(
    text,
    { digest, openCheckpoint: async (jws) => openCheckpoint(jws, keys) },
    { ...(audit !== undefined && { audit }), ...(known !== undefined && { known }) },
  )
  if (!verdict.ok)
    return {
      text: `the audit is not as it was written: ${verdict.line === 0 ? 'it' : `line ${verdict.line}`} ${verdict.fault}`,
      json: verdict,
      exit: 2,
    }
  const { rows, checkpoints, last, signedAtMs } = verdict
  return {
    text: `${verdict.audit} is as it was written: ${plural(rows, 'row')}, ${plural(checkpoints, 'checkpoint')}, signed ${timeText(signedAtMs)} UTC\nlast row ${last.seq}:${last.hash}; keep it for --known`,
    json: verdict,
  }
}

async function readExport(call: Call): Promise<{ readonly text: string; readonly audit?: string }> {
  const file = call.optional('file')
  if (file !== undefined) {
    const text = await readIfThere(resolve(call.io.cwd, file))
    if (text === undefined) throw new UserError(`there is no file ${file}`, { code: 'not_found' })
    return { text }
  }
  if (call.is('directory')) {
    const { client } = await connect(call)
    return { text: (await client.exportDirectoryAudit()).body, audit: 'audit' }
  }
  const { client, project } = await connectProject(call)
  return {
    text: (await client.exportAudit({ parameters: { project } })).body,
    audit: `audit/${project}`,
  }
}

/** The platform's, or those that were kept with an export. */
async function readKeys(call: Call): Promise<JsonValue> {
  const file = call.text('keys')
  if (file !== undefined) {
    const text = await readIfThere(resolve(call.io.cwd, file))
    if (text === undefined) throw new UserError(`there is no file ${file}`, { code: 'not_found' })
    return readJson(file, text)
  }
  const { url } = await connect(call)
  const response = await call.io.fetch(`${url}/.well-known/jwks.json`)
  return readJson('the key set', await response.text())
}

function readJson(what: string, text: string): JsonValue {
  const parsed = parseJson(text)
  if (parsed.ok) return parsed.value
  throw new UserError(`${what} is not JSON: ${parsed.error.message}`, { code: 'invalid' })
}

function keysOf(set: JsonValue): ReadonlyMap<string, JsonObject> {
  const keys = isJsonObject(set) ? set['keys'] : undefined
  if (!Array.isArray(keys)) throw new UserError('that is no key set', { code: 'invalid' })
  return new Map(
    keys.flatMap((key: JsonValue) =>
      isJsonObject(key) && typeof key['kid'] === 'string' ? [[key['kid'], key] as const] : [],
    ),
  )
}

const digest = (text: string) => ({ sha256: sha256(text) })

/** Base64url without padding, in its one form. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/

/** The payload when a key of the set signed it as a checkpoint; null for any other text. */
function openCheckpoint(jws: string, keys: ReadonlyMap<string, JsonObject>): unknown {
  if (!COMPACT.test(jws)) return null
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const parsed = decoded(header)
  const { alg, typ, kid, ...rest } = isJsonObject(parsed ?? null) ? Object(parsed) : {}
  const key = keys.get(String(kid))
  if (
    alg !== 'ES256' ||
    typ !== 'driftless-audit+jwt' ||
    key === undefined ||
    Object.keys(rest).length > 0
  )
    return null
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes.toString('base64url') !== signature) return null
  try {
    const members = ['kty', 'crv', 'x', 'y'].map((name) => [name, key[name]] as const)
    const jwk = Object.fromEntries(
      members.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
    const isGenuine = verifySignature(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      bytes,
    )
    return isGenuine ? (decoded(payload) ?? null) : null
  } catch {
    // A key that is none.
    return null
  }
}

function decoded(part: string): JsonValue | undefined {
  const parsed = parseJson(Buffer.from(part, 'base64url').toString())
  return parsed.ok ? parsed.value : undefined
}

function knownRow(text: string | undefined) {
  if (text === undefined) return undefined
  const [, seq = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (hash === '') throw new UserError('--known must be seq:hash, as audit verify prints it')
  return { seq: Number(seq), hash }
}
