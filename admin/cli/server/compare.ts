/** What a folder declares beside what is published: the ground of `plan`, `apply`, `validate`, `pull` and `drift`. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Operation } from '#core'
import type { ItemChange } from '../folder/differences.ts'
import { readFiles } from '../folder/disk.ts'
import type { FolderFiles } from '../folder/files.ts'
import type { Items } from '../folder/items.ts'
import { leaveAlone } from '../folder/leave.ts'
import type { Overruled } from '../folder/overruled.ts'
import { planChanges } from '../folder/plan.ts'
import { type FileIssue, type ReadFolder, readFolder } from '../folder/read.ts'
import { type Call, UserError } from '../frame/command.ts'
import {
  CONFIG_FILE,
  connectProject,
  findFolder,
  type Folder,
  type ProjectSession,
} from '../frame/settings.ts'
import { plural } from '../frame/table.ts'
import { readPublished } from './published.ts'
import { withMirrors } from './with-mirrors.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export interface Comparison {
  readonly folder: Folder
  readonly session: ProjectSession
  readonly files: FolderFiles
  readonly read: ReadFolder
  readonly revision: number
  readonly published: Items
  /** What is declared, with what the folder does not own as it is published, and with what its mirrors make of it. */
  readonly declared: Items
  /** From published to declared. */
  readonly changes: readonly ItemChange[]
  /** Where a mirror goes before a file. */
  readonly overruled: readonly Overruled[]
  /** What is sent: the files as they are. */
  readonly operations: readonly Operation[]
}

/** @throws UserError when there is no folder. */
export async function openFolder(call: Call): Promise<Folder> {
  const from = resolve(call.io.cwd, call.text('folder') ?? '.')
  const folder = await findFolder(from)
  if (folder === undefined)
    throw new UserError(`there is no ${CONFIG_FILE} in ${from} or above`, {
      code: 'no_folder',
      hint: 'driftless init makes one',
    })
  return folder
}

export interface Declared {
  readonly folder: Folder
  readonly files: FolderFiles
  readonly read: ReadFolder
}

export async function readDeclared(call: Call): Promise<Declared> {
  const folder = await openFolder(call)
  const files = await readFiles(folder.path)
  return { folder, files, read: readFolder(files) }
}

/** @throws UserError for a folder that cannot be read whole; half of what is declared is never compared. */
export async function compare(call: Call, ignore: readonly string[] = []): Promise<Comparison> {
  const { folder, files, read } = await readDeclared(call)
  refuseIssues(read.issues)
  const session = await connectProject(call, folder)
  const { revision, items: published } = await readPublished(session)
  const whole = read.declaresEnvironments ? read.items : withEnvironmentsOf(published, read.items)
  const declared = leaveAlone(published, whole, [...folder.config.leave, ...ignore])
  const planned = planChanges(published, declared)
  const effective = await withMirrors(call, session, { published, declared, revision, ...planned })
  const about = { folder, session, files, read, revision, published }
  return { ...about, operations: planned.operations, ...effective }
}

export function refuseIssues(issues: readonly FileIssue[]): void {
  if (issues.length === 0) return
  throw new UserError(`${plural(issues.length, 'fault')} in the folder`, {
    code: 'invalid',
    errors: issues.map(({ file, line, message }) => ({
      path: line === undefined ? file : `${file}:${line}`,
      message,
    })),
  })
}

function withEnvironmentsOf(published: Items, items: Items): Items {
  const environments = [...published].filter(([, { ref }]) => ref.kind === 'environment')
  return new Map([...environments, ...items])
}
