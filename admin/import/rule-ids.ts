/** Ids of rules: the vendor's own where there are any, made unique within the flag. */
const MAX_CHARACTERS = 128

export class RuleIds {
  readonly #taken = new Set<string>()
  #count = 0

  /** The next rule's id: `given`, else `rule-<its place>`. */
  next(given: string | undefined): string {
    this.#count++
    return this.make(given ?? `rule-${this.#count}`)
  }

  make(wanted: string): string {
    for (let i = 1; ; i++) {
      const end = i === 1 ? '' : `-${i}`
      const id = wanted.slice(0, MAX_CHARACTERS - end.length) + end
      if (this.#taken.has(id)) continue
      this.#taken.add(id)
      return id
    }
  }
}
