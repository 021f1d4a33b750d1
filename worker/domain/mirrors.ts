/**
 * Mirrors: chosen places of one config that must say what places of another one say, in every environment. Looked at over
 * the state a change leaves, so that what must agree never disagrees, not even between two revisions.
 */
import { equalJson, getPointer } from '#core'
import { editDocument, parseDocument, printDocument } from '#formats'
import { BASE_LAYER, environmentLayer } from './items.ts'
import { configLayers, parentsFirst, resolveLayers } from './layers.ts'
import type { ConfigOverrideItem, ItemRef, JsonValue, MirrorItem } from '#core'
import type { Issues } from './issues.ts'
import type { Items, MirrorFinding, WorkingItems, Written } from './items.ts'

/** Mirrors may follow one another; more rounds than this are two that contradict each other. */
const MAX_ROUNDS = 8

/** Repairs what `heal` mirrors ask, files what `enforce` ones refuse, notes what `alert` ones tell. */
export function applyMirrors(working: WorkingItems, issues: Issues): void {
  const { items } = working
  const mirrors = [...items.refs('mirror')].flatMap(({ key }) => {
    const mirror = items.mirror(key)
    return mirror === undefined ? [] : [[key, mirror] as const]
  })
  const [cause] = working.written.values()
  if (mirrors.length === 0 || cause === undefined || !isConcerned(working)) return
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let isHealed = false
    for (const [key, mirror] of mirrors) {
      if (mirror.mode === 'heal' && heal(working, key, mirror, cause, issues)) isHealed = true
    }
    if (!isHealed || issues.list.length > 0) break
  }
  for (const [key, mirror] of mirrors) {
    for (const { environment, pointer } of differencesIn(items, mirror)) {
      const found: MirrorFinding = {
        mirror: key,
        config: mirror.to,
        environment,
        pointer,
        outcome: 'differs',
      }
      if (mirror.mode === 'alert') working.findings.push(found)
      else
        issues.add(causeOf(working, key, mirror).path, describe(found, mirror), {
          ...aboutOf(found),
        })
    }
  }
}

function isConcerned({ written }: WorkingItems): boolean {
  return [...written.values()].some(({ ref }) =>
    ['config', 'environment', 'mirror'].includes(ref.kind),
  )
}

function describe(
  { mirror, environment, config, pointer }: MirrorFinding,
  { from }: MirrorItem,
): string {
  return `config ${config} in ${environment}, ${pointer}: must be what config ${from} says, by mirror ${mirror}`
}

function aboutOf({ config, environment, pointer }: MirrorFinding) {
  return { config, environment, pointer, rule: 'mirror' }
}

function causeOf(working: WorkingItems, key: string, { from, to }: MirrorItem): Written {
  const written = [...working.written.values()]
  const own = written.find(
    ({ ref }) =>
      (ref.kind === 'config' && (ref.key === to || ref.key === from)) ||
      (ref.kind === 'mirror' && ref.key === key),
  )
  const [first] = written
  // There is one: nothing is looked at unless something was written.
  if (own === undefined && first === undefined) throw new Error('a change without writes')
  return (
    own ??
    first ?? {
      ref: { kind: 'mirror', key, layer: BASE_LAYER },
      content: null,
      path: '',
      exact: false,
    }
  )
}

interface Difference {
  readonly environment: string
  /** In the config that follows. */
  readonly pointer: string
  /** What it should be; undefined: nothing. */
  readonly value: JsonValue | undefined
}

function differencesIn(items: Items, mirror: MirrorItem): readonly Difference[] {
  return parentsFirst(items).flatMap((environment) => differencesAt(items, mirror, environment))
}

function differencesAt(
  items: Items,
  { from, to, paths }: MirrorItem,
  environment: string,
): readonly Difference[] {
  // A mirror waits while one of the two is not there.
  if (items.config(from) === undefined || items.config(to) === undefined) return []
  const leading = resolveLayers(configLayers(items, from, environment))
  const following = resolveLayers(configLayers(items, to, environment))
  return differencesOf(leading, following, paths).map((one) => ({ ...one, environment }))
}

function differencesOf(
  leading: JsonValue,
  following: JsonValue,
  paths: MirrorItem['paths'],
): readonly Omit<Difference, 'environment'>[] {
  return paths.flatMap(({ from, to }) => {
    const value = getPointer(leading, from)
    const is = getPointer(following, to)
    const isSame = value === undefined || is === undefined ? value === is : equalJson(value, is)
    return isSame ? [] : [{ pointer: to, value }]
  })
}

/** Whether anything was written. */
function heal(
  working: WorkingItems,
  key: string,
  mirror: MirrorItem,
  cause: Written,
  issues: Issues,
): boolean {
  const { items } = working
  const leading = items.config(mirror.from)
  const following = items.config(mirror.to)
  if (leading === undefined || following === undefined) return false
  let isHealed = false
  const write = (
    layer: string,
    pointer: string,
    value: JsonValue | undefined,
    environment: string,
  ): void => {
    const content = edited(items, mirror.to, layer, pointer, value)
    const finding: MirrorFinding = {
      mirror: key,
      config: mirror.to,
      environment,
      pointer,
      outcome: 'repaired',
    }
    if (typeof content === 'string') {
      issues.add(
        cause.path,
        `${describe(finding, mirror)}; it cannot be repaired: ${content}`,
        aboutOf(finding),
      )
      return
    }
    const ref: ItemRef = { kind: 'config', key: mirror.to, layer }
    working.write({ ref, content, path: causeOf(working, key, mirror).path, exact: false })
    working.findings.push(finding)
    isHealed = true
  }
  // What both bases say first, so that most environments need no layer of their own.
  const bases = differencesOf(documentOf(leading), documentOf(following), mirror.paths)
  for (const { pointer, value } of bases) write(BASE_LAYER, pointer, value, '')
  for (const environment of parentsFirst(items)) {
    for (const { pointer, value } of differencesAt(items, mirror, environment)) {
      write(environmentLayer(environment), pointer, value, environment)
    }
  }
  return isHealed
}

function documentOf({ source, format }: ConfigOverrideItem): JsonValue {
  const parsed = parseDocument(source, format)
  if (!parsed.ok) throw new Error('a stored layer does not parse')
  return parsed.value
}

/** The layer with another value at a place, comments and layout kept; or why not. */
function edited(
  items: Items,
  config: string,
  layer: string,
  pointer: string,
  value: JsonValue | undefined,
) {
  const base = items.config(config)
  if (base === undefined) return 'the config is gone'
  const stored = layer === BASE_LAYER ? base : items.override(config, layer.slice('env:'.length))
  const { source, format } = stored ?? {
    source: printDocument({}, base.format),
    format: base.format,
  }
  // In an override a removal has to say so, since what is below shows through.
  const wanted = value === undefined && layer !== BASE_LAYER ? { $unset: true } : value
  const result = editDocument(source === '' ? '\n' : source, format, pointer, wanted)
  if (!result.ok) return result.error.message
  return { ...(stored ?? { format }), source: result.text }
}
