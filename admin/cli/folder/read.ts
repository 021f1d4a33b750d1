/** A folder's files as items. Pure: files come in as a map. */
import { isJsonObject, type JsonObject, type JsonValue } from '#core'
import { findPlace, parseDocument } from '#formats'
import {
  formatOfPath,
  type FolderFiles,
  migrationsFiles,
  placeOfFile,
  type TableName,
} from './files.ts'
import { idOf, type Item, type Items, putOperation } from './items.ts'
import type { ItemRef } from '#core'
import { formatPointer, parsePointer } from '#core'

export interface FileIssue {
  readonly file: string
  /** From 1, where it is known. */
  readonly line?: number
  readonly message: string
}

export interface ReadFolder {
  readonly items: Items
  /** Where each item was read from; a flag's settings are in its own file. By the item's id. */
  readonly files: ReadonlyMap<string, string>
  readonly issues: readonly FileIssue[]
  /** False: environments.yaml is not there, and environments are what they are. */
  readonly declaresEnvironments: boolean
}

/** Of `migrations.yaml`; the schema itself stands in `schema.json`. */
export const MIGRATIONS_MEMBERS: readonly string[] = ['version', 'migrations']

interface Reading {
  readonly items: Map<string, Item>
  readonly files: Map<string, string>
  readonly issues: FileIssue[]
}

/** Reads all it can; with issues the items are incomplete, and must not be applied. */
export function readFolder(folder: FolderFiles): ReadFolder {
  const reading: Reading = { items: new Map(), files: new Map(), issues: [] }
  const paths = [...folder.keys()].toSorted()
  const about = readTable(folder, paths, 'configs', reading)
  const environments = readTable(folder, paths, 'environments', reading)
  const mirrors = readTable(folder, paths, 'mirrors', reading)
  for (const [kind, table] of [
    ['environment', environments],
    ['mirror', mirrors],
  ] as const)
    for (const [key, content] of Object.entries(table?.document ?? {}))
      add(
        { kind, key, layer: 'base' },
        content ?? {},
        table?.path ?? '',
        formatPointer([key]),
        folder,
        reading,
      )
  for (const path of paths) readFile(path, folder, about?.document ?? {}, reading)
  for (const name of Object.keys(about?.document ?? {}))
    if (!reading.items.has(`config/${name}/base`))
      reading.issues.push({ file: about?.path ?? '', message: `there is no config/${name}/base.*` })
  checkOwners(reading)
  return { ...reading, declaresEnvironments: environments !== undefined }
}

function readFile(path: string, folder: FolderFiles, about: JsonObject, reading: Reading): void {
  const place = placeOfFile(path)
  const text = folder.get(path) ?? ''
  switch (place.is) {
    case 'unknown':
      reading.issues.push({ file: path, message: place.why })
      return
    case 'layer': {
      const { name, layer, format } = place
      const parsed = parseDocument(text, format)
      if (!parsed.ok)
        reading.issues.push({ file: path, line: parsed.error.line, message: parsed.error.message })
      const described = layer === 'base' && Object.hasOwn(about, name) ? about[name] : undefined
      const { schema: _, ...members } =
        described !== undefined && isJsonObject(described) ? described : {}
      add(
        { kind: 'config', key: name, layer },
        { ...members, format, source: text },
        path,
        '',
        folder,
        reading,
      )
      return
    }
    case 'flag':
      readFlag(path, place.key, folder, reading)
      return
    case 'segment': {
      const content = parseFile(path, folder, reading)
      if (content !== undefined)
        add({ kind: 'segment', key: place.key, layer: 'base' }, content, path, '', folder, reading)
      return
    }
    case 'schema': {
      const schema = parseFile(path, folder, reading)
      const { [place.name]: described } = about
      const { schema: more } = described !== undefined && isJsonObject(described) ? described : {}
      const members = more !== undefined && isJsonObject(more) ? more : {}
      if (schema === undefined) return
      if (MIGRATIONS_MEMBERS.some((member) => Object.hasOwn(members, member)))
        reading.issues.push({
          file: path,
          message: `version and migrations stand in config/${place.name}/migrations.yaml, not in configs.yaml`,
        })
      const migrations = readMigrations(place.name, folder, reading)
      const ref = { kind: 'schema', key: place.name, layer: 'base' } as const
      add(ref, { ...members, ...migrations, schema }, path, '', folder, reading)
      return
    }
    case 'migrations':
      if (!folder.has(`config/${place.name}/schema.json`))
        reading.issues.push({ file: path, message: 'there is no schema.json beside it' })
      return
    case 'environments':
    case 'configs':
    case 'mirrors':
    case 'other':
  }
}

