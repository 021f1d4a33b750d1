/** A folder's files, from disk and back. Only what is ours is read; each file is written whole, so a kill leaves old or new, never half. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing, writeWhole } from '../frame/files.ts'
import { type FolderFiles, placeOfFile } from './files.ts'
import type { FolderWrites } from './write.ts'

const FOLDERS = ['config', 'flags', 'segments']

export async function readFiles(folder: string): Promise<FolderFiles> {
  const top = (await list(folder, false)).filter((path) => placeOfFile(path).is !== 'other')
  const below = await Promise.all(
    FOLDERS.map(async (name) =>
      (await list(join(folder, name), true)).map((path) => `${name}/${path}`),
    ),
  )
  const files = new Map<string, string>()
  for (const path of [...top, ...below.flat()].toSorted())
    if (placeOfFile(path).is !== 'other')
      files.set(path, await readFile(join(folder, path), 'utf8'))
  return files
}

/** Relative paths with `/`; none when there is no such folder. */
async function list(folder: string, recursive: boolean): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive, withFileTypes: true })
    return entries.flatMap((entry) => {
      if (!entry.isFile()) return []
      const above = entry.parentPath.slice(folder.length).replaceAll('\\', '/').replace(/^\//, '')
      return [above === '' ? entry.name : `${above}/${entry.name}`]
    })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

export async function writeFiles(
  folder: string,
  { write, remove }: FolderWrites,
  /** Told after each file. */
  onWrite: (count: number) => void = () => undefined,
): Promise<void> {
  let count = 0
  for (const [path, text] of write) {
    await writeWhole(join(folder, path), text)
    onWrite((count += 1))
  }
  for (const path of remove) await rm(join(folder, path), { force: true })
}
