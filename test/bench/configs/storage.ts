/** The Worker's own store over Node's SQLite, so that a project's items can be measured without the runtime around them. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { canonicalize, type ConfigItem, type ItemRef } from '#core'
import type { ItemSource } from '../../../worker/domain/items.ts'
import type { Renderer } from '../../../worker/domain/snapshot.ts'
import { digest } from '../../../worker/objects/sha256.ts'

// By names that the compiler does not follow: these files are typed for workerd, this one is for Node.
const PROJECT = '../../../worker/objects/project'
const { putBlob }: { readonly putBlob: (sql: Sql, sha256: string, text: string) => void } =
  await import(`${PROJECT}/blobs.ts`)
const { PROJECT_MIGRATIONS }: { readonly PROJECT_MIGRATIONS: readonly string[] } = await import(
  `${PROJECT}/migrations.ts`
)
const { ItemStore }: { readonly ItemStore: new (sql: Sql) => BenchStore } = await import(
  `${PROJECT}/store.ts`
)

/** What is asked of the runtime's SQLite. */
interface Sql {
  readonly exec: (query: string, ...bindings: readonly unknown[]) => { toArray(): unknown[] }
}

/** What is asked of the Worker's store here. */
export interface BenchStore {
  current(revision: number): ItemSource
  readonly renderer: Renderer
  advance(from: number, to: number, changes: readonly unknown[]): void
  writeVersion(ref: ItemRef, revision: number, sha256: string, size: number): unknown
}

export interface BenchStorage {
  /** A store that remembers nothing yet. */
  readonly open: () => BenchStore
  /** Stores an item, and answers the change for `advance`. */
  readonly put: (store: BenchStore, ref: ItemRef, item: object, revision: number) => unknown
}

export function createStorage(): BenchStorage {
  const database = new DatabaseSync(':memory:')
  for (const migration of PROJECT_MIGRATIONS) database.exec(migration)
  // As the runtime has it: a query that was asked before is not read again.
  const statements = new Map<string, StatementSync>()
  const exec = (query: string, ...bindings: readonly unknown[]) => {
    const statement = statements.get(query) ?? database.prepare(query)
    statements.set(query, statement)
    const values = bindings.map((value) =>
      value instanceof ArrayBuffer ? new Uint8Array(value) : value,
    )
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what SQLite takes in the Worker it takes here
    const rows = statement.all(...(values as SQLInputValue[]))
    const toArray = () =>
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            value instanceof Uint8Array ? value.slice().buffer : value,
          ]),
        ),
      )
    return { toArray }
  }
  const sql: Sql = { exec }
  return {
    open: () => new ItemStore(sql),
    put(store, ref, item, revision) {
      const text = canonicalize(item)
      const { sha256, size } = digest(text)
      putBlob(sql, sha256, text)
      return store.writeVersion(ref, revision, sha256, size)
    },
  }
}

export function configItem(document: unknown): ConfigItem {
  const types = { '/port': 'integer' } as const
  return { format: 'json', source: JSON.stringify(document, null, 2), visibility: 'server', types }
}
