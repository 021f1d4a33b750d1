/**
 * One platform per data directory: two runtimes on the same SQLite files would undo each other's work. The lock is
 * SQLite's own file lock, which the system lets go of when the process ends in any way, so there is no stale lock.
 */
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface Lock {
  release(): void
}

/**
 * Takes the lock, waiting up to `waitMs` (default 5,000) for a predecessor that is going down.
 *
 * @throws Error when another platform holds it after that.
 */
export async function lockDirectory(dataDir: string, waitMs = 5_000): Promise<Lock> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const database = new DatabaseSync(join(dataDir, 'lock.sqlite'), { timeout: 0 })
    try {
      database.exec('BEGIN EXCLUSIVE')
      return { release: () => database.close() }
    } catch (cause) {
      database.close()
      if (performance.now() > deadline)
        throw new Error(
          `another platform is running on ${dataDir}; stop it, or choose another directory with --data`,
          { cause },
        )
    }
    await delay(50)
  }
}
