/** `snapshot bodies`: what DRIFTLESS_SDK_KEY gets, as files named by their hash, for a bucket or CDN to serve. */
import { join, resolve } from 'node:path'
import { isJsonObject, type JsonValue } from '#core'
import { parseJson } from '#formats'
import { verifyBytes } from '@driftless/sdk/verify'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { notAnswered, sdkSource } from './snapshot.ts'

interface Named {
  readonly sha256: string
  readonly size: number
}

/** Writes the stable body, a candidate's, and the documents outside of both. Files that are there are left: content has one name. */
export async function exportBodies(call: Call): Promise<Outcome> {
  const { io } = call
  const { url, key } = await sdkSource(call)
  const folder = resolve(io.cwd, call.argument('folder'))
  const headers = { authorization: `Bearer ${key}` }
  const answer = await io.fetch(`${url}/v1/manifest`, { headers })
  const manifest = await answer.text()
  if (!answer.ok) throw notAnswered('the manifest', answer.status)
  let written = 0
  const wanted = namedBy(manifest)
  const seen = new Set<string>()
  for (let named = wanted.pop(); named !== undefined; named = wanted.pop()) {
    const { sha256 } = named
    if (seen.has(sha256)) continue
    seen.add(sha256)
    const file = join(folder, sha256)
    let text = await readIfThere(file)
    if (text === undefined || (await faultOf(text, named)) !== undefined) {
      const response = await io.fetch(`${url}/v1/bodies/${sha256}`, { headers })
      text = await response.text()
      const fault = response.ok ? await faultOf(text, named) : String(response.status)
      if (fault !== undefined)
        throw new UserError(`body ${sha256}: ${fault}`, { code: 'unreachable' })
      await writeWhole(file, text)
      written++
    }
    wanted.push(...documentsOf(text))
  }
  return {
    text: `${seen.size} bodies in ${call.argument('folder')}, ${written} of them new`,
    json: { bodies: [...seen], written },
  }
}

async function faultOf(text: string, named: Named): Promise<string | undefined> {
  return (await verifyBytes(new TextEncoder().encode(text), named))?.message
}

/** The bodies of a manifest. Not verified: whoever reads them does, and here each is what its hash says. */
function namedBy(manifest: string): Named[] {
  const [, payload = ''] = manifest.split('.')
  const claims = parseJson(Buffer.from(payload, 'base64url').toString())
  const stable = claims.ok && isJsonObject(claims.value) ? claims.value : {}
  return [stable, stable['candidate']].flatMap(readNamed)
}

/** Documents that stand outside of a body. */
function documentsOf(text: string): Named[] {
  const body = parseJson(text)
  const configs = body.ok && isJsonObject(body.value) ? body.value['configs'] : undefined
  if (configs === undefined || !isJsonObject(configs)) return []
  return Object.values(configs).flatMap((config) =>
    isJsonObject(config) ? readNamed(config['$external']) : [],
  )
}

function readNamed(value: JsonValue | undefined): Named[] {
  if (value === undefined || !isJsonObject(value)) return []
  const { sha256, size } = value
  const isOne =
    typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && typeof size === 'number'
  return isOne ? [{ sha256, size }] : []
}
