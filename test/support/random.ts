/** A seeded source of choices, so that a differential test that fails once fails again. */
export interface Dice {
  /** An integer in `[0, below)`. */
  readonly below: (below: number) => number
  readonly chance: (probability: number) => boolean
  /** One of a list that is not empty. */
  readonly pick: <T>(options: readonly T[]) => T
  readonly list: <T>(length: number, make: () => T) => T[]
}

/** mulberry32: 32 bits of state, even enough for choosing test cases. */
export function createDice(seed: number): Dice {
  let state = seed | 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(fraction() * limit)
  return {
    below,
    chance: (probability) => fraction() < probability,
    pick: (options) => elementOf(options, below(options.length)),
    list: (length, make) => Array.from({ length }, make),
  }
}

function elementOf<T>(options: readonly T[], index: number): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- within the list, which is not empty
  return options[index] as T
}
