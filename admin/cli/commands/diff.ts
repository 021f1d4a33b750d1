/** `diff a b`: two environments, two revisions, or two files, place by place. */
import { resolve } from 'node:path'
import { type JsonValue, isJsonObject } from '#core'
import { parseDocument } from '#formats'
import { differences, type Place, placesOf } from '../folder/differences.ts'
import { formatOfPath } from '../folder/files.ts'
import { contentOf, isKind, type Items } from '../folder/items.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere } from '../frame/files.ts'
import { connectProject, type ProjectSession } from '../frame/settings.ts'
import { itemText, plural, table } from '../frame/table.ts'
import { pairText } from '../frame/values.ts'
import { readPublished } from '../server/published.ts'
import { configsOf, environmentsOf, resolved } from './show.ts'

/** What differs of one thing, named for people and for `--json`. */
interface Difference {
  readonly item: string
  readonly places: readonly Place[]
}

export async function diff(call: Call): Promise<Outcome> {
  const [a, b] = [call.argument('a'), call.argument('b')]
  const files = await Promise.all([a, b].map((path) => readIfThere(resolve(call.io.cwd, path))))
  const [textA, textB] = files
  if (textA !== undefined && textB !== undefined)
    return outcome(call, [a, b], fileDifferences(a, textA, b, textB))
  const session = await connectProject(call)
  const digits = /^r?(\d+)$/
  const [from, to] = [digits.exec(a)?.[1], digits.exec(b)?.[1]]
  if (from !== undefined && to !== undefined)
    return outcome(call, [a, b], await revisionDifferences(session, from, to, call.text('env')))
  return outcome(call, [a, b], await environmentDifferences(session, a, b))
}

function fileDifferences(a: string, textA: string, b: string, textB: string): Difference[] {
  const [left, right] = [readDocument(a, textA), readDocument(b, textB)]
  const places = differences(left, right, '')
  return places.length === 0 ? [] : [{ item: `${a} and ${b}`, places }]
}

function readDocument(path: string, text: string): JsonValue {
  const format = formatOfPath(path)
  if (format === undefined) throw new UserError(`${path}: not a format that is known by its ending`)
  const parsed = parseDocument(text, format)
  if (!parsed.ok)
    throw new UserError(`${path}, line ${parsed.error.line}: ${parsed.error.message}`, {
      code: 'invalid',
    })
  return parsed.value
}

async function revisionDifferences(
  { client, project }: ProjectSession,
  revision: string,
  to: string,
  environment: string | undefined,
): Promise<Difference[]> {
  const { body } = await client.getDifference({
    parameters: { project, revision, to },
    ...(environment !== undefined && { query: { environment } }),
  })
  return body.items.map(({ kind, key, layer, before, after }) => {
    const places = isKind(kind)
      ? placesOf({ kind, key, layer }, asObject(before), asObject(after))
      : differences(before, after, '')
    return { item: itemText({ kind, key, layer }), places }
  })
}

const asObject = (value: JsonValue | undefined) =>
  value !== undefined && isJsonObject(value) ? value : undefined

/** Configs as applications see them, merged; flags by their settings there. */
async function environmentDifferences(
  session: ProjectSession,
  a: string,
  b: string,
): Promise<Difference[]> {
  const { items } = await readPublished(session)
  const known = environmentsOf(items)
  for (const one of [a, b])
    if (!known.includes(one))
      throw new UserError(`"${one}" is neither a file, a revision nor an environment`, {
        hint: `environments: ${known.join(', ')}`,
      })
  const found: Difference[] = []
  for (const config of configsOf(items)) {
    const [left, right] = await Promise.all([
      resolved(session, config, a),
      resolved(session, config, b),
    ])
    const places = differences(left, right, '')
    if (places.length > 0) found.push({ item: `config ${config}`, places })
  }
  for (const key of flagsOf(items)) {
    const places = differences(settings(items, key, a), settings(items, key, b), '')
    if (places.length > 0) found.push({ item: `flag ${key}`, places })
  }
  return found
}

export function flagsOf(items: Items): string[] {
  return [...items.values()].flatMap(({ ref }) =>
    ref.kind === 'flag' && ref.layer === 'base' ? [ref.key] : [],
  )
}

/** A flag without settings is off. */
const settings = (items: Items, key: string, environment: string): JsonValue =>
  contentOf(items, 'flag', key, environment) ?? { enabled: false }

function outcome(
  { io: { colors } }: Call,
  [a, b]: readonly [string, string],
  found: readonly Difference[],
): Outcome {
  const blocks = found.map(({ item, places }) => {
    const rows = places.map(({ path, before, after }) => {
      const [was, is] = pairText(before, after, 48)
      return [
        `  ${path || '(whole)'}`,
        before === undefined ? colors.dim(was) : colors.red(was),
        after === undefined ? colors.dim(is) : colors.green(is),
      ]
    })
    return `${colors.bold(item)}\n${table([['  PATH', a, b], ...rows], colors.width)}`
  })
  const count = found.reduce((sum, { places }) => sum + places.length, 0)
  return {
    text:
      found.length === 0
        ? `${a} and ${b} do not differ`
        : [...blocks, plural(count, 'difference')].join('\n\n'),
    json: { a, b, differences: found },
    exit: found.length === 0 ? 0 : 2,
  }
}
