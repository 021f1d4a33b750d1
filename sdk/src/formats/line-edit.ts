/** Changes to one value of an ENV or INI text; every other byte stays. */
import { printEnvEntry, scanEnv } from './env.ts'
import { printIniEntry, printIniSection, scanIni } from './ini.ts'
import { insertLine, newlineOf, nextLine, splice } from './splice.ts'
import type { Line } from './lines.ts'
import type { Change } from './splice.ts'

export function* editEnv(text: string, { key, value }: Change): Generator<string> {
  const line = [...scanEnv(text)].find(({ name }) => name === key)
  yield changeLine(
    text,
    line,
    text.length,
    value === undefined ? undefined : printEnvEntry(String(key), value),
  )
}

export function* editIni(text: string, { container, key, value }: Change): Generator<string> {
  const sections = scanIni(text)
  const name = String(key)
  const [owner] = container
  const at = sections.findIndex((section) => section.name === owner)
  const section = sections[at]
  const own =
    container.length === 0 ? sections.findIndex((one, i) => i > 0 && one.name === name) : -1
  const ownSection = sections[own]
  if (ownSection !== undefined) {
    const end = sections[own + 1]?.start ?? text.length
    yield splice(
      text,
      ownSection.start,
      end,
      value === undefined ? '' : printIniSection(name, value),
    )
  } else if (typeof value === 'object' && value !== null) {
    yield insertLine(text, text.length, printIniSection(name, value).trimEnd())
  } else if (section !== undefined) {
    const line = section.lines.find((one) => one.name === name)
    const last = section.lines.at(-1)
    const end = last === undefined ? section.bodyStart : nextLine(text, last.to)
    const entry =
      value === undefined ? undefined : printIniEntry(name, value, container.map(String))
    yield changeLine(text, line, Math.min(end, text.length), entry)
  }
}

/** Replaces what is written behind the sign of `line`, removes it, or adds `entry` at `end`. */
function changeLine(
  text: string,
  line: Line | undefined,
  end: number,
  entry: string | undefined,
): string {
  if (line === undefined) return entry === undefined ? text : insertLine(text, end, entry)
  if (entry === undefined) {
    const start = text.lastIndexOf('\n', line.start - 1) + 1
    return splice(
      text,
      start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : start,
      nextLine(text, line.to),
    )
  }
  const printed = entry.slice(entry.indexOf('=', line.name.length) + 1).trimStart()
  return splice(text, line.from, line.to, printed.replaceAll('\n', newlineOf(text)))
}
