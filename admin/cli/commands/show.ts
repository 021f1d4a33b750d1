/** `show`, `get`: what is published, merged for an environment. */
import {
  formatPointer,
  getPointer,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parsePointer,
} from '#core'
import { printDocument } from '#formats'
import { isFormat } from '../folder/differences.ts'
import { contentOf, environmentOf, type Items } from '../folder/items.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { connectProject, type ProjectSession } from '../frame/settings.ts'
import { nearest } from '../frame/nearest.ts'
import { headedTable } from '../frame/table.ts'
import { keyPathText, splitKeyPath } from '../server/key-path.ts'
import { type Published, readPublished } from '../server/published.ts'

export async function show(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const published = await readPublished(session)
  const name = call.optional('config')
  if (name === undefined) return overview(call, session, published)
  const { config, pointer } = splitKeyPath(name, configsOf(published.items))
  const document = await resolved(session, config, environmentFor(call, published.items))
  const section = getPointer(document, call.text('section') ?? pointer)
  if (section === undefined) throw missing(config, call.text('section') ?? pointer, document)
  const format = call.text('format') ?? 'yaml'
  if (!isFormat(format)) throw new UserError(`--format ${format} is not known`)
  return { text: printed(section, format), json: section }
}

function printed(document: JsonValue, format: Parameters<typeof printDocument>[1]): string {
  try {
    return printDocument(document, format)
  } catch (error) {
    if (error instanceof TypeError)
      throw new UserError(`${format} cannot hold it: ${error.message}`)
    throw error
  }
}

export async function get(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const { items } = await readPublished(session)
  const path = call.argument('path')
  const { config, pointer } = splitKeyPath(path, configsOf(items))
  const document = await resolved(session, config, environmentFor(call, items))
  const value = getPointer(document, pointer)
  if (value === undefined) throw missing(config, pointer, document)
  return { text: typeof value === 'string' ? value : JSON.stringify(value, null, 2), json: value }
}

function missing(config: string, pointer: string, document: JsonValue): UserError {
  const near = nearestPlace(pointer, document)
  return new UserError(`there is nothing at ${keyPathText({ config, pointer })}`, {
    code: 'not_found',
    ...(near !== undefined && { hint: `did you mean ${keyPathText({ config, pointer: near })}` }),
  })
}

/** The place whose last step alone is mistyped. */
function nearestPlace(pointer: string, document: JsonValue): string | undefined {
  const tokens = parsePointer(pointer) ?? []
  const above = tokens.slice(0, -1)
  const container = getPointer(document, formatPointer(above))
  if (container === undefined || !isJsonObject(container)) return undefined
  const near = nearest(tokens.at(-1) ?? '', Object.keys(container))
  return near === undefined ? undefined : formatPointer([...above, near])
}

export function configsOf(items: Items): string[] {
  return [...items.values()].flatMap(({ ref }) =>
    ref.kind === 'config' && ref.layer === 'base' ? [ref.key] : [],
  )
}

export function environmentsOf(items: Items): string[] {
  return [...items.values()].flatMap(({ ref }) => (ref.kind === 'environment' ? [ref.key] : []))
}

/** --env, or the only one there is. */
export function environmentFor(call: Call, items: Items): string {
  const names = environmentsOf(items)
  const given = call.text('env') ?? (names.length === 1 ? names[0] : undefined)
  if (given === undefined)
    throw new UserError('--env is missing', { hint: `there are: ${names.join(', ')}` })
  if (!names.includes(given))
    throw new UserError(`there is no environment "${given}"`, {
      code: 'not_found',
      hint: `there are: ${names.join(', ')}`,
    })
  return given
}

export async function resolved(
  { client, project }: ProjectSession,
  config: string,
  environment: string,
): Promise<JsonValue> {
  const { body } = await client.getResolvedConfig({
    parameters: { project, config },
    query: { environment },
  })
  return body.document
}

function overview(
  call: Call,
  { project }: ProjectSession,
  { revision, items }: Published,
): Outcome {
  const { colors } = call.io
  const environments = environmentsOf(items)
  const bases = [...items.values()].filter(({ ref }) => ref.layer === 'base')
  const layersOf = (kind: string, key: string): string[] =>
    [...items.values()].flatMap(({ ref }) => {
      const environment = environmentOf(ref)
      return ref.kind === kind && ref.key === key && environment !== undefined ? [environment] : []
    })
  const configs = bases.flatMap(({ ref, content }) =>
    ref.kind === 'config'
      ? [
          {
            name: ref.key,
            format: textOf(content, 'format'),
            overrides: layersOf('config', ref.key),
          },
        ]
      : [],
  )
  const flags = bases.flatMap(({ ref, content }) =>
    ref.kind === 'flag'
      ? [
          {
            key: ref.key,
            type: textOf(content, 'type'),
            enabled: environments.filter((one) => isEnabled(items, ref.key, one)),
          },
        ]
      : [],
  )
  const segments = bases.flatMap(({ ref }) => (ref.kind === 'segment' ? [ref.key] : []))
  const sections = [
    `${colors.bold(project)} at revision ${revision}: ${environments.join(', ') || 'no environments'}`,
    headedTable(
      colors,
      ['CONFIG', 'FORMAT', 'OVERRIDES'],
      configs.map(({ name, format, overrides }) => [name, format, overrides.join(', ')]),
    ),
    headedTable(
      colors,
      ['FLAG', 'TYPE', 'ENABLED IN'],
      flags.map(({ key, type, enabled }) => [key, type, enabled.join(', ') || '-']),
    ),
    headedTable(
      colors,
      ['SEGMENT'],
      segments.map((key) => [key]),
    ),
  ]
  return {
    text: sections.filter((one) => one !== '').join('\n\n'),
    json: { project, revision, environments, configs, flags, segments },
  }
}

export function textOf(content: JsonObject | undefined, name: string): string {
  const value = content?.[name]
  return typeof value === 'string' ? value : ''
}

export function isEnabled(items: Items, flag: string, environment: string): boolean {
  const settings = contentOf(items, 'flag', flag, environment)
  return isJsonObject(settings) && settings['enabled'] === true
}
