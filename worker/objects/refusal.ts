/** Exceptions that are no fault of ours, as refusals: what only the operator can put right, and a full disk. */
import { MasterKeyError } from '../crypto/master-key.ts'
import { fail, type Result } from '../domain/errors.ts'

/** The result of `work`; `not_configured` when it needs a master key that is not there, `storage_full` without room. */
export async function asRefusal<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work()
  } catch (error) {
    if (isFull(error)) return fail({ reason: 'storage_full' })
    if (!(error instanceof MasterKeyError)) throw error
    return fail({ reason: 'not_configured', keyId: error.keyId, why: error.message })
  }
}

/** Whether a write failed because the disk or the object is full. */
export function isFull(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /SQLITE_FULL|database or disk is full/i.test(message)
}
