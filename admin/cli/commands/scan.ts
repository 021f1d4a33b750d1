/** `scan`: flags and configs that source code names, beside those there are. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { GENERATED } from '../code/types-text.ts'
import { type Use, usesIn } from '../scan/find.ts'
import { type Finding, findingsOf, LEVELS, sarif } from '../scan/findings.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { isMissing, writeWhole } from '../frame/files.ts'
import { plural, table } from '../frame/table.ts'
import { readKnown } from '../server/known.ts'
import { configsOf } from './show.ts'

const SOURCES = /\.(?:[cm]?[jt]sx?|vue|svelte|py|go|java|kt|rb|cs|swift|php|rs|dart)$/
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'out', 'vendor', 'target', 'coverage'])
/** Longer ones were made by a program. */
const MAX_BYTES = 2 * 1024 * 1024

export async function scan(call: Call): Promise<Outcome> {
  const known = await readKnown(call)
  const given = call.rest('path')
  const roots = given.length === 0 ? ['.'] : given
  const configs = configsOf(known.items)
  const uses: Use[] = []
  let count = 0
  for (const root of roots)
    for (const path of await sources(resolve(call.io.cwd, root), root)) {
      const text = await readFile(path, 'utf8')
      if (text.startsWith(GENERATED)) continue
      count += 1
      uses.push(...usesIn(relative(call.io.cwd, path) || path, text, configs))
    }
  const findings = findingsOf(known.items, uses, (id) => {
    const file = known.files.get(id)
    return file === undefined || known.folder === undefined
      ? undefined
      : relative(call.io.cwd, join(known.folder, file))
  })
  const file = call.text('sarif')
  // The version of the rules, which is the command's own.
  if (file !== undefined)
    await writeWhole(
      resolve(call.io.cwd, file),
      `${JSON.stringify(sarif(findings, '1'), null, 2)}\n`,
    )
  const least = LEVELS.findIndex((one) => one === (call.text('fail-on') ?? 'error'))
  const isBad = findings.some(({ level }) => LEVELS.indexOf(level) >= least)
  const summary = `${plural(uses.length, 'use')} in ${plural(count, 'file')}, beside ${known.from}: ${plural(findings.length, 'finding')}`
  return {
    text: [table(findings.map(rowOf)), summary].filter((one) => one !== '').join('\n\n'),
    json: { files: count, uses, findings },
    exit: isBad ? 2 : 0,
  }
}

function rowOf({ level, rule, message, file, line, column }: Finding): string[] {
  const place =
    file === undefined ? '-' : [file, line, column].filter((one) => one !== undefined).join(':')
  return [level, rule, place, message]
}

async function sources(path: string, named: string): Promise<string[]> {
  let isFile: boolean
  try {
    isFile = (await stat(path)).isFile()
  } catch (error) {
    if (isMissing(error)) throw new UserError(`there is no ${named}`, { code: 'not_found' })
    throw error
  }
  if (isFile) return [path]
  const found: string[] = []
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const below = join(path, entry.name)
    if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name))
      found.push(...(await sources(below, named)))
    else if (entry.isFile() && SOURCES.test(entry.name) && (await stat(below)).size <= MAX_BYTES)
      found.push(below)
  }
  return found.toSorted()
}
