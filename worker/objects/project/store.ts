/**
 * Items as rows: who is there now or was at a revision, and their contents. What an item says is found by its hash, so
 * contents may stay in memory for ever; who is current may stay as long as the revision is the same.
 */
import { BASE_LAYER, environmentLayer, layerEnvironment } from '../../domain/items.ts'
import { environmentChain } from '../../domain/layers.ts'
import { createRenderer } from '../../domain/snapshot.ts'
import { NO_REFERENCES, referencesOf } from '../../domain/source-references.ts'
import { digest } from '../sha256.ts'
import { getText } from './blobs.ts'
import { createBoundedCache } from './bounded-cache.ts'
import { all, first } from './sql.ts'
import type { ItemKind, ItemRef, JsonValue } from '#core'
import type { ItemContent, Items, ItemSource } from '../../domain/items.ts'
import type { SourceReferences } from '../../domain/source-references.ts'
import type { RenderedConfig, Renderer } from '../../domain/snapshot.ts'

/** Bytes of item texts, and of rendered configs and flags each, kept in memory: an object has 128 MB for everything. */
const MAX_CONTENT_WEIGHT = 8 * 1024 * 1024
const MAX_RENDERED_WEIGHT = 8 * 1024 * 1024

/** Entries of what is kept about references. */
const MAX_REMEMBERED = 50_000

const plain = createRenderer(digest)

// A type, not an interface: exec() wants an index signature, which only a type has implicitly.
export type ItemRow = {
  readonly kind: ItemKind
  readonly key: string
  readonly layer: string
  readonly revision: number
  readonly version: number
  readonly sha256: string
  readonly size: number
}

/** Stored as JSON, and so read. */
export type StoredContent = ItemContent & JsonValue

/** A written version; `sha256` null: the item was deleted. */
export type ItemChange = Omit<ItemRow, 'sha256'> & { readonly sha256: string | null }

const COLUMNS = 'kind, key, layer, revision, version, sha256, size'

export class ItemStore {
  readonly #sql: SqlStorage
  readonly #contents = createBoundedCache<StoredContent>(MAX_CONTENT_WEIGHT)
  readonly #configs = createBoundedCache<RenderedConfig>(MAX_RENDERED_WEIGHT)
  readonly #flags = createBoundedCache<string>(MAX_RENDERED_WEIGHT)
  readonly #uses = new Map<string, readonly string[]>()
  readonly #references = new Map<string, SourceReferences>()
  readonly #numbers = new WeakMap<object, number>()
  #nextNumber = 1
  #current: { readonly revision: number; readonly source: StoredItems } | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Items as of now, `revision` being the project's newest. */
  current(revision: number): StoredItems {
    if (this.#current?.revision !== revision) {
      this.#current = { revision, source: this.#items('until IS NULL', []) }
    }
    return this.#current.source
  }

  /** Items as of an earlier revision. */
  asOf(revision: number): StoredItems {
    return this.#items('revision <= ?1 AND (until IS NULL OR until > ?1)', [revision])
  }

