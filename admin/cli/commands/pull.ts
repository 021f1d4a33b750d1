/** `init`, `pull`: from what is published to a folder. */
import { join, resolve } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { readFiles, writeFiles } from '../folder/disk.ts'
import { leaveAlone } from '../folder/leave.ts'
import { readFolder } from '../folder/read.ts'
import { type FolderWrites, writeFolder } from '../folder/write.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import {
  CONFIG_FILE,
  connect,
  connectProject,
  type Folder,
  type ProjectSession,
} from '../frame/settings.ts'
import { progress } from '../frame/progress.ts'
import { plural } from '../frame/table.ts'
import { confirmDeletions } from '../server/commit.ts'
import { openFolder } from '../server/compare.ts'
import { readPublished } from '../server/published.ts'

export async function init(call: Call): Promise<Outcome> {
  const path = resolve(call.io.cwd, call.text('folder') ?? '.')
  const file = join(path, CONFIG_FILE)
  if ((await readIfThere(file)) !== undefined)
    throw new UserError(`${file} is there already`, {
      code: 'already_exists',
      hint: 'driftless pull brings its files up to date',
    })
  const session = await connectFirst(call)
  // Asked before anything is written: a project that is not there leaves no folder behind.
  await readPublished(session)
  const config = { project: session.project, url: session.url }
  const folder = { path, config: { ...config, leave: [] } }
  if (!call.is('dry-run')) await writeWhole(file, `${JSON.stringify(config, null, 2)}\n`)
  const pulled = await pullInto(call, folder, session)
  return {
    ...pulled,
    text: `${call.is('dry-run') ? 'would make' : 'made'} ${CONFIG_FILE}\n${pulled.text}${call.is('dry-run') ? '' : NEXT}`,
  }
}

const NEXT = `
next: edit a file, then
  driftless plan               what would change, and who wrote what is there
  driftless apply              publish it
  driftless drift setup hook   refuse commits of a folder that cannot be read; github and shell are there too`

/** Who names no project means the only one there is. */
async function connectFirst(call: Call): Promise<ProjectSession> {
  try {
    return await connectProject(call)
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'no_project') throw error
  }
  const session = await connect(call)
  const { body } = await session.client.listProjects({ query: { limit: '100' } })
  const [first, second] = body.items
  if (first !== undefined && second === undefined) return { ...session, project: first.name }
  throw new UserError('no project is named', {
    code: 'no_project',
    hint:
      first === undefined
        ? 'there is none yet: driftless projects create NAME'
        : `--project with one of ${body.items.map(({ name }) => name).join(', ')}`,
  })
}

export async function pull(call: Call): Promise<Outcome> {
  const folder = await openFolder(call)
  return pullInto(call, folder, await connectProject(call, folder))
}

async function pullInto(call: Call, folder: Folder, session: ProjectSession): Promise<Outcome> {
  const files = await readFiles(folder.path)
  const { revision, items } = await readPublished(session)
  // What the folder does not own stays in it as it is.
  const wanted = leaveAlone(readFolder(files).items, items, folder.config.leave)
  const writes = writeFolder(wanted, files)
  const created = [...writes.write.keys()].filter((path) => !files.has(path))
  const changed = [...writes.write.keys()].filter((path) => files.has(path))
  const json = { revision, dryRun: call.is('dry-run'), created, changed, removed: writes.remove }
  if (writes.write.size + writes.remove.length === 0)
    return { text: `the folder is as revision ${revision}`, json }
  const text = [
    ...created.map((path) => `+ ${path}`),
    ...changed.map((path) => `~ ${path}`),
    ...writes.remove.map((path) => `- ${path}`),
  ].join('\n')
  if (call.is('dry-run'))
    return { text: `${patchText(files, writes)}nothing was written: a dry run`, json }
  await confirmDeletions(call, [...changed, ...writes.remove], 'overwrite or remove')
  const told = progress(call.io, 'writing files', writes.write.size)
  await writeFiles(folder.path, writes, (count) => told.at(count))
  told.end()
  return {
    text: `${text}\nthe folder is as revision ${revision} (${plural(writes.write.size, 'file')} written)`,
    json,
  }
}

function patchText(files: ReadonlyMap<string, string>, { write, remove }: FolderWrites): string {
  const patches = [...write.keys(), ...remove].map((path) =>
    createTwoFilesPatch(path, path, files.get(path) ?? '', write.get(path) ?? '', '', '', {
      context: 2,
    }),
  )
  return patches.join('')
}
