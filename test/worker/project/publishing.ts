/** A publisher over real storage with a clock, a KV, a hub and a signer that tests hold in their hands. */
import { env } from 'cloudflare:workers'
import { runInDurableObject } from 'cloudflare:test'
import type { HeadContent } from '../../../worker/objects/hub/interface.ts'
import type { AudienceName, ManifestClaims, Operation } from '#core'
import { formatAudience } from '#core'
import { applyChangeSet } from '../../../worker/domain/change-set.ts'
import { commit } from '../../../worker/objects/project/commit.ts'
import { createFailpoint } from '../../../worker/objects/project/failpoint.ts'
import type { Committed, Head } from '../../../worker/objects/project/interface.ts'
import { createProject, removeProject } from '../../../worker/objects/project/lifecycle.ts'
import { readHead, type Target } from '../../../worker/objects/project/outbox.ts'
import { readProject } from '../../../worker/objects/project/project-row.ts'
import { projectKeysOf } from './project-keys.ts'
import { Publisher } from '../../../worker/objects/project/publish.ts'
import { ItemStore } from '../../../worker/objects/project/store.ts'
import { digest } from '../../../worker/objects/sha256.ts'
import { caller, must } from '../support/objects.ts'

export const SERVER: Target = { environment: 'production', audience: 'server' }

export interface Stage {
  readonly publisher: Publisher
  readonly storage: DurableObjectStorage
  readonly kv: Map<string, string>
  /** What happened outside, in order: `put head/…`, `announce 3`, … */
  readonly log: string[]
  /** Steps that fail while their name is in here: `put`, `announce`, `sign`. */
  readonly broken: Set<string>
  /** What was reported to whoever operates this. */
  readonly reported: unknown[]
  /** Claims of everything signed. */
  readonly signed: ManifestClaims[]
  /** Runs while the next signature is being made. */
  whileSigning: (() => void) | undefined
  nowMs: number
  commit(...operations: readonly Operation[]): Committed
  create(epoch?: number): Committed
  remove(): void
  head(target?: Target): Head & { revision: number }
  outbox(): readonly Record<string, SqlStorageValue>[]
  /** The publisher of a process that starts anew on the same storage. */
  restart(failpoint?: string): Publisher
}

/** Runs `play` in an object of its own, on whose storage nothing else works. */
export function onStage<R>(play: (stage: Stage) => Promise<R>): Promise<R> {
  const stub = env.PROJECT.get(env.PROJECT.newUniqueId())
  return runInDurableObject(stub, (_, { storage }) => play(createStage(storage)))
}

function createStage(storage: DurableObjectStorage): Stage {
  const store = new ItemStore(storage.sql)
  const attempt = async (step: string, what: string): Promise<void> => {
    if (stage.broken.has(step)) throw new Error(`${step} is broken`)
    stage.log.push(what)
  }
  const kv: Pick<KVNamespace, 'put' | 'delete'> = {
    async put(key: string, value: unknown) {
      await attempt('put', `put ${short(key)}`)
      stage.kv.set(
        key,
        value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value),
      )
    },
    async delete(key: string | string[]) {
      await attempt('put', `delete ${short(String(key))}`)
      stage.kv.delete(String(key))
    },
  }
  const hub = (name: AudienceName) => ({
    announce: async (head: Head, { body }: HeadContent = {}) => {
      const what = `announce ${formatAudience(name)} ${head.seq}`
      await attempt('announce', body === undefined ? what : `${what} with body`)
      return 0
    },
    disconnect: (id: string) => attempt('announce', `disconnect ${id}`),
    disconnectAll: () => attempt('announce', `disconnectAll ${formatAudience(name)}`),
  })
  const signer = {
    async sign(claims: ManifestClaims) {
      if (stage.broken.has('sign')) throw new Error('sign is broken')
      const meanwhile = stage.whileSigning
      stage.whileSigning = undefined
      meanwhile?.()
      stage.signed.push(claims)
      return JSON.stringify(claims)
    },
  }
  const restart = (failpoint?: string): Publisher =>
    new Publisher({
      storage,
      store: new ItemStore(storage.sql),
      signer,
      keys: projectKeysOf(storage, () => stage.nowMs),
      issuer: 'driftless',
      nowMs: () => stage.nowMs,
      failpoint: createFailpoint(failpoint),
      kv: () => kv,
      hub,
      report: (error) => stage.reported.push(error),
    })
  const publisher = restart()
  const ports = {
    storage,
    store,
    nowMs: () => stage.nowMs,
    arm: () => publisher.arm(),
    randomSeed: () => 'seed',
  }
  const stage: Stage = {
    publisher,
    storage,
    kv: new Map(),
    log: [],
    broken: new Set(),
    reported: [],
    signed: [],
    whileSigning: undefined,
    // Far ahead, so that the runtime does not fire our alarms.
    nowMs: 4_000_000_000_000,
    create(epoch = 1) {
      const environments = { production: { protected: true, deployment: 'all-at-once' } } as const
      return must(
        createProject(ports, { name: 'shop', epoch, environments, reason: 'begin' }, caller),
      )
    },
    commit(...operations) {
      const project = readProject(storage.sql)
      if (project === undefined) throw new Error('no project')
      const note = { kind: 'change', reason: 'because', action: 'change', operations: [] } as const
      const change = { reason: 'because', operations }
      const plan = (source: Parameters<typeof applyChangeSet>[0]) =>
        applyChangeSet(source, change, { digest, randomSeed: () => 'seed' })
      return must(commit(ports, project, note, plan, { caller, base: '*' }))
    },
    remove() {
      must(removeProject(ports, 'shop', 'over', caller))
    },
    head(target = SERVER) {
      const row = readHead(storage.sql, target)
      if (row === undefined || row.manifest === null) throw new Error('no head')
      return { ...row, manifest: row.manifest }
    },
    outbox: () => storage.sql.exec('SELECT * FROM outbox ORDER BY environment, audience').toArray(),
    restart,
  }
  return stage
}

/** Leaves out hashes, which say nothing to a reader of the test. */
function short(key: string): string {
  return key.replace(/\/[0-9a-f]{64}$/, '')
}
