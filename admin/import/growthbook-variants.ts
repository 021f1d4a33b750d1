/** The values of a feature of GrowthBook, or a setting of ConfigCat, as variants: each value is one variant, named after itself where that reads well. */
import type { JsonValue } from '#core'

const MAX_NAME_CHARACTERS = 128

export class VariantTable {
  readonly #names = new Map<string, string>()
  readonly #values = new Map<string, JsonValue>()

  /** The name of the variant with this value, made when it is new. */
  add(value: JsonValue): string {
    const identity = JSON.stringify(value)
    const known = this.#names.get(identity)
    if (known !== undefined) return known
    const name = this.#nameFor(value)
    this.#names.set(identity, name)
    this.#values.set(name, value)
    return name
  }

  get size(): number {
    return this.#values.size
  }

  get entries(): readonly (readonly [name: string, value: JsonValue])[] {
    return [...this.#values]
  }

  #nameFor(value: JsonValue): string {
    const text = typeof value === 'object' ? '' : String(value)
    const reads = text !== '' && text.length <= MAX_NAME_CHARACTERS && text !== '__proto__'
    if (reads && !this.#values.has(text)) return text
    for (let i = this.#values.size + 1; ; i++) {
      if (!this.#values.has(`value-${i}`)) return `value-${i}`
    }
  }
}
