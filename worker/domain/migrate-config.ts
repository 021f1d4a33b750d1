/**
 * Rewrites every stored layer of a config along a chain of migrations. Afterwards each environment gets what the chain makes
 * of what it got before; the texts keep their comments where a place is not itself moved or removed.
 */
import { equalJson, isJsonObject, mergeLayers } from '#core'
import { editDocument } from '#formats'
import { isConfigItem, isConfigOverrideItem, oversizeSource } from './config-check.ts'
import { BASE_LAYER, environmentLayer } from './items.ts'
import { at, Issues, readJson } from './issues.ts'
import { configLayers, documentOf, parentsFirst, resolveLayers } from './layers.ts'
import { MAX_CONFIG_BYTES, MAX_MIGRATED_UNITS } from './limits.ts'
import { migrateAlong, renamed } from '#schema'
import { overrideBetween } from './override-between.ts'
import type { ConfigItem, ConfigOverrideItem, JsonValue } from '#core'
import type { Digest } from './digest.ts'
import type { Items, WorkingItems } from './items.ts'
import type { Hop } from '#schema'

interface Task {
  readonly working: WorkingItems
  /** JSON pointer to the operation. */
  readonly path: string
  readonly issues: Issues
  readonly digest: Digest
}

/** Writes the layers; what fails is an issue that names the step, the environment and the place. */
export function migrateConfig(name: string, chain: readonly Hop[], task: Task): void {
  const { working, path, issues } = task
  const { items } = working
  const base = items.config(name)
  if (base === undefined || chain.length === 0) return
  const environments = parentsFirst(items)
  if (costOf(items, name, environments, chain) > MAX_MIGRATED_UNITS) {
    issues.add(at(path, 'migrate'), 'is too much for sources of this size; migrate in fewer steps')
    return
  }
  const baseDocument = documentOf({ layer: BASE_LAYER, item: base })
  const baseTarget = migrated(name, undefined, baseDocument, chain, task)
  const targets = environments.map((environment) => {
    const document = resolveLayers(configLayers(items, name, environment))
    return [environment, migrated(name, environment, document, chain, task)] as const
  })
  if (baseTarget === undefined || issues.list.length > 0) return
  const source = edited(name, undefined, base, baseDocument, baseTarget, task)
  if (source === undefined) return
  const content = { ...base, ...movedTypes(base, chain), source }
  const ref = { kind: 'config', key: name, layer: BASE_LAYER } as const
  if (!isAccepted(name, undefined, content, isConfigItem, task)) return
  working.write({ ref, content, path, exact: false })
  for (const [environment, target] of targets) {
    if (target !== undefined) migrateOverride(name, environment, target, chain, task)
  }
}

function costOf(
  items: Items,
  name: string,
  environments: readonly string[],
  chain: readonly Hop[],
): number {
  const steps = chain
    .flatMap((hop) => hop.steps)
    .reduce((sum, step) => sum + (step.op === 'patch' ? 1 + step.patch.length : 1), 0)
  const units = environments
    .flatMap((environment) => configLayers(items, name, environment))
    .reduce((sum, { item }) => sum + item.source.length, 0)
  return steps * units
}

function migrated(
  name: string,
  environment: string | undefined,
  document: JsonValue,
  chain: readonly Hop[],
  { path, issues }: Task,
): JsonValue | undefined {
  const result = migrateAlong(document, chain)
  if (result.ok) return result.document
  const { step, pointer, message } = result.failure
  issues.add(
    `${at(path, 'migrations')}${step}`,
    `${describe(name, environment)}${pointer === '' ? '' : `, ${pointer}`}: ${message}`,
    { config: name, ...(environment !== undefined && { environment }), pointer, rule: 'migration' },
  )
  return undefined
}

function describe(name: string, environment: string | undefined): string {
  return environment === undefined ? `config ${name}` : `config ${name} in ${environment}`
}

