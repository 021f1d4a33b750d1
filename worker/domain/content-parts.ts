/** What servers of an environment get, item by item, before a change and after it. Pure; a body is never put together. */
import { canonicalize } from '#core'
import { BASE_LAYER } from './items.ts'
import { visibleKeys } from './snapshot.ts'
import type { Digest } from './digest.ts'
import type { Items } from './items.ts'
import type { Renderer } from './snapshot.ts'

export interface PartPorts {
  readonly renderer: Renderer
  readonly digest: Digest
}

/** One item as it stands in a body. */
export interface Part {
  /** Two parts that say the same have the same stamp. */
  readonly stamp: string
  /** Characters of its canonical JSON; of a segment bytes, which are known without reading it. */
  readonly size: number
  readonly text: () => string
}

export interface ComparedPart {
  readonly kind: 'config' | 'flag' | 'segment'
  readonly key: string
  readonly was: Part | undefined
  readonly is: Part | undefined
}

/** All items of either side, those that are the same too. */
export function* comparedParts(
  before: Items,
  after: Items,
  environment: string,
  ports: PartPorts,
): Generator<ComparedPart> {
  const old = partsOf(before, environment, ports)
  const now = partsOf(after, environment, ports)
  for (const kind of ['config', 'flag', 'segment'] as const) {
    for (const key of new Set([...old[kind].keys, ...now[kind].keys])) {
      yield { kind, key, was: old[kind].part(key), is: now[kind].part(key) }
    }
  }
}

function textPart(text: string): Part {
  return { stamp: text, size: text.length, text: () => text }
}

interface Parts {
  readonly keys: ReadonlySet<string>
  readonly part: (key: string) => Part | undefined
}

function partsOf(
  items: Items,
  environment: string,
  { renderer, digest }: PartPorts,
): Readonly<Record<'config' | 'flag' | 'segment', Parts>> {
  return {
    config: parts(visibleKeys(items, 'config', 'server'), (key) =>
      textPart(renderer.config(items, key, environment).text),
    ),
    flag: parts(visibleKeys(items, 'flag', 'server'), (key) => {
      const base = items.flag(key)
      return base && textPart(renderer.flag(base, items.flagEnvironment(key, environment)))
    }),
    segment: parts(
      [...items.refs('segment')].map(({ key }) => key),
      (key) => {
        const ref = { kind: 'segment', key, layer: BASE_LAYER } as const
        const hash = items.hash(ref)
        // A segment of 10,000 ids that is stored need not be read to be known.
        if (hash !== undefined) {
          const text = () => canonicalize(items.segment(key) ?? null)
          return { stamp: hash, size: items.size(ref), text }
        }
        const item = items.segment(key)
        if (item === undefined) return undefined
        const text = canonicalize(item)
        const { sha256, size } = digest(text)
        return { stamp: sha256, size, text: () => text }
      },
    ),
  }
}

function parts(keys: readonly string[], part: (key: string) => Part | undefined): Parts {
  const known = new Set(keys)
  return { keys: known, part: (key) => (known.has(key) ? part(key) : undefined) }
}
