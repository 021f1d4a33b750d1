/**
 * Seals a secret for those who may read it (SNAPSHOT.md §9.2): encrypted once, its key wrapped for each. jose makes the JWE. The
 * one place where this is done: by the platform for snapshots, and by whoever keeps a value from the platform (§9.4).
 */
import { GeneralEncrypt, importJWK } from 'jose'
import type { Recipient, SealedJwe } from '#core'

const WRAPPING = 'ECDH-ES+A256KW'

/** `aad`: what the value is sealed as, `sealedAad` of the core. At least one recipient. */
export async function sealFor(
  value: string,
  aad: string,
  recipients: readonly Recipient[],
): Promise<SealedJwe> {
  const encoder = new TextEncoder()
  const jwe = new GeneralEncrypt(encoder.encode(value))
    .setProtectedHeader({ enc: 'A256GCM' })
    .setAdditionalAuthenticatedData(encoder.encode(aad))
  for (const { id, publicKey } of recipients) {
    const key = await importJWK({ kty: 'OKP', crv: 'X25519', x: publicKey }, WRAPPING)
    jwe.addRecipient(key).setUnprotectedHeader({ alg: WRAPPING, kid: id })
  }
  const sealed = await jwe.encrypt()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what jose writes for these headers; test/worker/crypto/seal.test.ts holds it to the SDK's reader
  return sealed as unknown as SealedJwe
}
