/**
 * Items as a folder's files. A file that already says the same is left byte for byte; one that does not is changed in place, its comments
 * and layout kept; only what cannot be changed in place is written anew. Pure: the result says what to write and what to remove.
 */
import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '#core'
import { editDocument, parseDocument, printDocument } from '#formats'
import { differences, isFormat } from './differences.ts'
import {
  type FolderFiles,
  formatOfPath,
  migrationsFiles,
  pathOfLayer,
  placeOfFile,
} from './files.ts'
import { environmentOf, type Item, type Items, putOperation } from './items.ts'

export interface FolderWrites {
  /** Only what differs from the files there are. */
  readonly write: ReadonlyMap<string, string>
  readonly remove: readonly string[]
}

export function writeFolder(items: Items, existing: FolderFiles): FolderWrites {
  const wanted = new Map<string, string>()
  writeLayers(items, existing, wanted)
  writeFlags(items, existing, wanted)
  for (const { ref, content } of ofKind(items, 'segment'))
    put(wanted, existing, pathOf(existing, `segments/${ref.key}`), content, (one) =>
      normal(ref, one),
    )
  writeTable(items, 'environment', 'environments', existing, wanted)
  const mirrors = pathOf(existing, 'mirrors')
  if (ofKind(items, 'mirror').length > 0 || existing.has(mirrors))
    writeTable(items, 'mirror', 'mirrors', existing, wanted)
  for (const item of ofKind(items, 'schema')) writeSchema(item, existing, wanted)
  writeAbout(items, existing, wanted)
  const write = new Map([...wanted].filter(([path, text]) => existing.get(path) !== text))
  const remove = [...existing.keys()].filter((path) => isOurs(path) && !wanted.has(path))
  return { write, remove }
}

function isOurs(path: string): boolean {
  const { is } = placeOfFile(path)
  return is !== 'other' && is !== 'unknown'
}

function ofKind(items: Items, kind: string): Item[] {
  return [...items.values()].filter(({ ref }) => ref.kind === kind)
}

function writeLayers(items: Items, existing: FolderFiles, wanted: Map<string, string>): void {
  const paths = [...existing.keys()]
  for (const { ref, content } of ofKind(items, 'config')) {
    const { format, source } = content
    if (!isFormat(format) || typeof source !== 'string') continue
    // One that was named .yml, or written with @, keeps its name.
    const known = paths.find((path) => {
      const place = placeOfFile(path)
      return (
        place.is === 'layer' &&
        place.name === ref.key &&
        place.layer === ref.layer &&
        place.format === format
      )
    })
    wanted.set(known ?? pathOfLayer(ref.key, ref.layer, format), source)
  }
}

function writeTable(
  items: Items,
  kind: 'environment' | 'mirror',
  stem: string,
  existing: FolderFiles,
  wanted: Map<string, string>,
): void {
  const entries = ofKind(items, kind).map(({ ref, content }) => [ref.key, content] as const)
  put(wanted, existing, pathOf(existing, stem), Object.fromEntries(entries), (document) =>
    tableOf(kind, document),
  )
}

/** The version is the server's to raise, unless migrations lead to it: then it stands with them. */
function writeSchema({ ref, content }: Item, existing: FolderFiles, wanted: Map<string, string>) {
  const path = `config/${ref.key}/schema.json`
  wanted.set(path, schemaText(content['schema'], existing.get(path)))
  const { version = null, migrations = [] } = content
  const [known] = migrationsFiles(existing, ref.key)
  if (known === undefined && Array.isArray(migrations) && migrations.length === 0) return
  const document = { version, migrations }
  put(wanted, existing, known ?? `config/${ref.key}/migrations.yaml`, document, (one) => ({
    version,
    migrations: [],
    ...one,
  }))
}

function schemaText(schema: JsonValue | undefined, existing: string | undefined): string {
  const parsed = existing === undefined ? undefined : parseDocument(existing, 'json')
  if (
    existing !== undefined &&
    parsed?.ok === true &&
    schema !== undefined &&
    equalJson(parsed.value, schema)
  )
    return existing
  return printDocument(schema ?? {}, 'json')
}

