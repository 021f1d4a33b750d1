/** Brings an object's SQLite up to date: numbered plain SQL, each step applied once, in order, all in one transaction. */

/**
 * Applies the steps that this storage has not seen. Step numbers are positions in `steps`, counted from 1; a step is never
 * edited once released. Cheap when there is nothing to do.
 */
export function migrate(storage: DurableObjectStorage, steps: readonly string[]): void {
  storage.transactionSync(() => {
    storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY, applied_at TEXT DEFAULT CURRENT_TIMESTAMP) STRICT',
    )
    const { done } = storage.sql
      .exec<{ done: number }>('SELECT COALESCE(MAX(step), 0) AS done FROM migration')
      .one()
    for (const [index, step] of steps.entries()) {
      if (index < done) continue
      storage.sql.exec(step)
      storage.sql.exec('INSERT INTO migration (step) VALUES (?)', index + 1)
    }
  })
}
