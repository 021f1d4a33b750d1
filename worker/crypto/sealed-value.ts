/**
 * What can be checked of a value that its author sealed (SNAPSHOT.md §9.4) without opening it, which only its readers can: that
 * it has the one form there is, stands in its place, and is for keys of its environment.
 */
import { sealedAad } from '#core'
import { MAX_SECRET_BYTES } from '../domain/limits.ts'
import { fromBase64url, toBase64url, utf8 } from './encoding.ts'
import type { Issue } from '../domain/errors.ts'
import type { SealedValue } from '../domain/secret.ts'

interface Place {
  readonly project: string
  readonly environment: string
  readonly name: string
  /** The number that the version will have. */
  readonly version: number
}

/** Lengths in bytes, as the algorithms of SNAPSHOT.md §9.2 make them. */
const LENGTHS = { iv: 12, tag: 16, encrypted_key: 40, x: 32 } as const

/** The first thing that is wrong; undefined: it may be kept. `recipients`: ids of the keys that may read it. */
export function faultOfSealed(
  { version, jwe }: SealedValue,
  place: Place,
  recipients: readonly string[],
): Issue | undefined {
  if (version !== place.version) {
    return issue('/version', `the next version is ${place.version}: seal it for that one`)
  }
  const { project, environment, name } = place
  if (jwe.aad !== toBase64url(utf8(sealedAad(project, environment, name, version)))) {
    return issue(
      '/jwe/aad',
      'it is sealed for another place: project, environment, name and version',
    )
  }
  for (const member of ['iv', 'tag'] as const) {
    if (fromBase64url(jwe[member])?.length !== LENGTHS[member]) {
      return issue(`/jwe/${member}`, `must be ${LENGTHS[member]} bytes as base64url`)
    }
  }
  const bytes = fromBase64url(jwe.ciphertext)?.length ?? 0
  if (bytes < 1 || bytes > MAX_SECRET_BYTES) {
    return issue('/jwe/ciphertext', `must be 1 to ${MAX_SECRET_BYTES} bytes as base64url`)
  }
  const isAlone = jwe.recipients.length === 1
  const shared = readHeader(jwe.protected)
  const members = isAlone ? 'enc,epk' : 'enc'
  if (
    shared === undefined ||
    Object.keys(shared).toSorted().join() !== members ||
    shared['enc'] !== 'A256GCM' ||
    (isAlone && !isPublicKey(shared['epk']))
  ) {
    return issue('/jwe/protected', `must be the members ${members} of the one form there is`)
  }
  const seen = new Set<string>()
  for (const [index, { encrypted_key: wrapped, header }] of jwe.recipients.entries()) {
    const path = `/jwe/recipients/${index}`
    if (fromBase64url(wrapped)?.length !== LENGTHS.encrypted_key) {
      return issue(`${path}/encrypted_key`, `must be ${LENGTHS.encrypted_key} bytes as base64url`)
    }
    if (isAlone ? header.epk !== undefined : !isPublicKey(header.epk)) {
      return issue(
        `${path}/header/epk`,
        'stands here for each of several recipients, and for one alone in protected',
      )
    }
    if (!recipients.includes(header.kid) || seen.has(header.kid)) {
      return issue(
        `${path}/header/kid`,
        'must be the id of an SDK key of the environment, each once',
      )
    }
    seen.add(header.kid)
  }
  return undefined
}

function issue(path: string, message: string): Issue {
  return { path: `/sealed${path}`, message }
}

function readHeader(text: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = fromBase64url(text)
  if (bytes === null) return undefined
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    )
    return isObject(header) ? header : undefined
  } catch {
    return undefined
  }
}

function isPublicKey(value: unknown): boolean {
  if (!isObject(value)) return false
  const { kty, crv, x, ...rest } = value
  const isX25519 = kty === 'OKP' && crv === 'X25519' && Object.keys(rest).length === 0
  return isX25519 && typeof x === 'string' && fromBase64url(x)?.length === LENGTHS.x
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
