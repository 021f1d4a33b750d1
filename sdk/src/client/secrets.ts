/**
 * The secrets of the snapshot in use, opened when they are asked for and kept in memory only. Loaded by those who ask for one,
 * or whose configs refer to one.
 */
import { MAX_SECRET_DEPTH, renderSecret } from '../core/secret-references.ts'
import { fits, TEXT } from '../core/shape.ts'
import type { SealedSecret, SealedVersion } from '../core/sealed.ts'
import { DriftlessError } from './errors.ts'
import type { Secret } from './interface.ts'
import { createOpener } from './open-secret.ts'

export interface Secrets {
  /** Rejects with a `DriftlessError`: `not_found`, or `secret` when it does not open for this key. */
  get(name: string): Promise<Secret>
  /** The values of those of `names` that are there and open. */
  texts(names: Iterable<string>, body: SealedByName): Promise<ReadonlyMap<string, string>>
  /** The version of each secret that was handed out last, as far as a status report has room for them. */
  versions(): Readonly<Record<string, number>>
}

/** Of the names in one report, UTF-16 units. */
const MAX_REPORTED = 1_500

export type SealedByName = Readonly<Record<string, SealedSecret>>

export function createSecrets(
  sdkKey: string,
  now: () => number,
  /** Of the snapshot in use. */
  current: () => SealedByName,
  /** Another version was handed out. */
  used: () => void,
): Secrets {
  const open = createOpener(sdkKey)
  /** By name and version: a version's value never changes, however often it is sealed anew. */
  const opened = new Map<string, string>()
  const inUse = new Map<string, number>()

  const handOut = (name: string, version: number): void => {
    if (inUse.get(name) === version) return
    inUse.set(name, version)
    used()
  }
  /** The value of a version with what it refers to, each secret opened once; undefined: some of it does not open. */
  const read = async (
    name: string,
    sealed: SealedVersion,
    body: SealedByName,
    /** The secrets that lead here. */
    path: readonly string[] = [],
    known = new Map<string, Promise<string | undefined>>(),
  ): Promise<string | undefined> => {
    const id = `${name}/${sealed.version}`
    const text = opened.get(id) ?? (await open(name, sealed.version, sealed.jwe))
    if (text === undefined) return undefined
    opened.set(id, text)
    const { references } = sealed
    if (references === undefined) return text
    if (!fits(references, [TEXT]) || path.length >= MAX_SECRET_DEPTH) return undefined
    const way = [...path, name]
    const texts = new Map<string, string>()
    for (const other of references) {
      const target = find(other, body)
      // What refers to itself would wait for itself.
      if (!target || way.includes(other)) return undefined
      if (!known.has(other)) known.set(other, read(other, target, body, way, known))
      const said = await known.get(other)
      if (said === undefined) return undefined
      texts.set(other, said)
      handOut(other, target.version)
    }
    return renderSecret(text, (other) => texts.get(other))
  }
  /** Values that no snapshot names any more are not kept. */
  const forget = (body: SealedByName): void => {
    for (const id of opened.keys()) {
      const slash = id.lastIndexOf('/')
      const sealed = find(id.slice(0, slash), body)
      const version = Number(id.slice(slash + 1))
      if (sealed?.version !== version && sealed?.previous?.version !== version) opened.delete(id)
    }
  }

  return {
    async get(name) {
      const body = current()
      forget(body)
      const sealed = find(name, body)
      if (!sealed) throw new DriftlessError('not_found', `no secret ${name}`)
      const value = await read(name, sealed, body)
      if (value === undefined)
        throw new DriftlessError('secret', `secret ${name}: does not open with this SDK key`)
      const { previous, version } = sealed
      handOut(name, version)
      const old = previous && (await read(name, previous, body))
      const before =
        previous && old !== undefined ? new OpenSecret(name, previous.version, old) : undefined
      return new OpenSecret(name, version, value, () =>
        previous && now() < previous.untilMs ? before : undefined,
      )
    },
    async texts(names, body) {
      const texts = new Map<string, string>()
      await Promise.all(
        Array.from(names, async (name) => {
          const sealed = find(name, body)
          const text = sealed && (await read(name, sealed, body))
          if (text === undefined) return
          texts.set(name, text)
          handOut(name, sealed?.version ?? 0)
        }),
      )
      return texts
    },
    versions() {
      let room = MAX_REPORTED
      const fitting = Array.from(inUse).filter(([name]) => (room -= name.length) >= 0)
      return Object.fromEntries(fitting)
    },
  }
}

function find(name: string, body: SealedByName): SealedSecret | undefined {
  const sealed = Object.hasOwn(body, name) ? body[name] : undefined
  return fits(sealed, { version: 1 }) ? sealed : undefined
}

const REDACTED = '[redacted]'

/** Gives its value to `reveal()` alone: printed, joined, serialised, inspected or copied, it says nothing. */
class OpenSecret implements Secret {
  readonly name: string
  readonly version: number
  // Private to the language, so that no inspector, clone or serialiser walks into it.
  readonly #value: string
  readonly #previous: () => Secret | undefined

  constructor(
    name: string,
    version: number,
    value: string,
    previous: () => Secret | undefined = () => undefined,
  ) {
    this.name = name
    this.version = version
    this.#value = value
    this.#previous = previous
    Object.freeze(this)
  }

  reveal(): string {
    return this.#value
  }

  get previous(): Secret | undefined {
    return this.#previous()
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  /** What Node, Deno and Bun print. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}
