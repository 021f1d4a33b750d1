/** A cache that forgets what was not used for long, beyond a total weight. For values that their key determines. */

export interface BoundedCache<V> {
  /** The value under `key`; absent: `make` is asked, and its value kept if it is not too heavy. */
  get(key: string, make: () => { readonly value: V; readonly weight: number }): V
  /** The value under `key`, if it is held. */
  find(key: string): V | undefined
  clear(): void
}

interface Entry<V> {
  readonly value: V
  readonly weight: number
}

/**
 * Two generations of half the weight each: what is used moves to the new one, and when that is full the old one is
 * forgotten. Asking for what is in the new one changes nothing, which a list kept in the order of use cannot say: with a
 * thousand entries asked for in turn that was most of the time.
 */
export function createBoundedCache<V>(maxWeight: number): BoundedCache<V> {
  let young = new Map<string, Entry<V>>()
  let old = new Map<string, Entry<V>>()
  let weight = 0
  const keep = (key: string, entry: Entry<V>): void => {
    if (weight + entry.weight > maxWeight / 2) {
      old = young
      young = new Map()
      weight = 0
    }
    young.set(key, entry)
    weight += entry.weight
  }
  const find = (key: string): Entry<V> | undefined => {
    const entry = young.get(key)
    if (entry !== undefined) return entry
    const aged = old.get(key)
    if (aged === undefined) return undefined
    old.delete(key)
    keep(key, aged)
    return aged
  }
  return {
    get(key, make) {
      const held = find(key)
      if (held !== undefined) return held.value
      const entry = make()
      if (entry.weight <= maxWeight / 4) keep(key, entry)
      return entry.value
    },
    find: (key) => find(key)?.value,
    clear() {
      young = new Map()
      old = new Map()
      weight = 0
    },
  }
}
