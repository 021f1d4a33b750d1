/** From the layers of a config to what an environment gets: base, then each ancestor's override, then its own. */
import { mergeLayers, originsOf } from '#core'
import { parseDocument } from '#formats'
import { BASE_LAYER, environmentLayer } from './items.ts'
import type { ConfigOverrideItem, JsonValue } from '#core'
import type { Items } from './items.ts'

/** `environment` and its ancestors, the farthest first. A cycle, which the checks refuse, ends it. */
export function environmentChain(items: Items, environment: string): readonly string[] {
  const chain: string[] = []
  let name: string | undefined = environment
  while (name !== undefined && !chain.includes(name)) {
    chain.unshift(name)
    name = items.environment(name)?.parent
  }
  return chain
}

/** All environments, parents before children: what is mended there is mended below. */
export function parentsFirst(items: Items): readonly string[] {
  const names = [...items.refs('environment')].map(({ key }) => key)
  const depth = (name: string): number => environmentChain(items, name).length
  return names.toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}

export interface ConfigLayer {
  /** `base` or `env:<environment>`. */
  readonly layer: string
  readonly item: ConfigOverrideItem
}

/** The layers of `config` that exist for `environment`, lowest first; empty when there is no such config. */
export function configLayers(
  items: Items,
  config: string,
  environment: string,
): readonly ConfigLayer[] {
  const base = items.config(config)
  if (base === undefined) return []
  const layers: ConfigLayer[] = [{ layer: BASE_LAYER, item: base }]
  for (const name of environmentChain(items, environment)) {
    const item = items.override(config, name)
    if (item !== undefined) layers.push({ layer: environmentLayer(name), item })
  }
  return layers
}

/** The document the layers resolve to. Throws when a source does not parse, which the check of every write prevents. */
export function resolveLayers(layers: readonly ConfigLayer[]): JsonValue {
  return mergeLayers(layers.map(documentOf))
}

/** Which layer each value of the merged document came from, by JSON pointer. */
export function layerOrigins(layers: readonly ConfigLayer[]): Readonly<Record<string, string>> {
  return originsOf(layers.map((layer) => ({ name: layer.layer, document: documentOf(layer) })))
}

/** What one layer says. */
export function documentOf({ layer, item }: ConfigLayer): JsonValue {
  // Strict when it was written: what it says is no matter of the parser any more, and this one is five times faster.
  if (item.format === 'json') return JSON.parse(item.source)
  const parsed = parseDocument(item.source, item.format)
  if (!parsed.ok) throw new Error(`stored layer ${layer} does not parse`)
  return parsed.value
}
