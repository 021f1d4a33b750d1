/** Transactions of a project: all or nothing, a full disk too. */
import { fail, ok } from '../../domain/errors.ts'
import { isFull } from '../refusal.ts'
import type { Result } from '../../domain/errors.ts'

/** Runs `write` in one transaction and then `done`; a full disk is an answer and leaves nothing behind. */
export function inTransaction<W, T>(
  storage: DurableObjectStorage,
  write: () => W,
  done: (written: W) => T,
): Result<T> {
  let written: W
  try {
    written = storage.transactionSync(write)
  } catch (error) {
    if (!isFull(error)) throw error
    return fail({ reason: 'storage_full' })
  }
  return ok(done(written))
}
