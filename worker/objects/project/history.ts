/** What is there and what was: items at any revision, versions of an item, revisions. Reads only. */
import { fail, ok } from '../../domain/errors.ts'
import {
  boundedList,
  differencesBetween,
  type ItemDifference,
  type Side,
} from '../../domain/difference.ts'
import { BASE_LAYER, describeRef, environmentLayer, itemsOver, refId } from '../../domain/items.ts'
import { configLayers, layerOrigins } from '../../domain/layers.ts'
import { cutPage, readPageRequest } from '../../domain/paging.ts'
import { resolveConfig } from '../../domain/resolve-config.ts'
import { all, first } from './sql.ts'
import type { ItemKind, ItemRef } from '#core'
import type { ChangedItem, Noun, Result } from '../../domain/errors.ts'
import type { RolledBackItem } from '../../domain/rollback.ts'
import type { StoredAnswer } from './idempotency.ts'
import type {
  Committed,
  DifferenceRequest,
  ItemVersion,
  Page,
  PageRequest,
  ResolvedConfig,
  RevisionEntry,
  StoredItem,
  StoredRef,
} from './interface.ts'
import type { ProjectRow } from './project-row.ts'
import type { ItemRow, ItemStore, StoredItems } from './store.ts'

/** How many changed items a conflict names. */
const MAX_CHANGED = 100

/** Items as of `revision`, default the newest; `not_found` or `pruned` when there is no such revision, or no longer. */
export function itemsAt(
  store: ItemStore,
  project: ProjectRow,
  revision: number | undefined,
): Result<StoredItems> {
  if (revision === undefined || revision === project.revision) {
    return ok(store.current(project.revision))
  }
  const exists = Number.isInteger(revision) && revision >= 1 && revision < project.revision
  const { oldestRevision: oldest } = project
  if (exists && revision < oldest) return fail({ reason: 'pruned', revision, oldest })
  if (exists) return ok(store.asOf(revision))
  return fail({ reason: 'not_found', noun: 'revision', name: String(revision) })
}

/** All items of a kind, ordered by key, then layer. */
export function listItems(items: StoredItems, kind: ItemKind): readonly StoredItem[] {
  return itemsOf(items, listRefs(items, kind))
}

/** The same without contents. */
export function listRefs(items: StoredItems, kind: ItemKind): readonly StoredRef[] {
  return [...items.rows(kind)].toSorted((a, b) => (refId(a) < refId(b) ? -1 : 1))
}

/** Those of `refs` that are there. */
export function itemsOf(items: StoredItems, refs: readonly ItemRef[]): readonly StoredItem[] {
  return refs.flatMap((ref) => {
    const row = items.row(ref)
    return (row && storedItem(items, row)) ?? []
  })
}

export function oneItem(items: StoredItems, ref: ItemRef): Result<StoredItem> {
  const row = items.row(ref)
  const item = row && storedItem(items, row)
  if (item !== undefined) return ok(item)
  return fail({ reason: 'not_found', noun: nounOf(ref), name: nameOf(ref) })
}

function storedItem(items: StoredItems, row: ItemRow): StoredItem | undefined {
  const content = items.get(row)
  if (content === undefined) return undefined
  const { kind, key, layer, revision, version, sha256 } = row
  return { kind, key, layer, revision, version, sha256, content }
}

function nounOf({ kind, layer }: ItemRef): Noun {
  return kind === 'config' && layer !== BASE_LAYER ? 'override' : kind
}

function nameOf(ref: ItemRef): string {
  return describeRef(ref).slice(ref.kind.length + 1)
}

export function resolvedConfig(
  items: StoredItems,
  config: string,
  environment: string,
  revision: number,
): Result<ResolvedConfig> {
  const view = itemsOver(items)
  if (view.environment(environment) === undefined) {
    return fail({ reason: 'not_found', noun: 'environment', name: environment })
  }
  const layers = configLayers(view, config, environment)
  if (layers.length === 0) return fail({ reason: 'not_found', noun: 'config', name: config })
  const resolution = resolveConfig(view, config, environment)
  if (resolution === undefined) return fail({ reason: 'not_found', noun: 'config', name: config })
  const { document, places } = resolution
  return ok({
    revision,
    document,
    layers: layers.map(({ layer }) => layer),
    origins: layerOrigins(layers),
    ...(places !== undefined && { references: places }),
  })
}

/** What differs between two environments or layers; `not_found` for an environment or revision that is not there. */
export function listDifferences(
  store: ItemStore,
  project: ProjectRow,
  request: DifferenceRequest,
): Result<readonly ItemDifference[]> {
  const sides: Side[] = []
  const { from, to, fromRevision, toRevision } = request
  for (const [environment, revision = project.revision] of [
    [from, fromRevision],
    [to, toRevision],
  ] as const) {
    const at = itemsAt(store, project, revision)
    if (!at.ok) return at
    const items = itemsOver(at.value)
    if (environment !== undefined && items.environment(environment) === undefined) {
      return fail({ reason: 'not_found', noun: 'environment', name: environment })
    }
    sides.push({ items, environment, label: `${environment ?? BASE_LAYER}@${revision}` })
  }
  const [a, b] = sides
  if (a === undefined || b === undefined) return ok([])
  return ok(boundedList(differencesBetween(a, b, request.of, request.item)))
}

