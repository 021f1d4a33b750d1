/** Going back to the content of an earlier revision: what is written, as if someone had put it all again. */
import { fail } from './errors.ts'
import { BASE_LAYER, layerEnvironment, WorkingItems } from './items.ts'
import { settle } from './change-set.ts'
import type { ItemKind, ItemRef } from '#core'
import type { Digest } from './digest.ts'
import type { Result } from './errors.ts'
import type { ItemSource } from './items.ts'

const KINDS: readonly RolledBackItem['kind'][] = ['config', 'schema', 'mirror', 'flag', 'segment']

/** One item with all its layers. */
export interface RolledBackItem {
  readonly kind: Exclude<ItemKind, 'environment'>
  readonly key: string
}

/** What goes back; all of it when nothing is named. */
export interface RollbackScope {
  /** Only this environment's layers. */
  readonly environment?: string | undefined
  readonly item?: RolledBackItem | undefined
}

/**
 * The content `then` written over `now`: configs, flags and segments, never the environments themselves. Layers of
 * environments that are gone are left out. With `environment` only that environment's layers go back, and layers of
 * what is no longer there are left out.
 */
export function applyRollback(
  now: ItemSource,
  then: ItemSource,
  { environment, item }: RollbackScope,
  digest: Digest,
): Result<WorkingItems> {
  const working = new WorkingItems(now)
  if (environment !== undefined && working.items.environment(environment) === undefined) {
    return fail({ reason: 'not_found', noun: 'environment', name: environment })
  }
  const concerns = (ref: ItemRef): boolean => {
    if (item !== undefined && ref.key !== item.key) return false
    const layer = layerEnvironment(ref.layer)
    if (environment !== undefined && layer !== environment) return false
    return layer === undefined || working.items.environment(layer) !== undefined
  }
  let found = false
  for (const kind of item === undefined ? KINDS : [item.kind]) {
    for (const ref of now.refs(kind)) {
      if (!concerns(ref)) continue
      found = true
      working.write({ ref, content: null, path: '/to', exact: false })
    }
    // The base first: whether a layer still has one is asked below.
    const refs = [...then.refs(kind)].toSorted(
      (a, b) => Number(a.layer !== BASE_LAYER) - Number(b.layer !== BASE_LAYER),
    )
    for (const ref of refs) {
      if (!concerns(ref)) continue
      found = true
      if (ref.layer !== BASE_LAYER && working.get({ ...ref, layer: BASE_LAYER }) === undefined)
        continue
      const content = then.get(ref) ?? null
      working.write({ ref, content, path: '/to', exact: false })
    }
  }
  if (item !== undefined && !found) {
    return fail({ reason: 'not_found', noun: item.kind, name: item.key })
  }
  return settle(working, now, digest)
}
