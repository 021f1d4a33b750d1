/** One validation under way: what it has found, what it may still cost, and what it needs to remember. */
import type { JsonValue } from '../core/json.ts'
import { formatPointer } from '../core/pointer.ts'
import { burn } from './pattern.ts'
import type { Fuel } from './pattern.ts'
import type { Resource } from './resources.ts'

/** What is wrong with a document: where, and what would be right. Never says what stands there. */
export interface SchemaIssue {
  /** JSON pointer into the document. */
  readonly path: string
  readonly message: string
  /** The keyword of the schema that says so, and JSON pointer to it; an invariant's name for `invariant`. */
  readonly keyword: string
  readonly schemaPath: string
}

/** Where in the document, from the inside out. Undefined: the whole. */
export interface Place {
  readonly above: Place | undefined
  readonly token: string | number
}

/** Whether `value` passes. With `seen`, notes which members and elements were looked at. */
export type Check = (
  value: JsonValue,
  at: Place | undefined,
  run: Run,
  seen: Seen | undefined,
) => boolean

/**
 * What is known of a text before it reaches the application: nothing (`value`: the whole is a reference, and may become
 * a number or an object), or that it is a text (`text`: a reference stands inside).
 */
export type Opaque = (text: string) => 'value' | 'text' | undefined

/** More help nobody. */
const MAX_ISSUES = 100
/** Schemas inside schemas that are being asked. A reference that leads back to itself ends here. */
const MAX_DEPTH = 400

/** Ends a validation: the schema refers to itself without looking into the document. */
export class TooDeep extends Error {}

export class Run {
  readonly issues: SchemaIssue[] = []
  readonly fuel: Fuel
  /** The resources gone through to get here, outermost first: `$dynamicRef` asks. Kept where a schema has one. */
  readonly scope: Resource[] = []
  /** How often something was passed because nothing is known of it yet. */
  unknown = 0
  readonly opaque: Opaque | undefined
  /** Whether a member that is required must also say something: not null, not a blank text. */
  readonly noBlanks: boolean
  #quiet = 0
  #depth = 0

  constructor(fuel: Fuel, opaque: Opaque | undefined, noBlanks: boolean) {
    this.fuel = fuel
    this.opaque = opaque
    this.noBlanks = noBlanks
  }

  /** Whether a failure need not be told: the first one is enough. */
  get isQuiet(): boolean {
    return this.#quiet > 0
  }

  /** Files an issue; answers false, for the check to return. */
  fail(at: Place | undefined, keyword: string, schemaPath: string, message: string): false {
    if (this.#quiet === 0 && this.issues.length < MAX_ISSUES) {
      this.issues.push({ path: pointerOf(at), message, keyword, schemaPath })
    }
    return false
  }

  /** Asks without telling. */
  quietly(ask: () => boolean): boolean {
    const [depth, scope] = [this.#depth, this.scope.length]
    this.#quiet++
    const passes = ask()
    this.#quiet--
    this.#depth = depth
    this.scope.length = scope
    return passes
  }

  enter(): void {
    burn(this.fuel, 1)
    if (++this.#depth > MAX_DEPTH) throw new TooDeep()
  }

  leave(): void {
    this.#depth--
  }
}

export function pointerOf(at: Place | undefined): string {
  const tokens: (string | number)[] = []
  for (let place = at; place; place = place.above) tokens.push(place.token)
  return formatPointer(tokens.toReversed())
}

/** Members and elements that a schema has looked at: what `unevaluatedProperties` and `unevaluatedItems` ask. */
export class Seen {
  readonly members: Set<string> = new Set()
  readonly elements: Set<number> = new Set()
  /** All elements before this one. */
  prefix = 0

  take(other: Seen): void {
    for (const member of other.members) this.members.add(member)
    for (const element of other.elements) this.elements.add(element)
    this.prefix = Math.max(this.prefix, other.prefix)
  }
}
