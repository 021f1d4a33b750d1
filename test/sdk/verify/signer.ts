/** Signs manifests as the server does, with jose, and as no server should, by hand. */
import { calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair } from 'jose'
import { canonicalize } from '../../../sdk/src/core/canonicalize.ts'
import type { ManifestClaims, PublicJwk, SnapshotBody } from '../../../sdk/src/core/index.ts'

export const NOW_MS = 1_800_000_000_000
export const AUDIENCE = 'shop/production/server'

export interface Signer {
  readonly jwk: PublicJwk
  /** Signs any payload under a header, which replaces the proper one member by member; `undefined` removes. */
  sign(payload: unknown, header?: Record<string, unknown>): Promise<string>
  /** Signs two texts as they are. */
  signRaw(header: string, payload: string): Promise<string>
}

export async function createSigner(): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const { x = '', y = '' } = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicKey)
  const jwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' }
  const signRaw = async (header: string, payload: string): Promise<string> => {
    const signed = `${base64url(header)}.${base64url(payload)}`
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      privateKey,
      new TextEncoder().encode(signed),
    )
    return `${signed}.${base64urlBytes(new Uint8Array(signature))}`
  }
  return {
    jwk,
    signRaw,
    sign(payload, header = {}) {
      const proper = { alg: 'ES256', kid, typ: 'driftless-manifest+jwt' }
      const text = JSON.stringify(payload)
      if (Object.keys(header).length > 0)
        return signRaw(JSON.stringify({ ...proper, ...header }), text)
      return new CompactSign(new TextEncoder().encode(text))
        .setProtectedHeader(proper)
        .sign(privateKey)
    },
  }
}

export function base64url(text: string): string {
  return base64urlBytes(new TextEncoder().encode(text))
}

export function base64urlBytes(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function bodyOf(parts: Partial<SnapshotBody> = {}): SnapshotBody {
  return {
    format: 1,
    project: 'shop',
    environment: 'production',
    audience: 'server',
    revision: 1,
    configs: {},
    flags: {},
    segments: {},
    secrets: {},
    ...parts,
  }
}

/** Claims that fit a body's text, good for a day from `NOW_MS`. */
export async function claimsOf(
  body: string,
  parts: Partial<ManifestClaims> = {},
): Promise<ManifestClaims> {
  const { revision } = JSON.parse(body)
  return {
    iss: 'driftless',
    aud: AUDIENCE,
    iat: NOW_MS / 1000,
    exp: NOW_MS / 1000 + 86_400,
    epoch: 1,
    seq: 1,
    revision,
    sha256: await sha256Hex(body),
    size: new TextEncoder().encode(body).length,
    ...parts,
  }
}

export const textOf = (parts: Partial<SnapshotBody> = {}): string => canonicalize(bodyOf(parts))
