/**
 * The items of a project as the rules see them: a lookup of what is there, and a working copy on top of it that
 * operations write to. Who stores them, and at which revision, is not known here.
 */
import type {
  ConfigItem,
  ConfigOverrideItem,
  EnvironmentItem,
  FlagEnvironmentItem,
  FlagItem,
  ItemKind,
  ItemRef,
  SecretItem,
  SchemaItem,
  MirrorItem,
  SegmentItem,
} from '#core'
import { NO_REFERENCES, referencesOf } from './source-references.ts'
import type { SourceReferences } from './source-references.ts'

export const BASE_LAYER = 'base'

/** Layer of an override, or of a flag's settings, in `environment`. */
export function environmentLayer(environment: string): string {
  return `env:${environment}`
}

/** The environment a layer belongs to; undefined for the base. */
export function layerEnvironment(layer: string): string | undefined {
  return layer.startsWith('env:') ? layer.slice('env:'.length) : undefined
}

/** One text per item; names hold no "/". */
export function refId(ref: ItemRef): string {
  return `${ref.kind}/${ref.key}/${ref.layer}`
}

/** For messages: `flag checkout in production`. */
export function describeRef(ref: ItemRef): string {
  const environment = layerEnvironment(ref.layer)
  return `${ref.kind} ${ref.key}${environment === undefined ? '' : ` in ${environment}`}`
}

export type ItemContent =
  | EnvironmentItem
  | ConfigItem
  | ConfigOverrideItem
  | FlagItem
  | FlagEnvironmentItem
  | SegmentItem
  | SecretItem
  | SchemaItem
  | MirrorItem

/** What is there. Contents were checked when they were written; nobody checks them again. */
export interface Items {
  environment(name: string): EnvironmentItem | undefined
  config(name: string): ConfigItem | undefined
  override(name: string, environment: string): ConfigOverrideItem | undefined
  flag(key: string): FlagItem | undefined
  flagEnvironment(key: string, environment: string): FlagEnvironmentItem | undefined
  segment(key: string): SegmentItem | undefined
  secret(name: string, environment: string): SecretItem | undefined
  /** Of the config of this name. */
  schema(config: string): SchemaItem | undefined
  mirror(name: string): MirrorItem | undefined
  /** All items of a kind, in no particular order. */
  refs(kind: ItemKind): Iterable<ItemRef>
  /** Bytes of the stored content, 0 when absent. */
  size(ref: ItemRef): number
  /** What a config's layer refers to. */
  references(ref: ItemRef): SourceReferences
  /** Names what is stored, without reading it; undefined where nothing is, or it is not stored yet. */
  hash(ref: ItemRef): string | undefined
}

/** Reads contents by reference: what storage has to provide for {@link itemsOver}. */
export interface ItemSource {
  get(ref: ItemRef): ItemContent | undefined
  refs(kind: ItemKind): Iterable<ItemRef>
  size(ref: ItemRef): number
  /** Where it is known without reading the content. */
  references?(ref: ItemRef): SourceReferences
  hash?(ref: ItemRef): string | undefined
}

/** The typed view of a source. */
export function itemsOver(source: ItemSource): Items {
  // What is stored under a kind and layer passed the check of that shape (operations.ts); a member that only that shape
  // has tells the compiler.
  const get = (kind: ItemKind, key: string, layer: string): ItemContent | undefined =>
    source.get({ kind, key, layer })
  return {
    environment(name) {
      const item = get('environment', name, BASE_LAYER)
      return item !== undefined && 'protected' in item ? item : undefined
    },
    config(name) {
      const item = get('config', name, BASE_LAYER)
      return item !== undefined && 'source' in item && 'visibility' in item ? item : undefined
    },
    override(name, environment) {
      const item = get('config', name, environmentLayer(environment))
      return item !== undefined && 'source' in item ? item : undefined
    },
    flag(key) {
      const item = get('flag', key, BASE_LAYER)
      return item !== undefined && 'variants' in item ? item : undefined
    },
    flagEnvironment(key, environment) {
      const item = get('flag', key, environmentLayer(environment))
      return item !== undefined && 'enabled' in item ? item : undefined
    },
    segment(key) {
      const item = get('segment', key, BASE_LAYER)
      if (item === undefined || !('visibility' in item)) return undefined
      return 'source' in item || 'variants' in item ? undefined : item
    },
    secret(name, environment) {
      const item = get('secret', name, environmentLayer(environment))
      return item !== undefined && 'versions' in item ? item : undefined
    },
    schema(config) {
      const item = get('schema', config, BASE_LAYER)
      return item !== undefined && 'schema' in item ? item : undefined
    },
    mirror(name) {
      const item = get('mirror', name, BASE_LAYER)
      return item !== undefined && 'paths' in item ? item : undefined
    },
    refs: (kind) => source.refs(kind),
    size: (ref) => source.size(ref),
    references: (ref) => source.references?.(ref) ?? referencesOf(source.get(ref)),
    hash: (ref) => source.hash?.(ref),
  }
}

/** One written item: `content` null when deleted. */
export interface Written {
  readonly ref: ItemRef
  readonly content: ItemContent | null
  /** JSON pointer to what asked for it. */
  readonly path: string
  /** Whether pointers below `path` lead into the content as it was sent. */
  readonly exact: boolean
}

/** What a mirror did or saw. `environment` empty: in the base layer. */
export interface MirrorFinding {
  readonly mirror: string
  /** The config that follows. */
  readonly config: string
  readonly environment: string
  readonly pointer: string
  readonly outcome: 'repaired' | 'differs'
}

/** A copy to write to. The last write of an item counts. */
export class WorkingItems {
  /** For whoever asked for the change. */
  readonly findings: MirrorFinding[] = []
  readonly written: Map<string, Written> = new Map()
  readonly #below: ItemSource
  /** Sizes are asked for once an environment. */
  readonly #sizes = new WeakMap<ItemContent, number>()
  readonly #references = new WeakMap<ItemContent, SourceReferences>()
  readonly items: Items

  constructor(below: ItemSource) {
    this.#below = below
    this.items = itemsOver({
      get: (ref) => this.get(ref),
      refs: (kind) => this.refs(kind),
      size: (ref) => this.size(ref),
      references: (ref) => this.references(ref),
      hash: (ref) => (this.written.has(refId(ref)) ? undefined : below.hash?.(ref)),
    })
  }

  get(ref: ItemRef): ItemContent | undefined {
    const written = this.written.get(refId(ref))
    return written === undefined ? this.#below.get(ref) : (written.content ?? undefined)
  }

  size(ref: ItemRef): number {
    const written = this.written.get(refId(ref))
    if (written === undefined) return this.#below.size(ref)
    const { content } = written
    if (content === null) return 0
    const size = this.#sizes.get(content) ?? JSON.stringify(content).length
    this.#sizes.set(content, size)
    return size
  }

  references(ref: ItemRef): SourceReferences {
    const content = this.written.get(refId(ref))?.content
    if (content === null) return NO_REFERENCES
    if (content === undefined) {
      return this.#below.references?.(ref) ?? referencesOf(this.#below.get(ref))
    }
    const known = this.#references.get(content) ?? referencesOf(content)
    this.#references.set(content, known)
    return known
  }

  *refs(kind: ItemKind): Iterable<ItemRef> {
    for (const ref of this.#below.refs(kind)) {
      if (!this.written.has(refId(ref))) yield ref
    }
    for (const { ref, content } of this.written.values()) {
      if (ref.kind === kind && content !== null) yield ref
    }
  }

  write(written: Written): void {
    this.written.set(refId(written.ref), written)
  }
}
