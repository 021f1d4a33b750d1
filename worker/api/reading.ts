/** What the reading routes share: one item or all of a kind at a revision, pages of them, and the versions of one. */
import type { ItemKind, ItemRef } from '#core'
import { cutList, type PageQuery, readCursor } from '../http/paging.ts'
import type {
  ItemVersion,
  Page,
  ProjectRpc,
  StoredItem,
  StoredRef,
} from '../objects/project/interface.ts'
import { currentRevision, notFound, type Reply, valueOf } from './call.ts'
import { readAllContents, readContents } from './contents.ts'

export const BASE = 'base'

export function layerOf(environment: string): string {
  return `env:${environment}`
}

/** The environment of a layer; undefined for the base. */
export function environmentOf(layer: string): string | undefined {
  return layer.startsWith('env:') ? layer.slice('env:'.length) : undefined
}

/** Which revision to read, and the newest for the `ETag`. */
export interface ReadPoint {
  readonly current: number
  readonly revision: number
}

/** @throws ProblemError `not_found` for a revision that is not there yet. */
export async function readPoint(
  project: ProjectRpc,
  asked: number | undefined,
): Promise<ReadPoint> {
  const current = await currentRevision(project)
  if (asked !== undefined && asked > current) {
    throw notFound({ noun: 'revision', name: String(asked) })
  }
  return { current, revision: asked ?? current }
}

/** One item, with who wrote it; a missing one is called by its own noun. */
export async function readItem(
  project: ProjectRpc,
  ref: ItemRef,
  asked: number | undefined,
): Promise<{ readonly item: StoredItem; readonly at: ReadPoint }> {
  const at = await readPoint(project, asked)
  return { item: valueOf(await project.item(ref, at.revision)), at }
}

export function storedPart(item: Omit<StoredItem, 'content'>) {
  return { revision: item.revision, version: item.version, sha256: item.sha256 }
}

/** A page of the items of a kind without contents, those of one key together. All pages of a list are of one revision. */
export async function readRefGroups<T>(
  project: ProjectRpc,
  kind: ItemKind,
  query: ListQuery,
  shape: (key: string, layers: readonly StoredRef[]) => T,
): Promise<Reply<Page<T>>> {
  const { at, groups, page } = await readPage(project, kind, query, undefined)
  const items = page.items.map((key) => shape(key, groups.get(key) ?? []))
  return { body: { ...page, items }, revision: at.current }
}

/** The same with contents. `isAskedFor` chooses by the base layer. */
export async function readGroups<T>(
  project: ProjectRpc,
  kind: ItemKind,
  query: ListQuery,
  shape: (key: string, layers: readonly StoredItem[]) => T | undefined,
  isAskedFor?: (base: StoredItem) => boolean,
): Promise<Reply<Page<T>>> {
  const { at, groups, page } = await readPage(project, kind, query, isAskedFor)
  const refs = page.items.flatMap((key) => groups.get(key) ?? [])
  const found = groupByKey(await readAllContents(project, refs, at.revision))
  const items = page.items.flatMap((key) => shape(key, found.get(key) ?? []) ?? [])
  return { body: { ...page, items }, revision: at.current }
}

type ListQuery = PageQuery & { readonly revision?: number }

async function readPage(
  project: ProjectRpc,
  kind: ItemKind,
  query: ListQuery,
  isAskedFor: ((base: StoredItem) => boolean) | undefined,
) {
  const start = query.cursor === undefined ? undefined : readCursor(kind, query.cursor)
  const at = await readPoint(project, start?.revision ?? query.revision)
  const refs = valueOf(await project.refs(kind, at.revision))
  const groups = groupByKey(refs)
  const keys = new Set(groups.keys())
  if (isAskedFor !== undefined) {
    const bases = refs.filter(({ layer }) => layer === BASE)
    for await (const batch of readContents(project, bases, at.revision)) {
      for (const base of batch) if (!isAskedFor(base)) keys.delete(base.key)
    }
  }
  const page = cutList(
    kind,
    [...keys].toSorted(),
    { limit: query.limit, revision: at.revision, ...(start && { start }) },
    (key) => key,
  )
  return { at, groups, page }
}

function groupByKey<T extends ItemRef>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(item.key)
    if (group === undefined) groups.set(item.key, [item])
    else group.push(item)
  }
  return groups
}

/** A page of the versions of one item, newest first. */
export async function readVersions(
  project: ProjectRpc,
  ref: ItemRef,
  query: PageQuery,
): Promise<Reply<Page<ItemVersion>>> {
  const revision = await currentRevision(project)
  return { body: valueOf(await project.versions(ref, query)), revision }
}
