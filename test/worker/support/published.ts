/** Keys, heads and bodies made by hand, for tests that need no project behind them. */
import { type AudienceName, formatKey } from '#core'
import { toBase64url } from '../../../worker/crypto/encoding.ts'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import type { Head } from '../../../worker/objects/project/interface.ts'

export const SHOP: AudienceName = {
  project: 'shop',
  environment: 'production',
  audience: 'server',
}

/** A well-formed SDK key; another `number`, another key. */
export function sdkKey(name: AudienceName = SHOP, number = 1): string {
  const secret = String(number).padStart(30, 'k')
  return formatKey(name.audience, name.project, name.environment, secret)
}

/** A head with the shape of a real one; its signature is made of zeros, which only a reader would mind. */
export async function headOf(body: string, epoch: number, seq: number): Promise<Head> {
  const bytes = new TextEncoder().encode(body)
  const sha256 = await sha256Hex(bytes)
  const claims = { epoch, seq, revision: seq, sha256, size: bytes.length }
  const header = { alg: 'ES256', kid: 'none', typ: 'driftless-manifest+jwt' }
  return { ...claims, manifest: `${encode(header)}.${encode(claims)}.${'A'.repeat(86)}` }
}

function encode(value: unknown): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify(value)))
}