function migrateOverride(
  name: string,
  environment: string,
  target: JsonValue,
  chain: readonly Hop[],
  task: Task,
): void {
  const { working, path } = task
  const own = working.items.override(name, environment)
  if (own === undefined) return
  const layer = environmentLayer(environment)
  const layers = configLayers(working.items, name, environment)
  const below = resolveLayers(layers.filter((one) => one.layer !== layer))
  const document = documentOf({ layer, item: own })
  const direct = migrateAlong(document, chain.map(inOverride))
  // What only says the same at another place stays as it was written; otherwise the override says what differs.
  const wanted =
    direct.ok && equalJson(mergeLayers([below, direct.document]), target)
      ? direct.document
      : (overrideBetween(below, target) ?? {})
  const isEmpty = isJsonObject(wanted) && Object.keys(wanted).length === 0
  const ref = { kind: 'config', key: name, layer } as const
  if (isEmpty && !equalJson(document, wanted)) {
    working.write({ ref, content: null, path, exact: false })
    return
  }
  const source = edited(name, environment, own, document, wanted, task)
  if (source === undefined || source === own.source) return
  const content = { ...own, source }
  if (!isAccepted(name, environment, content, isConfigOverrideItem, task)) return
  working.write({ ref, content, path, exact: false })
}

/** What is written here is checked as if it had been sent. */
function isAccepted(
  name: string,
  environment: string | undefined,
  content: ConfigOverrideItem,
  isFine: (item: JsonValue | undefined, path: string, found: Issues) => boolean,
  { path, issues, digest }: Task,
): boolean {
  const refuse = (message: string): false => {
    issues.add(at(path, 'migrate'), `${describe(name, environment)}: ${message}`)
    return false
  }
  if (oversizeSource(content.source, digest) !== undefined) {
    return refuse(`its source would be larger than ${MAX_CONFIG_BYTES} bytes`)
  }
  const found = new Issues()
  if (isFine(readJson(content, '', found), '', found)) return true
  const [first] = found.list
  return refuse(first === undefined ? 'it would not be a config' : `${first.path} ${first.message}`)
}

/** What a hop does to an override: values it sets come from the base, and patches are about whole documents. */
function inOverride(hop: Hop): Hop {
  const steps = hop.steps.flatMap((step) => {
    if (step.op === 'patch') return []
    return step.op === 'set' ? [{ op: 'remove', path: step.path } as const] : [step]
  })
  return { ...hop, steps }
}

/** The text changed place by place, undefined when the format cannot hold it. */
function edited(
  name: string,
  environment: string | undefined,
  { source, format }: ConfigOverrideItem,
  before: JsonValue,
  after: JsonValue,
  { path, issues }: Task,
): string | undefined {
  let text = source
  for (const { place, value } of changesBetween(before, after, '')) {
    const result = editDocument(text, format, place, value)
    if (!result.ok) {
      const { message } = result.error
      issues.add(at(path, 'migrate'), `${describe(name, environment)}, ${place}: ${message}`, {
        config: name,
        ...(environment !== undefined && { environment }),
        pointer: place,
        rule: 'migration',
      })
      return undefined
    }
    text = result.text
  }
  return text
}

interface PlaceChange {
  readonly place: string
  /** Undefined: removed. */
  readonly value: JsonValue | undefined
}

/** Lists of another length are written anew: an editor of texts does not insert into one. */
function changesBetween(a: JsonValue, b: JsonValue, place: string): readonly PlaceChange[] {
  if (equalJson(a, b)) return []
  if (!isJsonObject(a) || !isJsonObject(b)) return [{ place, value: b }]
  const removed = Object.keys(a).filter((member) => !Object.hasOwn(b, member))
  // What is new comes first: a text whose last member goes may have no place for the next one.
  return [
    ...Object.entries(b).flatMap(([member, value]) => {
      const before = Object.hasOwn(a, member) ? a[member] : undefined
      const here = at(place, member)
      return before === undefined ? [{ place: here, value }] : changesBetween(before, value, here)
    }),
    ...removed.map((member) => ({ place: at(place, member), value: undefined })),
  ]
}

/** Types of references are kept by place, so they go where the places go. */
function movedTypes({ types }: ConfigItem, chain: readonly Hop[]): Pick<ConfigItem, 'types'> {
  if (types === undefined) return {}
  let entries = Object.entries(types)
  for (const step of chain.flatMap(({ steps }) => steps)) {
    if (step.op !== 'move' && step.op !== 'rename') continue
    const from = step.op === 'move' ? step.from : step.path
    const to = step.op === 'move' ? step.path : renamed(step.path, step.name)
    entries = entries.map(([place, type]) => {
      const isMoved = place === from || place.startsWith(`${from}/`)
      return [isMoved ? to + place.slice(from.length) : place, type]
    })
  }
  return { types: Object.fromEntries(entries) }
}
