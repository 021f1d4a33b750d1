/** `set`, `unset`: one value of a config, in place, with comments kept. */
import { getPointer, type JsonObject, type JsonValue, type Operation } from '#core'
import { editDocument, parseJson, printDocument } from '#formats'
import { contentOf } from '../folder/items.ts'
import { documentOf, isFormat, placesOf } from '../folder/differences.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { connectProject } from '../frame/settings.ts'
import { pairText } from '../frame/values.ts'
import { write } from '../server/commit.ts'
import { type KeyPath, keyPathText, splitKeyPath } from '../server/key-path.ts'
import { readPublished } from '../server/published.ts'
import { configsOf, environmentFor } from './show.ts'

export async function set(call: Call): Promise<Outcome> {
  const given = call.argument('value')
  const text = given === '-' ? (await call.io.stdin()).replace(/\r?\n$/, '') : given
  return changeOne(call, (before) => readValue(text, call.is('string'), before))
}

export async function unset(call: Call): Promise<Outcome> {
  return changeOne(call, () => undefined)
}

/**
 * JSON where it is JSON, else a text; a place that holds a text now keeps holding one, so that a version `1.10` does not become the
 * number 1.1. --string makes a text of anything.
 */
function readValue(text: string, isText: boolean, before: JsonValue | undefined): JsonValue {
  if (isText || (typeof before === 'string' && !/^["[{]/.test(text))) return text
  const parsed = parseJson(text)
  if (parsed.ok) return parsed.value
  // What looks like JSON and is not was meant to be.
  if (/^["[{]/.test(text))
    throw new UserError(`the value is not JSON: ${parsed.error.message}`, {
      hint: '--string takes it as a text',
    })
  return text
}

async function changeOne(
  call: Call,
  valueFrom: (before: JsonValue | undefined) => JsonValue | undefined,
): Promise<Outcome> {
  const session = await connectProject(call)
  const { revision, items } = await readPublished(session)
  const place = splitKeyPath(call.argument('path'), configsOf(items))
  const environment = call.is('base') ? undefined : environmentFor(call, items)
  const layer = environment === undefined ? 'base' : `env:${environment}`
  const base = contentOf(items, 'config', place.config) ?? {}
  const stored =
    environment === undefined ? base : contentOf(items, 'config', place.config, environment)
  const ref = { kind: 'config', key: place.config, layer } as const
  const before = valueIn(stored, place) ?? valueIn(base, place)
  const value = valueFrom(before)
  const after = stored === undefined ? newLayer(base, place, value) : edited(stored, place, value)
  const places = placesOf(ref, stored, after)
  const operation = operationOf(place, environment, stored === undefined ? after : undefined, value)
  const shown = places.map(
    (one) =>
      `${keyPathText({ config: place.config, pointer: one.path })}: ${pairText(one.before, one.after).join(' → ')}`,
  )
  const verb = value === undefined ? 'unset' : 'set'
  return write(call, session, {
    operations: [operation],
    base: revision,
    reason: `${verb} ${keyPathText(place)}${environment === undefined ? '' : ` in ${environment}`}`,
    shown: shown.join('\n'),
    json: { path: keyPathText(place), layer, places },
  })
}

function valueIn(layer: JsonObject | undefined, { pointer }: KeyPath): JsonValue | undefined {
  const document = documentOf(layer)
  return document ? getPointer(document.value, pointer) : undefined
}

/** An override that is not there yet is written in its base's format. */
function newLayer(base: JsonObject, place: KeyPath, value: JsonValue | undefined): JsonObject {
  const format = isFormat(base['format']) ? base['format'] : 'json'
  const { source } = edited({ format: 'json', source: '{}' }, place, value)
  const document = documentOf({ format: 'json', source: source ?? '' })
  try {
    return { format, source: printDocument(document?.value ?? null, format) }
  } catch (error) {
    if (error instanceof TypeError)
      throw new UserError(`${format} cannot hold it: ${error.message}`)
    throw error
  }
}

function edited(layer: JsonObject, { pointer }: KeyPath, value: JsonValue | undefined): JsonObject {
  const { source, format } = layer
  if (typeof source !== 'string' || !isFormat(format)) throw new TypeError('a layer has a source')
  const done = editDocument(source, format, pointer, value)
  if (!done.ok)
    throw new UserError(`${pointer === '' ? 'the document' : pointer}: ${done.error.message}`, {
      code: 'invalid',
    })
  return { ...layer, source: done.text }
}

/** A change in place where the layer is there, so that the server makes it too and keeps what is around it; else the whole new layer. */
function operationOf(
  { config: name, pointer: path }: KeyPath,
  environment: string | undefined,
  whole: JsonObject | undefined,
  value: JsonValue | undefined,
): Operation {
  const change = value === undefined ? { path, remove: true as const } : { path, value }
  if (environment === undefined) return { op: 'patchConfig', name, changes: [change] }
  if (whole === undefined)
    return { op: 'patchConfigOverride', name, environment, changes: [change] }
  const { source, format } = whole
  if (typeof source !== 'string' || !isFormat(format)) throw new TypeError('a layer has a source')
  return { op: 'putConfigOverride', name, environment, format, source }
}
