/** A cache that forgets the least recently used beyond a total weight. For values that their key determines. */

export interface BoundedCache<V> {
  /** The value under `key`; absent: `make` is asked, and its value kept if it is not too heavy. */
  get(key: string, make: () => { readonly value: V; readonly weight: number }): V
  /** The value under `key`, if it is held. */
  find(key: string): V | undefined
  clear(): void
}

export function createBoundedCache<V>(maxWeight: number): BoundedCache<V> {
  const held = new Map<string, { readonly value: V; readonly weight: number }>()
  let total = 0
  const shrink = (): void => {
    for (const [oldest, { weight }] of held) {
      if (total <= maxWeight) return
      held.delete(oldest)
      total -= weight
    }
  }
  return {
    get(key, make) {
      let entry = held.get(key)
      if (entry === undefined) {
        entry = make()
        if (entry.weight > maxWeight / 4) return entry.value
        total += entry.weight
      } else held.delete(key)
      // A Map keeps the order of insertion: the first is the one not used for longest.
      held.set(key, entry)
      if (total > maxWeight) shrink()
      return entry.value
    },
    find(key) {
      const entry = held.get(key)
      if (entry === undefined) return undefined
      held.delete(key)
      held.set(key, entry)
      return entry.value
    },
    clear() {
      held.clear()
      total = 0
    },
  }
}
