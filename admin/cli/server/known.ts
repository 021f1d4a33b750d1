/** What code may rely on: the folder's where there is one, else what is published. */
import { resolve } from 'node:path'
import { readFiles } from '../folder/disk.ts'
import type { Items } from '../folder/items.ts'
import { readFolder } from '../folder/read.ts'
import type { Call } from '../frame/command.ts'
import { connectProject, findFolder } from '../frame/settings.ts'
import { refuseIssues } from './compare.ts'
import { readPublished } from './published.ts'

export interface Known {
  readonly items: Items
  /** The file of each item, relative to `folder`; empty for what is published. */
  readonly files: ReadonlyMap<string, string>
  readonly folder: string | undefined
  /** `the folder`, or `revision 7`. */
  readonly from: string
}

/** `published`: what is published, though there is a folder. */
export async function readKnown(call: Call, published = call.is('published')): Promise<Known> {
  const folder = await findFolder(resolve(call.io.cwd, call.text('folder') ?? '.'))
  if (folder !== undefined && !published) {
    const { items, files, issues } = readFolder(await readFiles(folder.path))
    refuseIssues(issues)
    return { items, files, folder: folder.path, from: 'the folder' }
  }
  const { items, revision } = await readPublished(await connectProject(call, folder))
  return { items, files: new Map(), folder: undefined, from: `revision ${revision}` }
}