/** Of the base layers, what is not in their source and not the default. */
function writeAbout(items: Items, existing: FolderFiles, wanted: Map<string, string>): void {
  const about: Record<string, JsonValue> = {}
  for (const { ref, content } of ofKind(items, 'config')) {
    if (ref.layer !== 'base') continue
    const { format: _, source: __, ...rest } = content
    const told = Object.entries(rest).filter(
      ([name, value]) => name !== 'visibility' || value !== 'server',
    )
    if (told.length > 0) about[ref.key] = Object.fromEntries(told)
  }
  for (const { ref, content } of ofKind(items, 'schema')) {
    const { schema: _, version: __, migrations: ___, ...rest } = content
    const described = about[ref.key]
    const others = described !== undefined && isJsonObject(described) ? described : {}
    if (Object.keys(rest).length > 0) about[ref.key] = { ...others, schema: rest }
  }
  const path = pathOf(existing, 'configs')
  if (Object.keys(about).length > 0 || existing.has(path))
    put(wanted, existing, path, about, (one) => one)
}

const FLAG_ORDER = [
  'type',
  'description',
  'variants',
  'offVariant',
  'defaultVariant',
  'visibility',
  'seed',
]

function writeFlags(items: Items, existing: FolderFiles, wanted: Map<string, string>): void {
  for (const { ref, content } of ofKind(items, 'flag')) {
    if (ref.layer !== 'base') continue
    const settings = ofKind(items, 'flag').flatMap((one) => {
      const environment = environmentOf(one.ref)
      return one.ref.key === ref.key && environment !== undefined
        ? [[environment, one.content] as const]
        : []
    })
    const names = [
      ...FLAG_ORDER,
      ...Object.keys(content).filter((name) => !FLAG_ORDER.includes(name)),
    ]
    const ordered = names.flatMap((name) => {
      const value = content[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    const environments = settings.length === 0 ? {} : { environments: Object.fromEntries(settings) }
    const path = pathOf(existing, `flags/${ref.key}`)
    put(wanted, existing, path, { ...Object.fromEntries(ordered), ...environments }, (one) =>
      normalFlag(ref.key, one, content['seed']),
    )
  }
}

/** The file there is, else a new one in YAML. */
function pathOf(existing: FolderFiles, stem: string): string {
  const found = ['yaml', 'yml', 'json', 'jsonc']
    .map((extension) => `${stem}.${extension}`)
    .find((path) => existing.has(path))
  return found ?? `${stem}.yaml`
}

/** `normalise` says what a document means, so that a default that is left out is not a difference. */
function put(
  wanted: Map<string, string>,
  existing: FolderFiles,
  path: string,
  document: JsonObject,
  normalise: (document: JsonObject) => JsonObject,
): void {
  wanted.set(path, textOf(existing.get(path), path, document, normalise))
}

function textOf(
  existing: string | undefined,
  path: string,
  document: JsonObject,
  normalise: (document: JsonObject) => JsonObject,
): string {
  const format = formatOfPath(path) ?? 'yaml'
  const printed = (): string => printDocument(document, format)
  if (existing === undefined) return printed()
  const parsed = parseDocument(existing, format)
  if (!parsed.ok || !isJsonObject(parsed.value)) return printed()
  // What is put into `{}` would all stand on its line.
  const isEmpty = Object.keys(parsed.value).length === 0 && existing.trim() === '{}'
  if (isEmpty && Object.keys(document).length > 0) return printed()
  const meant = normalise(parsed.value)
  if (equalJson(meant, document)) return existing
  let text = existing
  for (const place of differences(meant, document, '', true)) {
    const edited = editDocument(text, format, place.path, place.after)
    if (!edited.ok) return printed()
    text = edited.text
  }
  const again = parseDocument(text, format)
  return again.ok && isJsonObject(again.value) && equalJson(normalise(again.value), document)
    ? text
    : printed()
}

function normal(ref: Item['ref'], content: JsonValue): JsonObject {
  const put_ = putOperation(ref, content)
  if (put_.ok) return put_.content
  return isJsonObject(content) ? content : {}
}

function tableOf(kind: 'environment' | 'mirror', document: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(document).map(([key, content]) => [
      key,
      normal({ kind, key, layer: 'base' }, content ?? {}),
    ]),
  )
}

/** A flag's file without a seed means the stored one. */
function normalFlag(key: string, document: JsonObject, seed: JsonValue | undefined): JsonObject {
  const { environments, ...item } = document
  const content = normal({ kind: 'flag', key, layer: 'base' }, item)
  const declared = environments !== undefined && isJsonObject(environments) ? environments : {}
  const settings = Object.entries(declared).map(([environment, one]) => [
    environment,
    normal({ kind: 'flag', key, layer: `env:${environment}` }, one),
  ])
  return {
    ...(seed !== undefined && { seed }),
    ...content,
    ...(settings.length > 0 && { environments: Object.fromEntries(settings) }),
  }
}
