/** What an import leaves an SDK with: the operations pass the same checks and the same builder as in the Worker. */
import { createHash } from 'node:crypto'
import type { Operation, SnapshotBody } from '#core'
import { applyChangeSet } from '../../worker/domain/change-set.ts'
import { composeSnapshot, createRenderer } from '../../worker/domain/snapshot.ts'

const ports = {
  digest: (text: string) => ({
    sha256: createHash('sha256').update(text).digest('hex'),
    size: Buffer.byteLength(text),
  }),
  randomSeed: () => 'seed',
}

/** The server body of `environment` in a project that holds nothing else. Throws with the issues when it is refused. */
export function bodyOf(environment: string, operations: readonly Operation[]): SnapshotBody {
  const created = { op: 'createEnvironment', environment, protected: false } as const
  const nothing = { get: () => undefined, refs: () => [], size: () => 0 }
  const changeSet = { reason: 'import', operations: [created, ...operations] }
  const applied = applyChangeSet(nothing, changeSet, ports)
  if (!applied.ok) throw new Error(JSON.stringify(applied.error, undefined, 1).slice(0, 4000))
  const subject = { project: 'imported', environment, audience: 'server' } as const
  const { items } = applied.value
  const composed = composeSnapshot(items, subject, createRenderer(ports.digest))
  const body: SnapshotBody = JSON.parse(composed.textAt(1))
  return body
}
