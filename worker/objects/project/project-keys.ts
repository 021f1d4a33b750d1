/**
 * The keys that wrap a project's data keys: made when first needed, replaced on request or before they wrapped too much. Data
 * keys move to the newest one in batches by alarm; a key that wraps nothing any more is erased. Opened keys stay in memory.
 */
import { KEY_BYTES } from '../../crypto/aead.ts'
import { rewrapDataKey } from '../../crypto/envelope.ts'
import { MasterKeyError, type MasterKeys } from '../../crypto/master-key.ts'
import { type RandomBytes, unwrap, UnwrapError, wrap, wrappingKeyId } from '../../crypto/wrap.ts'
import { appendAudit, type Act } from '../audit-chain.ts'
import {
  dataKeysUnder,
  destroyProjectKey,
  insertProjectKey,
  liveProjectKeys,
  postponeRewrap,
  projectKeys,
  referencesTo,
  replaceDataKey,
  replaceWrapping,
} from './secret-rows.ts'
import type { WrapLabel, WrappingKey, WrappingKeys } from '../../crypto/wrap.ts'
import type { KeyRotation } from './interface.ts'

/** 2^32 × 0.9: how many data keys one project key may wrap with random nonces (SP 800-38D §8.3). */
export const MAX_WRAPS = 3_865_470_566
/** Data keys moved in one transaction, and by one alarm. */
const BATCH = 100
const PER_ALARM = 5_000
const RETRY_MS = 60_000
const PURPOSE = 'project-key'

export interface KeyPorts {
  readonly storage: DurableObjectStorage
  readonly masterKeys: () => MasterKeys
  readonly randomBytes: RandomBytes
  /** A name for a new key: `A-Z a-z 0-9 _`, never one that was there. */
  readonly newId: () => string
  readonly nowMs: () => number
  /** Sets the alarm; called inside the transaction. */
  readonly arm: () => void
}

/** Who makes a key, and why. */
export type NewKeyNote = Pick<Act, 'actor' | 'tokenId' | 'address' | 'reason'>

export class ProjectKeys {
  readonly #ports: KeyPorts
  readonly #sql: SqlStorage
  readonly #opened = new Map<string, WrappingKey>()

  constructor(ports: KeyPorts) {
    this.#ports = ports
    this.#sql = ports.storage.sql
  }