  /** Takes over what a commit wrote, so that the next one need not read every item again. Call when it is durable. */
  advance(from: number, to: number, changes: readonly ItemChange[]): void {
    if (this.#current?.revision !== from) return
    this.#current.source.apply(changes)
    this.#current = { revision: to, source: this.#current.source }
  }

  /** Call when the items went without a new revision: the project was removed. */
  forget(): void {
    this.#current = undefined
  }

  /** Writes parts of bodies and remembers the texts by what they were made of, which is not read for that. */
  readonly renderer: Renderer = {
    config: (items, name, environment) => {
      const own = this.#stamp(items, name, environment)
      const stampWith = (uses: readonly string[]): string =>
        uses.length === 0
          ? own
          : `${own} ${uses.map((one) => `${one}:${this.#stamp(items, one, environment)}`).join(' ')}`
      // What it referred to when it was last rendered. Its text is kept under all that it was made of.
      const held = this.#configs.find(stampWith(this.#uses.get(own) ?? []))
      if (held !== undefined) return held
      const rendered = plain.config(items, name, environment)
      const { uses, text, version = '' } = rendered
      if (uses.length > 0) this.#remember(own, uses)
      else this.#uses.delete(own)
      return this.#configs.get(stampWith(uses), () => ({
        value: rendered,
        weight: text.length + version.length,
      }))
    },
    flag: (base, settings) => {
      const key = `${this.#numberOf(base)},${settings === undefined ? 0 : this.#numberOf(settings)}`
      return this.#flags.get(key, () => {
        const value = plain.flag(base, settings)
        return { value, weight: value.length }
      })
    },
  }

  /** The next version number of an item, deleted ones counted. */
  nextVersion({ kind, key, layer }: ItemRef): number {
    const query = `SELECT version FROM item_version WHERE kind = ? AND key = ? AND layer = ?
      ORDER BY revision DESC LIMIT 1`
    return (first<{ version: number }>(this.#sql, query, kind, key, layer)?.version ?? 0) + 1
  }

  /** Adds a version; `sha256` null says that the item is deleted. The text is stored apart (blobs.ts). */
  writeVersion(ref: ItemRef, revision: number, sha256: string | null, size: number): ItemChange {
    const { kind, key, layer } = ref
    const version = this.nextVersion(ref)
    this.#sql.exec(
      `UPDATE item_version SET until = ? WHERE kind = ? AND key = ? AND layer = ? AND until IS NULL`,
      revision,
      kind,
      key,
      layer,
    )
    this.#sql.exec(
      `INSERT INTO item_version (kind, key, layer, revision, until, version, sha256, size)
       VALUES (?, ?, ?, ?, NULL, ?, ?, ?)`,
      kind,
      key,
      layer,
      revision,
      version,
      sha256,
      size,
    )
    return { kind, key, layer, revision, version, sha256, size }
  }

  #items(where: string, bindings: readonly SqlStorageValue[]): StoredItems {
    const load = (kind: ItemKind): ItemRow[] =>
      all<ItemRow>(
        this.#sql,
        `SELECT ${COLUMNS} FROM item_version
         WHERE ${where} AND kind = ?${bindings.length + 1} AND sha256 IS NOT NULL
`,
        ...bindings,
        kind,
      )
    return new StoredItems(load, (row) => this.#content(row), this.#referencesOf)
  }

  #content({ sha256, size }: ItemRow): StoredContent {
    return this.#contents.get(sha256, () => {
      const text = getText(this.#sql, sha256)
      if (text === undefined) throw new Error(`blob ${sha256} is missing`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commit.ts stores checked items and nothing else
      return { value: JSON.parse(text) as StoredContent, weight: size }
    })
  }

  /** Names the texts that make a config of an environment. */
  #stamp(items: Items, key: string, environment: string): string {
    // A schema says what type a reference becomes.
    const schema = items.hash({ kind: 'schema', key, layer: BASE_LAYER })
    let stamp = `${schema ?? ''},${this.#layerStamp(items, key, BASE_LAYER)}`
    for (const name of environmentChain(items, environment)) {
      stamp += `,${this.#layerStamp(items, key, environmentLayer(name))}`
    }
    return stamp
  }

  #layerStamp(items: Items, key: string, layer: string): string {
    const hash = items.hash({ kind: 'config', key, layer })
    if (hash !== undefined) return hash
    const environment = layerEnvironment(layer)
    const item = environment === undefined ? items.config(key) : items.override(key, environment)
    return item === undefined ? '' : String(this.#numberOf(item))
  }

  #remember(own: string, uses: readonly string[]): void {
    if (this.#uses.size >= MAX_REMEMBERED) this.#uses.clear()
    this.#uses.set(own, uses)
  }

  /** What a layer refers to, asked of every config at each change of one: kept by the hash of what it says. */
  readonly #referencesOf = (row: ItemRow): SourceReferences => {
    const known = this.#references.get(row.sha256)
    if (known !== undefined) return known
    const found = referencesOf(this.#content(row))
    if (this.#references.size >= MAX_REMEMBERED) this.#references.clear()
    this.#references.set(row.sha256, found)
    return found
  }

  /** Contents come from the cache above, so one object stands for one text while it is held. */
  #numberOf(item: object): number {
    const known = this.#numbers.get(item)
    if (known !== undefined) return known
    const number = this.#nextNumber++
    this.#numbers.set(item, number)
    return number
  }
}

/** The items at one moment; each kind is read when it is first asked for. */
export class StoredItems implements ItemSource {
  readonly #load: (kind: ItemKind) => readonly ItemRow[]
  readonly #content: (row: ItemRow) => StoredContent
  readonly #references: (row: ItemRow) => SourceReferences
  /** By kind, layer and key: names that are there already, where one text of all three would be made for each look. */
  readonly #kinds = new Map<ItemKind, Map<string, Map<string, ItemRow>>>()

  constructor(
    load: (kind: ItemKind) => readonly ItemRow[],
    content: (row: ItemRow) => StoredContent,
    references: (row: ItemRow) => SourceReferences,
  ) {
    this.#load = load
    this.#content = content
    this.#references = references
  }

  get(ref: ItemRef): StoredContent | undefined {
    const row = this.row(ref)
    return row && this.#content(row)
  }

  row({ kind, key, layer }: ItemRef): ItemRow | undefined {
    return this.#layers(kind).get(layer)?.get(key)
  }

  refs(kind: ItemKind): Iterable<ItemRow> {
    return this.rows(kind)
  }

  size(ref: ItemRef): number {
    return this.row(ref)?.size ?? 0
  }

  hash(ref: ItemRef): string | undefined {
    return this.row(ref)?.sha256
  }

  references(ref: ItemRef): SourceReferences {
    const row = this.row(ref)
    return row === undefined ? NO_REFERENCES : this.#references(row)
  }

  /** Rows of a kind, in no particular order. */
  *rows(kind: ItemKind): Iterable<ItemRow> {
    for (const rows of this.#layers(kind).values()) yield* rows.values()
  }

  /** Writes into the rows that are loaded; those of a kind that is not are read when asked for. */
  apply(changes: readonly ItemChange[]): void {
    for (const change of changes) {
      const layers = this.#kinds.get(change.kind)
      if (layers === undefined) continue
      const { sha256 } = change
      if (sha256 === null) layers.get(change.layer)?.delete(change.key)
      else putRow(layers, { ...change, sha256 })
    }
  }

  #layers(kind: ItemKind): Map<string, Map<string, ItemRow>> {
    const known = this.#kinds.get(kind)
    if (known !== undefined) return known
    const layers = new Map<string, Map<string, ItemRow>>()
    for (const row of this.#load(kind)) putRow(layers, row)
    this.#kinds.set(kind, layers)
    return layers
  }
}

function putRow(layers: Map<string, Map<string, ItemRow>>, row: ItemRow): void {
  const rows = layers.get(row.layer)
  if (rows === undefined) layers.set(row.layer, new Map([[row.key, row]]))
  else rows.set(row.key, row)
}

/** A project that has nothing yet. */
export const NO_ITEMS: ItemSource = {
  get: () => undefined,
  refs: () => [],
  size: () => 0,
}