/** The revision that `back` leads to; `invalid` when there are not so many. */
export function revisionBack(
  sql: SqlStorage,
  project: ProjectRow,
  back: number,
  item: RolledBackItem | undefined,
  environment: string | undefined,
): Result<number> {
  if (item === undefined) {
    return back < project.revision ? ok(project.revision - back) : tooFarBack(project.revision)
  }
  const revisions = all<{ readonly revision: number }>(
    sql,
    `SELECT DISTINCT revision FROM item_version
     WHERE kind = ? AND key = ? AND (?3 IS NULL OR layer = ?3) ORDER BY revision DESC LIMIT ?4`,
    item.kind,
    item.key,
    environment === undefined ? null : environmentLayer(environment),
    back + 1,
  )
  if (revisions.length === 0) {
    return fail({ reason: 'not_found', noun: item.kind, name: item.key })
  }
  const [found] = revisions.slice(back)
  return found === undefined ? tooFarBack(revisions.length) : ok(found.revision)
}

function tooFarBack(there: number): Result<never> {
  const message = `must be at most ${Math.max(0, there - 1)}`
  return fail({ reason: 'invalid', issues: [{ path: '/back', message }] })
}

/** Versions of one item, newest first; `not_found` when there never was one. */
export function listVersions(
  sql: SqlStorage,
  ref: ItemRef,
  request: PageRequest,
): Result<Page<ItemVersion>> {
  const query = readPageRequest('versions', request)
  if (!query.ok) return query
  const { kind, key, layer } = ref
  const rows = all<VersionColumns>(
    sql,
    `SELECT v.kind, v.key, v.layer, v.revision, v.version, v.sha256, r.at_ms AS atMs, r.author, r.reason
     FROM item_version v JOIN revision r ON r.revision = v.revision
     WHERE v.kind = ? AND v.key = ? AND v.layer = ? AND v.revision < ?
     ORDER BY v.revision DESC LIMIT ?`,
    kind,
    key,
    layer,
    query.value.before,
    query.value.limit + 1,
  )
  if (rows.length === 0 && request.cursor === undefined) {
    return fail({ reason: 'not_found', noun: nounOf(ref), name: nameOf(ref) })
  }
  return ok(cutPage('versions', query.value, rows, (row) => row.revision))
}

// Types, not interfaces: exec() wants an index signature, which only a type has implicitly.
type VersionColumns = { readonly [Member in keyof ItemVersion]: ItemVersion[Member] }
type RevisionColumns = {
  readonly revision: number
  readonly atMs: number
  readonly author: string
  readonly reason: string
  readonly kind: RevisionEntry['kind']
  readonly restores: number | null
}
type RefColumns = { readonly kind: ItemKind; readonly key: string; readonly layer: string }

const REVISION = 'revision, at_ms AS atMs, author, reason, kind, restores'

export function listRevisions(sql: SqlStorage, request: PageRequest): Result<Page<RevisionEntry>> {
  const query = readPageRequest('revisions', request)
  if (!query.ok) return query
  const rows = all<RevisionColumns>(
    sql,
    `SELECT ${REVISION} FROM revision WHERE revision < ? ORDER BY revision DESC LIMIT ?`,
    query.value.before,
    query.value.limit + 1,
  )
  const { items, ...rest } = cutPage('revisions', query.value, rows, (row) => row.revision)
  return ok({ ...rest, items: items.map((row) => revisionEntry(sql, row)) })
}

export function oneRevision(sql: SqlStorage, revision: number): Result<RevisionEntry> {
  const query = `SELECT ${REVISION} FROM revision WHERE revision = ?`
  const row = first<RevisionColumns>(sql, query, revision)
  if (row !== undefined) return ok(revisionEntry(sql, row))
  return fail({ reason: 'not_found', noun: 'revision', name: String(revision) })
}

function revisionEntry(sql: SqlStorage, row: RevisionColumns): RevisionEntry {
  const { restores, ...entry } = row
  const changed = all<RefColumns>(
    sql,
    'SELECT kind, key, layer FROM item_version WHERE revision = ? ORDER BY kind, key, layer',
    row.revision,
  )
  return { ...entry, ...(restores !== null && { restores }), changed }
}

/** The last changes after `base`, newest first. */
export function changedSince(sql: SqlStorage, base: number): readonly ChangedItem[] {
  return all<RefColumns & { revision: number; author: string }>(
    sql,
    `SELECT v.kind, v.key, v.layer, v.revision, r.author
     FROM item_version v JOIN revision r ON r.revision = v.revision
     WHERE v.revision > ? ORDER BY v.revision DESC, v.kind, v.key, v.layer LIMIT ?`,
    base,
    MAX_CHANGED,
  )
}

/** The answer of an earlier commit, put together again. */
export function replayed(sql: SqlStorage, answer: StoredAnswer): Committed {
  const { revision, environments } = answer
  const changed = all<RefColumns & { before: string | null; after: string | null }>(
    sql,
    `SELECT v.kind, v.key, v.layer, v.sha256 AS after, (
       SELECT p.sha256 FROM item_version p
       WHERE p.kind = v.kind AND p.key = v.key AND p.layer = v.layer AND p.revision < v.revision
       ORDER BY p.revision DESC LIMIT 1) AS before
     FROM item_version v WHERE v.revision = ? ORDER BY v.kind || '/' || v.key || '/' || v.layer`,
    revision,
  )
  return { revision, dryRun: false, changed, environments, replayed: true }
}
