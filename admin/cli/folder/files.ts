/**
 * Where each layer stands in a folder: `config/<name>/<layer>.<ext>`, `flags/<key>.yaml`, `segments/<key>.yaml`, `environments.yaml`,
 * `configs.yaml`, `mirrors.yaml`. Pure.
 */
import type { DocumentFormat } from '#core'

/** Relative path with `/` → text. */
export type FolderFiles = ReadonlyMap<string, string>

/** Stems in `config/<name>/` that are not an environment; an environment so named is written with `@` before it. */
const TAKEN = new Set(['base', 'schema', 'migrations'])

const EXTENSIONS: Readonly<Record<string, DocumentFormat>> = {
  json: 'json',
  jsonc: 'jsonc',
  yaml: 'yaml',
  yml: 'yaml',
  env: 'env',
  ini: 'ini',
  toml: 'toml',
}

export function formatOfPath(path: string): DocumentFormat | undefined {
  const extension = /\.([a-z]+)$/.exec(path)?.[1] ?? ''
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined
}

/** Files at the top that hold many items by name. */
const TABLES = ['environments', 'configs', 'mirrors'] as const
export type TableName = (typeof TABLES)[number]

export type FilePlace =
  | {
      readonly is: 'layer'
      readonly name: string
      readonly layer: string
      readonly format: DocumentFormat
    }
  | { readonly is: 'schema' | 'migrations'; readonly name: string }
  | { readonly is: 'flag' | 'segment'; readonly key: string }
  | { readonly is: TableName }
  /** In one of our folders, and not something we know. */
  | { readonly is: 'unknown'; readonly why: string }
  /** Not ours: a README, a script, a hidden file. */
  | { readonly is: 'other' }

/** What the file at `path` holds. */
export function placeOfFile(path: string): FilePlace {
  const parts = path.split('/')
  const [top = '', middle = '', last = ''] = parts
  const name = parts.at(-1) ?? ''
  if (parts.some((part) => part.startsWith('.')) || /\.(?:md|txt|tmp)$/.test(name))
    return { is: 'other' }
  const format = formatOfPath(path)
  const stem = name.replace(/\.[a-z]+$/, '')
  if (parts.length === 1) {
    const table = TABLES.find((one) => one === stem)
    return table !== undefined && isItemFormat(format) ? { is: table } : { is: 'other' }
  }
  if (top === 'flags' || top === 'segments') {
    if (parts.length !== 2) return { is: 'unknown', why: `${top}/ has no folders in it` }
    if (!isItemFormat(format))
      return { is: 'unknown', why: 'must end in .yaml, .yml, .json or .jsonc' }
    return { is: top === 'flags' ? 'flag' : 'segment', key: stem }
  }
  if (top !== 'config') return { is: 'other' }
  if (parts.length !== 3)
    return { is: 'unknown', why: 'configs stand in config/<name>/<layer>.<ext>' }
  if (last === 'schema.json') return { is: 'schema', name: middle }
  if (stem === 'migrations' && isItemFormat(format)) return { is: 'migrations', name: middle }
  if (format === undefined)
    return {
      is: 'unknown',
      why: `must end in one of ${Object.keys(EXTENSIONS)
        .map((one) => `.${one}`)
        .join(', ')}`,
    }
  if (stem === 'schema')
    return {
      is: 'unknown',
      why: 'a schema is written as schema.json; an environment of that name as @schema',
    }
  if (stem === 'migrations')
    return {
      is: 'unknown',
      why: 'migrations are written as migrations.yaml; an environment of that name as @migrations',
    }
  const environment = stem.startsWith('@') ? stem.slice(1) : stem
  return {
    is: 'layer',
    name: middle,
    layer: stem === 'base' ? 'base' : `env:${environment}`,
    format,
  }
}

function isItemFormat(format: DocumentFormat | undefined): boolean {
  return format === 'yaml' || format === 'json' || format === 'jsonc'
}

/** The files of a config's migrations; there should be at most one. */
export function migrationsFiles(folder: FolderFiles, name: string): string[] {
  return [...folder.keys()].filter((path) => {
    const place = placeOfFile(path)
    return place.is === 'migrations' && place.name === name
  })
}

/** Where a layer that has no file yet is written. */
export function pathOfLayer(name: string, layer: string, format: DocumentFormat): string {
  const environment = layer.replace(/^env:/, '')
  const stem = layer !== 'base' && TAKEN.has(environment) ? `@${environment}` : environment
  return `config/${name}/${stem}.${format}`
}