/** `version` and `migrations` of a schema, where a file beside it has them. */
function readMigrations(name: string, folder: FolderFiles, reading: Reading): JsonObject {
  const [path, second] = migrationsFiles(folder, name)
  if (path === undefined) return {}
  if (second !== undefined)
    reading.issues.push({ file: second, message: `says the same as ${path}; keep one` })
  const document = parseFile(path, folder, reading)
  if (document === undefined) return {}
  const isShaped =
    isJsonObject(document) &&
    Object.keys(document).every((member) => MIGRATIONS_MEMBERS.includes(member))
  if (isShaped) return document
  reading.issues.push({
    file: path,
    message: 'must be an object of version and migrations: see docs/migrations.md',
  })
  return {}
}

function readFlag(path: string, key: string, folder: FolderFiles, reading: Reading): void {
  const content = parseFile(path, folder, reading)
  if (content === undefined) return
  if (!isJsonObject(content)) {
    reading.issues.push({ file: path, message: 'must be an object' })
    return
  }
  const { environments = {}, ...item } = content
  add({ kind: 'flag', key, layer: 'base' }, item, path, '', folder, reading)
  if (!isJsonObject(environments)) {
    reading.issues.push({ file: path, message: '/environments: must be an object' })
    return
  }
  for (const [environment, settings] of Object.entries(environments))
    add(
      { kind: 'flag', key, layer: `env:${environment}` },
      settings,
      path,
      `/environments/${environment}`,
      folder,
      reading,
    )
}

/** One of the tables by name; undefined when there is no such file. */
function readTable(
  folder: FolderFiles,
  paths: readonly string[],
  is: TableName,
  reading: Reading,
): { readonly path: string; readonly document: JsonObject } | undefined {
  const found = paths.filter((path) => placeOfFile(path).is === is)
  const [path, second] = found
  if (path === undefined) return undefined
  if (second !== undefined)
    reading.issues.push({ file: second, message: `says the same as ${path}; keep one` })
  const document = parseFile(path, folder, reading) ?? {}
  if (isJsonObject(document)) return { path, document }
  reading.issues.push({ file: path, message: 'must be an object' })
  return { path, document: {} }
}

function parseFile(path: string, folder: FolderFiles, { issues }: Reading): JsonValue | undefined {
  const parsed = parseDocument(folder.get(path) ?? '', formatOfPath(path) ?? 'yaml')
  if (parsed.ok) return parsed.value
  issues.push({ file: path, line: parsed.error.line, message: parsed.error.message })
  return undefined
}

function add(
  ref: ItemRef,
  content: JsonValue,
  file: string,
  at: string,
  folder: FolderFiles,
  reading: Reading,
): void {
  const id = idOf(ref)
  const other = reading.files.get(id)
  if (other !== undefined) {
    reading.issues.push({ file, message: `says the same as ${other}; keep one` })
    return
  }
  const put = putOperation(ref, content)
  reading.files.set(id, file)
  if (put.ok) reading.items.set(id, { ref, content: put.content })
  else
    for (const issue of put.issues)
      reading.issues.push(
        placed(fileOf(ref, issue.path, file, folder), `${at}${issue.path}`, issue.message, folder),
      )
}

/** Of a schema, what is wrong may stand in the file of its migrations. */
function fileOf({ kind, key }: ItemRef, path: string, file: string, folder: FolderFiles): string {
  const [, member = ''] = path.split('/')
  if (kind !== 'schema' || !MIGRATIONS_MEMBERS.includes(member)) return file
  return migrationsFiles(folder, key)[0] ?? file
}

/** An issue at a pointer into a file, with its line. A name that is wrong is a fault of the file's name. */
function placed(file: string, path: string, message: string, folder: FolderFiles): FileIssue {
  const format = formatOfPath(file)
  const tokens = parsePointer(path) ?? []
  const text = folder.get(file)
  if (
    format === undefined ||
    text === undefined ||
    tokens.length === 0 ||
    !parseDocument(text, format).ok
  )
    return { file, message: path === '' ? message : `${path}: ${message}` }
  return { file, line: findPlace(text, format, tokens).line, message: `${path}: ${message}` }
}

/** What a server would refuse for being nowhere: an override without a base, settings of an environment that is not declared. */
function checkOwners({ items, files, issues }: Reading): void {
  const declared = [...items.values()].filter(({ ref }) => ref.kind === 'environment')
  for (const [id, { ref }] of items) {
    const file = files.get(id) ?? ''
    if (ref.layer === 'base') continue
    const environment = ref.layer.slice(4)
    // One that is there and cannot be read is a fault of its own.
    if (!files.has(`${ref.kind}/${ref.key}/base`))
      issues.push({ file, message: `there is no base layer beside it (config/${ref.key}/base.*)` })
    if (declared.length > 0 && !items.has(`environment/${environment}/base`))
      issues.push({ file, message: `environment "${environment}" is not in environments.yaml` })
  }
}
