/** Signs with the key the directory names, asked for once and again when it was revoked. */
import { parseMasterKeys } from '../../crypto/master-key.ts'
import { createSigner } from '../../crypto/signing.ts'
import { directoryStub } from '../stubs.ts'
import type { Signer } from '../../crypto/signing.ts'

export interface ForgettingSigner extends Signer {
  /** Asks the directory again which key signs. */
  forget(): void
}

/** Opens the master key when something is to be signed: without it a project still takes changes and answers reads. */
export function lazySigner(env: Env, nowMs: () => number): ForgettingSigner {
  let signer: Signer | undefined
  const opened = (): Signer => {
    signer ??= createSigner({
      masterKeys: parseMasterKeys(env.MASTER_KEY),
      currentKey: () => directoryStub(env).signingKey(),
      nowMs,
    })
    return signer
  }
  return {
    async sign(claims) {
      for (;;) {
        const used = opened()
        const manifest = await used.sign(claims)
        // Its key may have been revoked meanwhile.
        if (used === signer) return manifest
      }
    },
    signCheckpoint: async (claims) => opened().signCheckpoint(claims),
    signValidation: async (claims) => opened().signValidation(claims),
    forget() {
      signer = undefined
    },
  }
}
