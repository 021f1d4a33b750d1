/**
 * The hubs of an audience beside this one: how many there are, who tells whom, and when there is one more or one fewer. Only the
 * root counts. Nothing here waits for a time to come: there is one more when somebody asks for room, and one fewer when a head
 * was announced and half of the others would be enough.
 */
import { type AudienceName, parseAudience } from '#core'
import { hubStub } from '../stubs.ts'
import type { HubRpc, Region } from './interface.ts'
import { childrenOf, MAX_NODES, parseNodeName } from './tree.ts'

const SIZE = 'size'
const REVOKED = 'revoked/'

export class Branches {
  readonly #storage: DurableObjectStorage
  readonly #env: Env
  readonly #node: number
  readonly #name: AudienceName | undefined
  #shrinking: Promise<void> = Promise.resolve()

  /** `name`: of the object. */
  constructor(storage: DurableObjectStorage, env: Env, name: string) {
    this.#storage = storage
    this.#env = env
    const { aud, node } = parseNodeName(name)
    this.#node = node
    this.#name = parseAudience(aud)
  }

  /** How many hubs the audience has; only the root is told. */
  size(): number {
    return this.#storage.kv.get<number>(SIZE) ?? 1
  }

  /** For the root whose storage was erased: Workers that know of the others may still find them. */
  keepSize(size: number): void {
    if (size > 1) this.#storage.kv.put(SIZE, size)
  }

  /** Has each hub below do the same. Rejects, after all were asked, when one could not: the caller asks again. */
  async tell<T>(size: number, ask: (child: HubRpc) => Promise<T>): Promise<T[]> {
    const children = childrenOf(this.#node, size)
      .map((node) => this.#hub(node))
      .filter((child) => child !== undefined)
    const results = await Promise.allSettled(children.map(ask))
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  /**
   * Room for who knows of `from` hubs that are full: one more if there are no more yet. One that is there already is taken in
   * again: it may have been sent home in the moment in which the root was killed. `hint`: near whom.
   */
  async grow(from: number, hint: Region | undefined): Promise<number> {
    // Whoever is just being sent home must not be counted in.
    await this.#shrinking
    const size = this.size()
    const isNew = size === from && size < MAX_NODES
    // Counted first, so that nothing is announced past it once it has readers.
    if (isNew) this.#storage.kv.put(SIZE, size + 1)
    if (isNew || (from > 0 && from < size)) await this.#hub(from, hint)?.adopt(this.revoked())
    return isNew ? size + 1 : size
  }

  /**
   * One fewer, when the others have twice the room that is needed. `sockets`: of all of them; `room`: of one. The last one goes
   * before it is no longer counted: nobody is left behind where nothing is announced.
   */
  async shrink(sockets: number, room: number): Promise<void> {
    // Who could not be sent home is sent with the next head.
    this.#shrinking = this.#sendHome(this.#shrinking, sockets, room).catch(() => {})
    await this.#shrinking
  }

  async #sendHome(before: Promise<void>, sockets: number, room: number): Promise<void> {
    await before
    const size = this.size()
    if (size < 2 || sockets > ((size - 1) * room) / 2) return
    await this.#hub(size - 1)?.retire()
    this.#storage.kv.put(SIZE, size - 1)
  }

  revoke(keyId: string): void {
    this.#storage.kv.put(`${REVOKED}${keyId}`, true)
  }

  isRevoked(keyId: string): boolean {
    return this.#storage.kv.get(`${REVOKED}${keyId}`) !== undefined
  }

  revoked(): readonly string[] {
    const found = [...this.#storage.kv.list({ prefix: REVOKED })]
    return found.map(([key]) => key.slice(REVOKED.length))
  }

  #hub(node: number, hint?: Region): HubRpc | undefined {
    return this.#name && hubStub(this.#env, this.#name, node, hint)
  }
}
