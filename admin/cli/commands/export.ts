/** `export`, `import`: everything of a project as one file, and back; other vendors' flags; plain documents as configs. */
import { basename, resolve } from 'node:path'
import { isJsonObject, type JsonValue, type Operation } from '#core'
import { parseJson } from '#formats'
import { isVendor, VENDORS } from '../../import/index.ts'
import { formatOfPath } from '../folder/files.ts'
import {
  type ExportedItem,
  type Item,
  type Items,
  itemsOfExport,
  putOperation,
} from '../folder/items.ts'
import { planChanges } from '../folder/plan.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { connectProject, type ProjectSession } from '../frame/settings.ts'
import { itemText, plural } from '../frame/table.ts'
import {
  acknowledgeQuery,
  changedText,
  confirmDeletions,
  doneText,
  write,
} from '../server/commit.ts'
import { readPublished } from '../server/published.ts'

export const IMPORT_SOURCES: readonly string[] = [
  'driftless',
  ...VENDORS,
  'json',
  'jsonc',
  'yaml',
  'dotenv',
  'ini',
  'toml',
]

export async function exportProject(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const revision = call.text('revision')
  const { body } = await client.exportProject({
    parameters: { project },
    ...(revision !== undefined && { query: { revision } }),
  })
  const file = call.text('output')
  const text = `${JSON.stringify({ format: 1, ...body }, null, 2)}\n`
  if (file === undefined) return { text, json: { format: 1, ...body } }
  await writeWhole(resolve(call.io.cwd, file), text)
  return {
    text: `wrote ${plural(body.items.length, 'layer')} of ${project} at revision ${body.revision} to ${file}`,
    json: { file, project, revision: body.revision, items: body.items.length },
  }
}

export async function importFile(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const path = call.argument('file')
  const text = path === '-' ? await call.io.stdin() : await readIfThere(resolve(call.io.cwd, path))
  if (text === undefined) throw new UserError(`there is no file ${path}`, { code: 'not_found' })
  const from = call.text('from') ?? 'driftless'
  if (isVendor(from)) return importVendor(call, session, from, readJson(path, text))
  if (from === 'driftless') return importExport(call, session, path, readJson(path, text))
  return importDocument(call, session, from, path, text)
}

function readJson(path: string, text: string): JsonValue {
  const parsed = parseJson(text)
  if (parsed.ok) return parsed.value
  throw new UserError(`${path}, line ${parsed.error.line}: ${parsed.error.message}`, {
    code: 'invalid',
  })
}

/** Makes the project what the export says; what the export does not have is deleted. */
async function importExport(
  call: Call,
  session: ProjectSession,
  path: string,
  document: JsonValue,
): Promise<Outcome> {
  const wanted = readExport(path, document)
  const { revision, items } = await readPublished(session)
  const { changes, operations } = planChanges(items, wanted)
  if (operations.length === 0)
    return { text: 'nothing differs', json: { revision, changed: [], dryRun: call.is('dry-run') } }
  return write(call, session, {
    operations,
    base: revision,
    reason: `import ${basename(path)}`,
    json: { items: changes.length },
  })
}

function readExport(path: string, document: JsonValue): Items {
  const items = isJsonObject(document) && document['format'] === 1 ? document['items'] : undefined
  if (!Array.isArray(items))
    throw new UserError(`${path} is not an export of driftless`, {
      hint: `--from says what it is: ${IMPORT_SOURCES.join(', ')}`,
    })
  const exported = items.flatMap((one: JsonValue): ExportedItem[] => {
    if (!isJsonObject(one)) return []
    const { kind, key, layer, content } = one
    const isWhole =
      typeof kind === 'string' &&
      typeof key === 'string' &&
      typeof layer === 'string' &&
      content !== undefined
    return isWhole ? [{ kind, key, layer, content }] : []
  })
  const normal = new Map<string, Item>()
  for (const [id, { ref, content }] of itemsOfExport(exported)) {
    const put = putOperation(ref, content)
    if (!put.ok)
      throw new UserError(
        `${path}: ${id}${put.issues[0]?.path ?? ''}: ${put.issues[0]?.message ?? ''}`,
        { code: 'invalid' },
      )
    normal.set(id, { ref, content: put.content })
  }
  return normal
}

async function importVendor(
  call: Call,
  session: ProjectSession,
  from: string,
  document: JsonValue,
): Promise<Outcome> {
  const { client, project } = session
  const environment = call.text('env')
  if (environment === undefined)
    throw new UserError('--env is missing: the environment whose flags these are')
  const { revision } = await readPublished(session)
  const reason = call.text('reason')
  const query = {
    ...acknowledgeQuery(call),
    from,
    environment,
    ...(reason !== undefined && { reason }),
  }
  const request = { parameters: { project }, body: document, ifMatch: revision }
  const { body: checked } = await client.importDocument({
    ...request,
    query: { ...query, dryRun: 'true' },
  })
  const skipped = checked.skipped.map((one) => `skipped ${one.path}: ${one.reason}`)
  const lines = [...checked.changed.map(changedText), ...skipped]
  if (call.is('dry-run'))
    return { text: [...lines, 'nothing was written: a dry run'].join('\n'), json: checked }
  await confirmDeletions(
    call,
    checked.changed.filter(({ after }) => after === null).map((one) => itemText(one)),
  )
  const { body } = await client.importDocument({ ...request, query })
  return { text: [...lines, doneText(body)].join('\n'), json: body }
}

/** One document as one layer, its text kept as it is. */
async function importDocument(
  call: Call,
  session: ProjectSession,
  from: string,
  path: string,
  source: string,
): Promise<Outcome> {
  const format = formatOfPath(`x.${from === 'dotenv' ? 'env' : from}`)
  if (format === undefined)
    throw new UserError(`--from must be one of ${IMPORT_SOURCES.join(', ')}`)
  const name =
    call.text('config') ??
    basename(path)
      .replace(/^\.env$/, 'env')
      .replace(/\.[^.]*$/, '')
  const environment = call.text('env')
  const { revision } = await readPublished(session)
  const operation: Operation =
    environment === undefined
      ? { op: 'putConfig', name, format, source, visibility: 'server' }
      : { op: 'putConfigOverride', name, environment, format, source }
  return write(call, session, {
    operations: [operation],
    base: revision,
    reason: `import ${basename(path)} as ${name}`,
  })
}
