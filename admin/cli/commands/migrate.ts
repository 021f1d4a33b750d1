/** `schema migrate`: takes every stored layer of a config along to the version that its folder declares. */
import { basename } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { isJsonObject, type JsonObject, type Operation } from '#core'
import { writeFiles } from '../folder/disk.ts'
import { contentOf, idOf, type Item, type Items, putOperation } from '../folder/items.ts'
import { writeFolder } from '../folder/write.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { itemText, plural } from '../frame/table.ts'
import { type Committed, confirmDeletions, doneText, send } from '../server/commit.ts'
import { compare, type Comparison } from '../server/compare.ts'
import { splitKeyPath } from '../server/key-path.ts'
import { configsOf, textOf } from './show.ts'

export async function migrate(call: Call): Promise<Outcome> {
  const compared = await compare(call)
  const { session, revision, published } = compared
  const { config } = splitKeyPath(call.argument('config'), configsOf(published))
  const { operation, from, to } = migrationOf(compared, config)
  const about = { operations: [operation], base: revision, reason: `migrate ${config} to ${to}` }
  const checked = await send(session, about, call, true, { contents: 'true' })
  const layers = migrated(checked, config)
  const head = `${config}: version ${from} → ${to}, ${plural(layers.length, 'layer')} to migrate`
  const shown = `${head}\n${layers.map((one) => patchText(published, one)).join('')}`.trimEnd()
  const json = { config, from, to, layers: layers.map(({ ref, content }) => ({ ...ref, content })) }
  if (call.is('dry-run'))
    return {
      text: `${shown}\nnothing was written: a dry run`,
      json: { ...json, dryRun: true, revision: null, files: [] },
    }
  await confirmDeletions(
    call,
    layers.flatMap(({ ref, content }) =>
      content === undefined ? [`${itemText(ref)}, which has nothing left to say`] : [],
    ),
  )
  if (call.is('files')) {
    const files = await bring(compared, config, layers)
    return {
      text: `${shown}\n${filesText(files)}nothing was published: driftless plan shows what would be`,
      json: { ...json, dryRun: false, revision: null, files },
    }
  }
  const done = await send(session, about, call, false)
  const files = await bring(compared, config, layers)
  return {
    text: `${shown}\n${filesText(files)}${doneText(done)}`,
    json: { ...json, dryRun: false, revision: done.revision, files },
  }
}

const filesText = (files: readonly string[]): string => files.map((path) => `~ ${path}\n`).join('')

/** Undefined content: the layer goes. */
interface MigratedLayer {
  readonly ref: Item['ref']
  readonly content: JsonObject | undefined
}

function migrationOf(
  { declared, published, changes, folder }: Comparison,
  config: string,
): { readonly operation: Operation; readonly from: string; readonly to: string } {
  const wanted = contentOf(declared, 'schema', config)
  const stored = contentOf(published, 'schema', config)
  const file = `config/${config}/migrations.yaml`
  if (wanted === undefined)
    throw new UserError(`config ${config} has no schema in ${basename(folder.path)}`, {
      code: 'no_schema',
      hint: `config/${config}/schema.json is where it stands`,
    })
  const from = textOf(stored, 'version')
  const to = textOf(wanted, 'version')
  if (stored === undefined)
    throw new UserError(`config ${config} has no schema that is published`, {
      code: 'no_schema',
      hint: 'driftless apply publishes the first one; there is nothing to migrate',
    })
  if (to === '' || to === from)
    throw new UserError(`config ${config} is at version ${from} already`, {
      code: 'nothing_to_migrate',
      hint: `${file} says which version the schema is, and how documents get there`,
    })
  // The server migrates what is published: what else the files say would be lost.
  const other = changes.find(({ ref }) => ref.kind === 'config' && ref.key === config)
  if (other !== undefined)
    throw new UserError(`the files of config ${config} are not what is published`, {
      code: 'unpublished_changes',
      hint: 'driftless plan shows how they differ; apply them before the new schema, or pull',
    })
  const ref = { kind: 'schema', key: config, layer: 'base' } as const
  const put = putOperation(ref, { ...wanted, migrate: true })
  if (!put.ok) throw new UserError(`${file}: ${put.issues[0]?.message ?? 'not valid'}`)
  return { operation: put.operation, from, to }
}

function migrated({ changed }: Committed, config: string): MigratedLayer[] {
  return changed.flatMap(({ kind, key, layer, content }) => {
    if (kind !== 'config' || key !== config) return []
    const ref = { kind, key, layer } as const
    return [{ ref, content: isJsonObject(content) ? content : undefined }]
  })
}

function patchText(published: Items, { ref, content }: MigratedLayer): string {
  const name = ref.layer === 'base' ? 'base' : ref.layer.replace(/^env:/, '')
  const before = textOf(published.get(idOf(ref))?.content, 'source')
  const after = textOf(content, 'source')
  const patch = createTwoFilesPatch(name, name, before, after, '', '', { context: 2 })
  // The first line is a rule of equals signs, for patch(1).
  return patch.slice(patch.indexOf('\n') + 1)
}

/** The files of these layers, and no others. */
async function bring(
  { declared, files, folder }: Comparison,
  config: string,
  layers: readonly MigratedLayer[],
): Promise<string[]> {
  const items = new Map(declared)
  for (const { ref, content } of layers) {
    if (content === undefined) items.delete(idOf(ref))
    else items.set(idOf(ref), { ref, content })
  }
  const { write, remove } = writeFolder(items, files)
  const isOfConfig = (path: string): boolean =>
    path.startsWith(`config/${config}/`) || /^configs\.[a-z]+$/.test(path)
  const writes = {
    write: new Map([...write].filter(([path]) => isOfConfig(path))),
    remove: remove.filter((path) => isOfConfig(path)),
  }
  await writeFiles(folder.path, writes)
  return [...writes.write.keys(), ...writes.remove]
}
