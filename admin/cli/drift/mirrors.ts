/** How mirrors stand: in which environments a config says otherwise than the one it follows. Pure. */
import { equalJson, getPointer, isJsonObject, type JsonObject, type JsonValue } from '#core'
import { contentOf, type Items } from '../folder/items.ts'
import { resolvedIn } from '../folder/resolve.ts'
import type { Severity } from './severity.ts'

export interface MirrorDifference {
  readonly environment: string
  /** JSON pointer into the config that follows. */
  readonly pointer: string
  /** What the config that leads says; absent: nothing. */
  readonly leads?: JsonValue
  /** What the one that follows says. */
  readonly follows?: JsonValue
  readonly severity: Severity
}

export interface MirrorState {
  readonly mirror: string
  readonly from: string
  readonly to: string
  readonly mode: string
  /** `waits`: one of the two configs is not there. */
  readonly state: 'holds' | 'differs' | 'waits'
  readonly differences: readonly MirrorDifference[]
}

/** Layers are compared as they merge, references as they are written; as the server does. */
export function mirrorStates(items: Items): MirrorState[] {
  const environments = [...items.values()].flatMap(({ ref }) =>
    ref.kind === 'environment' ? [ref.key] : [],
  )
  return [...items.values()].flatMap(({ ref, content }) =>
    ref.kind === 'mirror' ? [stateOf(ref.key, content, items, environments)] : [],
  )
}

function stateOf(
  mirror: string,
  content: JsonObject,
  items: Items,
  environments: readonly string[],
): MirrorState {
  const about = {
    mirror,
    from: textIn(content, 'from'),
    to: textIn(content, 'to'),
    mode: textIn(content, 'mode'),
  }
  const isThere = [about.from, about.to].every((name) => contentOf(items, 'config', name))
  if (!isThere) return { ...about, state: 'waits', differences: [] }
  const paths = Array.isArray(content['paths']) ? content['paths'] : []
  const differences = environments.flatMap((environment) => {
    const leading = resolvedIn(items, about.from, environment)
    const following = resolvedIn(items, about.to, environment)
    const isProtected = contentOf(items, 'environment', environment)?.['protected'] === true
    return paths.flatMap((pair: JsonValue): MirrorDifference[] => {
      if (!isJsonObject(pair)) return []
      const pointer = textIn(pair, 'to')
      const leads = getPointer(leading, textIn(pair, 'from'))
      const follows = getPointer(following, pointer)
      const isSame =
        leads === undefined || follows === undefined ? leads === follows : equalJson(leads, follows)
      if (isSame) return []
      return [
        {
          environment,
          pointer,
          ...(leads !== undefined && { leads }),
          ...(follows !== undefined && { follows }),
          severity: isProtected ? 'error' : 'warning',
        },
      ]
    })
  })
  return { ...about, state: differences.length === 0 ? 'holds' : 'differs', differences }
}

function textIn(object: JsonObject, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}