  /**
   * All keys of the project, the newest in front; makes the first one, and the next one before this one wrapped too much.
   *
   * @throws MasterKeyError when a key that wraps one of them is missing
   */
  async ring(project: string): Promise<WrappingKeys> {
    const [newest] = liveProjectKeys(this.#sql)
    if (newest === undefined) {
      await this.add(project, { actor: 'system', reason: 'the first key' })
    } else if (newest.wraps >= MAX_WRAPS) {
      await this.add(project, { actor: 'system', reason: `${newest.wraps} data keys wrapped` })
    }
    const byId = new Map<string, WrappingKey>()
    for (const { id, wrapped } of liveProjectKeys(this.#sql)) {
      byId.set(id, await this.#open(project, id, wrapped))
    }
    const [first] = byId.values()
    if (first === undefined) throw new Error('the project key went while it was opened')
    return { first, byId }
  }

  /** Makes a key that wraps from now on, unless another was made meanwhile, with its audit row. Data keys follow by alarm. */
  async add(project: string, note: NewKeyNote): Promise<void> {
    const { storage, randomBytes, newId, nowMs, arm, masterKeys } = this.#ports
    const before = liveProjectKeys(this.#sql)[0]?.id
    const id = newId()
    const label = { purpose: PURPOSE, name: `${project}/${id}` }
    const wrapped = await wrap(randomBytes(KEY_BYTES), label, masterKeys(), randomBytes)
    storage.transactionSync(() => {
      if (liveProjectKeys(this.#sql)[0]?.id !== before) return
      const atMs = nowMs()
      insertProjectKey(this.#sql, id, wrapped, atMs)
      const action = before === undefined ? 'project_key.create' : 'project_key.rotate'
      appendAudit(this.#sql, { atMs, ...note, action, target: `project-key/${id}` })
      arm()
    })
  }

  /** Moves data keys to the newest key, as many as one alarm may, and erases keys that wrap nothing. Safe to repeat. */
  async rewrap(project: string): Promise<void> {
    const { storage, nowMs, arm } = this.#ports
    const retired = projectKeys(this.#sql).filter(
      ({ retiredAtMs, destroyedAtMs }) => retiredAtMs !== null && destroyedAtMs === null,
    )
    if (retired.length === 0) return this.#followMaster(project)
    try {
      let left = PER_ALARM
      for (const { id } of retired.toReversed()) {
        for (let moved = BATCH; moved > 0 && left > 0; left -= moved) {
          moved = await this.#moveBatch(project, id)
        }
        storage.transactionSync(() => {
          if (referencesTo(this.#sql, id) > 0) return
          destroyProjectKey(this.#sql, id, nowMs())
          this.#opened.delete(id)
        })
      }
    } catch (error) {
      postponeRewrap(this.#sql, nowMs() + RETRY_MS)
      throw error
    } finally {
      arm()
    }
  }

  /** Under a new master key in front, also where nobody uses the secrets: the old one is to be needed by nobody soon. */
  async #followMaster(project: string): Promise<void> {
    const live = liveProjectKeys(this.#sql)
    if (live.length === 0) return
    const { first } = this.#ports.masterKeys()
    if (live.some(({ wrapped }) => wrappingKeyId(wrapped) !== first.id)) await this.ring(project)
  }

  /** How far the move to the newest key is. */
  status(): KeyRotation {
    const keys = projectKeys(this.#sql).map((row) => ({
      id: row.id,
      masterKey: row.wrapped === null ? null : (wrappingKeyId(row.wrapped) ?? null),
      createdAtMs: row.createdAtMs,
      retiredAtMs: row.retiredAtMs,
      destroyedAtMs: row.destroyedAtMs,
      wraps: row.wraps,
      dataKeys: referencesTo(this.#sql, row.id),
    }))
    const [current, ...others] = keys
    const remaining = others.reduce((sum, { dataKeys }) => sum + dataKeys, 0)
    const isDone = others.every(({ destroyedAtMs }) => destroyedAtMs !== null)
    return { current: current?.id ?? null, isDone, remaining, keys }
  }

  async #moveBatch(project: string, keyId: string): Promise<number> {
    const { storage, randomBytes } = this.#ports
    const batch = dataKeysUnder(this.#sql, project, keyId, BATCH)
    if (batch.length === 0) return 0
    const ring = await this.ring(project)
    const moved = await Promise.all(
      batch.map(async (stored) => ({
        stored,
        moved: await rewrapDataKey(stored, stored.use, ring, randomBytes),
      })),
    )
    storage.transactionSync(() => {
      for (const one of moved) replaceDataKey(this.#sql, one.stored, one.moved)
    })
    return batch.length
  }

  async #open(project: string, id: string, wrapped: string): Promise<WrappingKey> {
    const master = this.#ports.masterKeys()
    const label = { purpose: PURPOSE, name: `${project}/${id}` }
    const key = this.#opened.get(id) ?? {
      id,
      bytes: await unwrapProjectKey(wrapped, label, master),
    }
    this.#opened.set(id, key)
    // A new master key stands in front: nothing is to need the old one any more.
    if (wrappingKeyId(wrapped) !== master.first.id) {
      const anew = await wrap(key.bytes, label, master, this.#ports.randomBytes)
      replaceWrapping(this.#sql, id, wrapped, anew)
    }
    return key
  }
}

async function unwrapProjectKey(
  wrapped: string,
  label: WrapLabel,
  master: MasterKeys,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await unwrap(wrapped, label, master)
  } catch (error) {
    if (!(error instanceof UnwrapError) || error.code === 'malformed') throw error
    const id = wrappingKeyId(wrapped) ?? ''
    const what =
      error.code === 'unknown_master_key'
        ? `is not in MASTER_KEY`
        : 'is not the one in MASTER_KEY that has its id'
    throw new MasterKeyError(`the master key ${id}, which wraps the project's keys, ${what}`, id)
  }
}
