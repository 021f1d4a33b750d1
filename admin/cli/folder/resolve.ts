/** What a config says in an environment, from its layers. Pure. References stay as they are written. */
import { isJsonObject, type JsonValue, mergeLayers } from '#core'
import { documentOf } from './differences.ts'
import { contentOf, type Items } from './items.ts'

/** Base, then each parent's override from the top, then its own. Layers that cannot be read count as not there. */
export function resolvedIn(items: Items, config: string, environment: string): JsonValue {
  const layers = [undefined, ...chainOf(items, environment)].flatMap((one) => {
    const document = documentOf(contentOf(items, 'config', config, one))
    return document ? [document.value] : []
  })
  return mergeLayers(layers)
}

/** The parents of an environment from the top, and itself. */
function chainOf(items: Items, environment: string): string[] {
  const chain: string[] = []
  let name: string | undefined = environment
  while (name !== undefined && !chain.includes(name)) {
    chain.unshift(name)
    const content = contentOf(items, 'environment', name)
    const parent: JsonValue | undefined = isJsonObject(content) ? content['parent'] : undefined
    name = typeof parent === 'string' ? parent : undefined
  }
  return chain
}
