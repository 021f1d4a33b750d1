/** Typed rows. Cursors are read to the end at once: one held across an await would see what others write. */

export type Row = Record<string, SqlStorageValue>

/** All rows of a query. */
export function all<T extends Row>(
  sql: SqlStorage,
  query: string,
  ...bindings: readonly SqlStorageValue[]
): T[] {
  return sql.exec<T>(query, ...bindings).toArray()
}

/** The first row of a query, undefined when there is none. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names the columns, as that of exec() does
export function first<T extends Row>(
  sql: SqlStorage,
  query: string,
  ...bindings: readonly SqlStorageValue[]
): T | undefined {
  return all<T>(sql, query, ...bindings)[0]
}
