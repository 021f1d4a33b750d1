/** The project keys of a storage, under the master key of the tests or one of a test's own. */
import { env } from 'cloudflare:workers'
import { parseMasterKeys } from '../../../worker/crypto/master-key.ts'
import { randomBytes, randomText } from '../../../worker/crypto/random.ts'
import { ProjectKeys } from '../../../worker/objects/project/project-keys.ts'

export function projectKeysOf(
  storage: DurableObjectStorage,
  nowMs: () => number,
  masterKey = (): string | undefined => env.MASTER_KEY,
): ProjectKeys {
  return new ProjectKeys({
    storage,
    masterKeys: () => parseMasterKeys(masterKey()),
    randomBytes,
    newId: () => `pk_${randomText(12, 'abcdefgh')}`,
    nowMs,
    arm: () => undefined,
  })
}
