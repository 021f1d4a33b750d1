/** What the reading routes share: one item or all of a kind at a revision, pages of them, and the versions of one. */
import type { ItemKind, ItemRef } from '#core'
import { cutList, type PageQuery, readCursor } from '../http/paging.ts'
import type { ItemVersion, Page, ProjectRpc, StoredItem } from '../objects/project/interface.ts'
import { currentRevision, notFound, type Reply, valueOf } from './call.ts'

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

export function storedPart(item: StoredItem) {
  return { revision: item.revision, version: item.version, sha256: item.sha256 }
}

/** A page of the items of a kind that are asked for, those of one key together. All pages of a list are of one revision. */
export async function readGroups<T>(
  project: ProjectRpc,
  kind: ItemKind,
  query: PageQuery & { readonly revision?: number },
  shape: (key: string, layers: readonly StoredItem[]) => T | undefined,
  isAskedFor: (layers: readonly StoredItem[]) => boolean = () => true,
): Promise<Reply<Page<T>>> {
  const start = query.cursor === undefined ? undefined : readCursor(kind, query.cursor)
  const at = await readPoint(project, start?.revision ?? query.revision)
  const items = valueOf(await project.items(kind, at.revision))
  const groups = groupByKey(items)
  const keys = [...groups.keys()].filter((key) => isAskedFor(groups.get(key) ?? [])).toSorted()
  const page = cutList(
    kind,
    keys,
    { limit: query.limit, revision: at.revision, ...(start && { start }) },
    (key) => key,
  )
  const shaped = page.items.flatMap((key) => shape(key, groups.get(key) ?? []) ?? [])
  return { body: { ...page, items: shaped }, revision: at.current }
}

function groupByKey(items: readonly StoredItem[]): Map<string, StoredItem[]> {
  const groups = new Map<string, StoredItem[]>()
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
