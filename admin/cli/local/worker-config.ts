/**
 * Reads wrangler.toml and says the same to miniflare, so that bindings, compatibility date and flags stand in one file
 * for the local platform and for a deployment. It knows the kinds of bindings this Worker uses and refuses others: a
 * binding that silently is not there would show up as a fault of the Worker.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import type { MiniflareOptions } from 'miniflare'

export type WorkerConfig = MiniflareOptions['workers'][number]['config']

/** Tables that say nothing about how the Worker runs here. */
const IGNORED = new Set(['observability', 'secrets', 'main', 'migrations'])

export interface LoadedConfig {
  /** Absolute path of the Worker's entry file. */
  readonly main: string
  /** Everything but the code. */
  readonly config: WorkerConfig
}

/**
 * Reads `<root>/wrangler.toml`. `secrets` become bindings beside the file's own.
 *
 * @throws Error naming the table when the file has one that is not understood here.
 */
export async function loadWorkerConfig(
  root: string,
  secrets: Readonly<Record<string, string>>,
): Promise<LoadedConfig> {
  const toml = parse(await readFile(join(root, 'wrangler.toml'), 'utf8'))
  const name = text(toml, 'name')
  const sqlite = new Set(
    tables(toml['migrations']).flatMap((step) => strings(step['new_sqlite_classes'])),
  )
  const env: NonNullable<WorkerConfig['env']> = {}
  const exports: NonNullable<WorkerConfig['exports']> = {}
  const config = {
    name,
    compatibilityDate: text(toml, 'compatibility_date'),
    compatibilityFlags: strings(toml['compatibility_flags']),
    env,
    exports,
  }
  for (const [key, value] of Object.entries(toml)) {
    if (key in config || key.startsWith('compatibility_') || IGNORED.has(key)) continue
    if (key === 'vars') {
      for (const variable of Object.keys(table(value)))
        env[variable] = { type: 'text', value: text(table(value), variable) }
    } else if (key === 'kv_namespaces') {
      for (const binding of tables(value))
        env[text(binding, 'binding')] = { type: 'kv', id: text(binding, 'binding') }
    } else if (key === 'durable_objects') {
      for (const binding of tables(table(value)['bindings'])) {
        const exportName = text(binding, 'class_name')
        env[text(binding, 'name')] = { type: 'durable-object', worker: name, exportName }
        exports[exportName] = {
          type: 'durable-object',
          storage: sqlite.has(exportName) ? 'sqlite' : 'legacy-kv',
        }
      }
    } else {
      throw new Error(
        `wrangler.toml: the local platform does not know [${key}]; teach it in admin/cli/local/worker-config.ts`,
      )
    }
  }
  for (const [secret, value] of Object.entries(secrets)) env[secret] = { type: 'text', value }
  return { main: join(root, text(toml, 'main')), config }
}

type Table = Readonly<Record<string, unknown>>

function table(value: unknown): Table {
  if (!isTable(value)) throw new Error('wrangler.toml: a table was expected')
  return value
}

// smol-toml gives tables as plain objects; besides them only arrays and dates are objects.
const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const tables = (value: unknown): Table[] => (Array.isArray(value) ? value.map(table) : [])

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function text(from: Table, key: string): string {
  const value = from[key]
  if (typeof value !== 'string') throw new Error(`wrangler.toml: ${key} must be a string`)
  return value
}
