/** What only the operator of an installation can put right, as a refusal instead of a fault. */
import { MasterKeyError } from '../crypto/master-key.ts'
import { fail, type Result } from '../domain/errors.ts'

/** The result of `work`; `not_configured` when it needs a master key that is not there. */
export async function withMasterKey<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    return fail({ reason: 'not_configured', keyId: error.keyId, why: error.message })
  }
}
