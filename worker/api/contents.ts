/**
 * Contents of many items, asked for in batches: an answer between the Worker and an object may have 32 MiB, a project far
 * more. Which items there are comes first and without contents (`ProjectRpc.refs`), all at one revision.
 */
import type { ItemRef } from '#core'
import { refId } from '../domain/items.ts'
import type { ProjectRpc, StoredItem, StoredRef } from '../objects/project/interface.ts'
import { valueOf } from './call.ts'

/** Bytes as stored. In between a text may take twice its UTF-8, and one item alone may have 20 MiB. */
const BATCH_BYTES = 8 * 1024 * 1024
/** So that many small items are no long answer either. */
const BATCH_ITEMS = 10_000

/** The items of `refs` at `revision`, in their order, batch by batch. */
export async function* readContents(
  project: ProjectRpc,
  refs: readonly StoredRef[],
  revision: number,
): AsyncGenerator<readonly StoredItem[]> {
  for (const batch of batches(refs, ({ size }) => size)) {
    yield valueOf(await project.contents(batch.map(plainRef), revision))
  }
}

/** All of them at once, for what is known to be of a bearable size. */
export async function readAllContents(
  project: ProjectRpc,
  refs: readonly StoredRef[],
  revision: number,
): Promise<readonly StoredItem[]> {
  const found: StoredItem[] = []
  for await (const batch of readContents(project, refs, revision)) found.push(...batch)
  return found
}

/** Contents by item, for batches that are put together from two revisions. */
export async function contentsById(
  project: ProjectRpc,
  refs: readonly ItemRef[],
  revision: number,
): Promise<ReadonlyMap<string, StoredItem>> {
  const items = valueOf(await project.contents(refs.map(plainRef), revision))
  return new Map(items.map((item) => [refId(item), item]))
}

/** Cuts a list where a batch would become too large; one that is too large alone is a batch of its own. */
export function* batches<T>(list: readonly T[], sizeOf: (one: T) => number): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const one of list) {
    const size = sizeOf(one)
    if (batch.length > 0 && (bytes + size > BATCH_BYTES || batch.length >= BATCH_ITEMS)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(one)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

function plainRef({ kind, key, layer }: ItemRef): ItemRef {
  return { kind, key, layer }
}
