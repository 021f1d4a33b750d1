import { env } from 'cloudflare:workers'
import { runInDurableObject } from 'cloudflare:test'
import { expect, test } from 'vitest'
import { applyChangeSet } from '../../../worker/domain/change-set.ts'
import { commit, type CommitPorts, type Plan } from '../../../worker/objects/project/commit.ts'
import { createProject } from '../../../worker/objects/project/lifecycle.ts'
import { readProject } from '../../../worker/objects/project/project-row.ts'
import { ItemStore } from '../../../worker/objects/project/store.ts'
import { digest } from '../../../worker/objects/sha256.ts'
import { caller, config, flag } from './support.ts'

/** Every statement a commit makes, by the words it begins with. */
const STATEMENTS = [
  'INSERT INTO revision',
  'INSERT INTO blob',
  'UPDATE item_version',
  'INSERT INTO item_version',
  'UPDATE project',
  'INSERT INTO audit',
  'INSERT INTO outbox',
  'INSERT OR REPLACE INTO idempotency',
]

/** The storage, but statements that begin like `full` fail as they do on a full disk. */
function storageThatIsFull(
  storage: DurableObjectStorage,
  full: () => string,
): DurableObjectStorage {
  const sql = new Proxy(storage.sql, {
    get: (target, name) =>
      name === 'exec'
        ? (query: string, ...bindings: unknown[]) => {
            if (full() !== '' && query.trim().startsWith(full())) {
              throw new Error('database or disk is full: SQLITE_FULL')
            }
            return target.exec(query, ...bindings)
          }
        : Reflect.get(target, name, target),
  })
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'sql') return sql
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

const plan: Plan = (source) =>
  applyChangeSet(
    source,
    { reason: 'because', operations: [config({ a: 1 }), flag()] },
    { digest, randomSeed: () => 'seed' },
  )

test.each(STATEMENTS)(
  'a disk that is full at "%s" is said to be, and leaves nothing',
  (statement) => {
    const stub = env.PROJECT.get(env.PROJECT.newUniqueId())
    return runInDurableObject(stub, (_, state) => {
      let full = ''
      const storage = storageThatIsFull(state.storage, () => full)
      const store = new ItemStore(storage.sql)
      const ports: CommitPorts = {
        storage,
        store,
        nowMs: () => 1_000,
        arm: () => undefined,
        randomSeed: () => 'seed',
      }
      const environments = { production: { protected: false } }
      const request = { name: 'shop', epoch: 1, environments, reason: 'begin' }
      createProject({ ...ports, randomSeed: () => 'seed' }, request, caller)
      const project = readProject(storage.sql)
      if (project === undefined) throw new Error('no project')
      const attempt = () =>
        commit(
          ports,
          project,
          { kind: 'change', reason: 'because', action: 'change', operations: [] },
          plan,
          {
            caller,
            base: 1,
            idempotency: { key: 'once', requestSha256: 'aa' },
          },
        )
      const stored = () =>
        ['project', 'revision', 'item_version', 'blob', 'audit', 'outbox', 'idempotency'].map(
          (table) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray(),
        )
      const before = stored()
      full = statement
      expect(attempt()).toEqual({ ok: false, error: { reason: 'storage_full' } })
      expect(stored()).toEqual(before)
      full = ''
      expect(attempt()).toMatchObject({ ok: true, value: { revision: 2 } })
    })
  },
)

test('a project is not half made when the disk is full', () => {
  const stub = env.PROJECT.get(env.PROJECT.newUniqueId())
  return runInDurableObject(stub, (_, state) => {
    const storage = storageThatIsFull(state.storage, () => 'INSERT INTO audit')
    const store = new ItemStore(storage.sql)
    const ports = {
      storage,
      store,
      nowMs: () => 1_000,
      arm: () => undefined,
      randomSeed: () => 'seed',
    }
    const request = { name: 'shop', epoch: 1, environments: {}, reason: 'begin' }
    expect(createProject(ports, request, caller)).toEqual({
      ok: false,
      error: { reason: 'storage_full' },
    })
    expect(state.storage.sql.exec('SELECT name FROM sqlite_master').toArray()).toEqual([])
  })
})
