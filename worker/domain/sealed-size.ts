/**
 * How many bytes the secrets of an environment take in a server body, without sealing any: what a sealed value is, but for its
 * length, follows from SNAPSHOT.md §9.2. test/worker/crypto/seal.test.ts holds it to what is really sealed.
 */
import { canonicalize, sealedAad } from '#core'
import { MAX_SECRET_BYTES } from './limits.ts'
import { referencesOf, servedVersions } from './secret.ts'
import { environmentLayer } from './items.ts'
import type { Items } from './items.ts'

/** Bytes of a value, or of the JWE in which its author sealed it. */
export type ValueSize = { readonly value: number } | { readonly jwe: number }

/** Of the value of a version; undefined: it has none. */
export type ValueBytes = (name: string, version: number) => ValueSize | undefined

interface Place {
  readonly project: string
  readonly environment: string
}

/** More than a secret adds to a body besides its values: names, its own and those it refers to, numbers, its place. */
const AROUND_BYTES = 16_000

/** At least as much as {@link sealedBytes} is, from the number of secrets alone. */
export function sealedBound(secrets: number, recipients: number): number {
  return secrets * 2 * (base64urlLength(MAX_SECRET_BYTES) + jweBytes(recipients) + AROUND_BYTES)
}

/** Bytes of the member `secrets` of the body of `environment`, sealed for so many recipients; at most, where authors sealed some. */
export function sealedBytes(
  items: Items,
  { project, environment }: Place,
  recipients: number,
  bytesOf: ValueBytes,
  nowMs: number,
): number {
  if (recipients === 0) return '{}'.length
  const envelope = jweBytes(recipients)
  let total = 1
  for (const { key: name, layer } of items.refs('secret')) {
    const item =
      layer === environmentLayer(environment) ? items.secret(name, environment) : undefined
    const served = item && servedVersions(item, nowMs)
    if (!served) continue
    const sealed = (version: number): number | undefined => {
      const size = bytesOf(name, version)
      if (size === undefined) return undefined
      const aad = sealedAad(project, environment, name, version).length
      const references = referencesOf(item, version)
      const named =
        references === undefined ? 0 : `"references":${canonicalize(references)},`.length
      if ('jwe' in size) return size.jwe + named
      return envelope + base64urlLength(aad) + base64urlLength(size.value) + named
    }
    const { active, previous } = served
    const own = sealed(active)
    if (own === undefined) continue
    total += `"${name}":{"jwe":,"version":${active}},`.length + own
    const before = previous && sealed(previous.version)
    if (before === undefined) continue
    const { untilMs, version } = served.previous ?? { untilMs: 0, version: 0 }
    total += `"previous":{"jwe":,"untilMs":${untilMs},"version":${version}},`.length + before
  }
  // The comma after the last one stands for the closing brace.
  return Math.max(total, '{}'.length)
}

/** A JWE in canonical JSON, but for `aad` and `ciphertext`. */
function jweBytes(recipients: number): number {
  const epk = { crv: 'X25519', kty: 'OKP', x: 'x'.repeat(base64urlLength(32)) }
  const shared = recipients === 1 ? { enc: 'A256GCM', epk } : { enc: 'A256GCM' }
  const header = {
    alg: 'ECDH-ES+A256KW',
    kid: 'k'.repeat(base64urlLength(16)),
    ...(recipients !== 1 && { epk }),
  }
  const one = canonicalize({ encrypted_key: 'e'.repeat(base64urlLength(40)), header }).length
  const rest = {
    aad: '',
    ciphertext: '',
    iv: 'i'.repeat(base64urlLength(12)),
    protected: 'p'.repeat(base64urlLength(JSON.stringify(shared).length)),
    recipients: [],
    tag: 't'.repeat(base64urlLength(16)),
  }
  return canonicalize(rest).length + recipients * one + Math.max(recipients - 1, 0)
}

/** Without padding. */
function base64urlLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3)
}
