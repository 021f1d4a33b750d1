/** What code needs of configs and flags: `types generate`, `env-template`, `schema infer`, `schema check`. */
import { resolve } from 'node:path'
import type { JsonValue } from '#core'
import { parseDocument, printDocument } from '#formats'
import { compileSchema, inferSchema } from '@driftless/sdk/schema'
import { envTemplate, wantedOf } from '../code/env-template.ts'
import { type Shapes, typesText } from '../code/types-text.ts'
import { formatOfPath } from '../folder/files.ts'
import { contentOf, type Items } from '../folder/items.ts'
import { resolvedIn } from '../folder/resolve.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { plural, timeText } from '../frame/table.ts'
import { splitKeyPath } from '../server/key-path.ts'
import { readKnown } from '../server/known.ts'
import { flagsOf } from './diff.ts'
import { configsOf, environmentsOf, textOf } from './show.ts'

/** How often `--watch` looks. */
const WATCH_MS = 1_000

export async function types(call: Call): Promise<Outcome> {
  const file = call.text('output') ?? 'driftless.d.ts'
  const path = resolve(call.io.cwd, file)
  const made = await writeTypes(call, path)
  if (!call.is('watch'))
    return {
      text: `${made.isNew ? 'wrote' : 'nothing to change in'} ${file} (${plural(made.configs, 'config')}, ${plural(made.flags, 'flag')})`,
      json: { file, ...made },
    }
  call.io.out(`${timeText(call.io.nowMs())} wrote ${file}\n`)
  while (!call.io.signal.aborted) {
    await call.io.sleep(WATCH_MS)
    if (!call.io.signal.aborted && (await writeTypes(call, path)).isNew)
      call.io.out(`${timeText(call.io.nowMs())} wrote ${file}\n`)
  }
  return { text: '', json: undefined }
}

async function writeTypes(call: Call, path: string) {
  const { items } = await readKnown(call)
  const shapes = shapesOf(items)
  const text = typesText(shapes)
  const isNew = (await readIfThere(path)) !== text
  if (isNew && !call.is('check')) await writeWhole(path, text)
  if (isNew && call.is('check'))
    throw new UserError(`${path} is not what driftless types generate writes now`, {
      code: 'outdated',
    })
  return { isNew, configs: shapes.configs.size, flags: shapes.flags.size }
}

function shapesOf(items: Items): Shapes {
  return {
    configs: new Map(configsOf(items).map((name) => [name, documentsOf(items, name)])),
    flags: new Map(
      flagsOf(items).map((key) => {
        const flag = contentOf(items, 'flag', key)
        return [
          key,
          { type: textOf(flag, 'type'), values: Object.values(Object(flag?.['variants'] ?? {})) },
        ]
      }),
    ),
  }
}

/** In every environment; the base alone where there is none. */
function documentsOf(items: Items, config: string): JsonValue[] {
  return environmentsOf(items).map((environment) => resolvedIn(items, config, environment))
}

export async function template(call: Call): Promise<Outcome> {
  const { items } = await readKnown(call)
  const only = call.text('env')
  const environments = environmentsOf(items).filter((one) => only === undefined || one === only)
  if (environments.length === 0)
    throw new UserError(`there is no environment "${only ?? ''}"`, { code: 'not_found' })
  const documents = configsOf(items).flatMap((config) =>
    environments.map((environment) => [config, resolvedIn(items, config, environment)] as const),
  )
  const wanted = wantedOf(documents)
  const text = envTemplate(wanted)
  const file = call.text('output')
  if (file === undefined) return { text, json: { wanted } }
  await writeWhole(resolve(call.io.cwd, file), text)
  return { text: `wrote ${file} (${plural(wanted.length, 'name')})`, json: { file, wanted } }
}

export async function infer(call: Call): Promise<Outcome> {
  const { items } = await readKnown(call)
  const { config } = splitKeyPath(call.argument('config'), configsOf(items))
  const schema = inferSchema(documentsOf(items, config))
  return { text: printDocument(schema, 'json'), json: schema }
}

export async function check(call: Call): Promise<Outcome> {
  const schema = await readDocument(call, call.argument('schema'))
  const compiled = compileSchema(schema)
  if (!compiled.ok)
    throw new UserError(`${call.argument('schema')} is not a schema`, {
      code: 'invalid_schema',
      errors: compiled.faults.map(({ path, message }) => ({ path, message })),
    })
  const what = call.argument('what')
  const documents = await documentsNamed(call, what)
  const found = documents.flatMap(([name, document]) =>
    compiled.schema
      .validate(document)
      .map(({ path, message }) => ({ document: name, path, message })),
  )
  return {
    text:
      found.length === 0
        ? `${plural(documents.length, 'document')} checked, nothing is wrong`
        : found
            .map((one) => `${one.document}${one.path === '' ? '' : ` ${one.path}`}: ${one.message}`)
            .join('\n'),
    json: { ok: found.length === 0, documents: documents.map(([name]) => name), issues: found },
    exit: found.length === 0 ? 0 : 2,
  }
}

/** A file, or a config in every environment. */
async function documentsNamed(call: Call, what: string): Promise<(readonly [string, JsonValue])[]> {
  if (
    (await readIfThere(resolve(call.io.cwd, what))) !== undefined &&
    formatOfPath(what) !== undefined
  )
    return [[what, await readDocument(call, what)]]
  const { items } = await readKnown(call)
  const { config } = splitKeyPath(what, configsOf(items))
  return environmentsOf(items).map((environment) => [
    `${config} in ${environment}`,
    resolvedIn(items, config, environment),
  ])
}

async function readDocument(call: Call, path: string): Promise<JsonValue> {
  const text = await readIfThere(resolve(call.io.cwd, path))
  if (text === undefined) throw new UserError(`there is no file ${path}`, { code: 'not_found' })
  const parsed = parseDocument(text, formatOfPath(path) ?? 'json')
  if (!parsed.ok)
    throw new UserError(`${path}, line ${parsed.error.line}: ${parsed.error.message}`, {
      code: 'invalid',
    })
  return parsed.value
}
