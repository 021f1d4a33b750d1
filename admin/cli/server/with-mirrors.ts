/**
 * What mirrors make of a change. Where a mirror heals, its follower says what its leader says, whatever the follower's file says: the
 * server repairs it in the same revision. So what a folder declares is its files, and over them its mirrors; only the server knows
 * what comes of both, and it is asked by a dry run.
 */
import { isJsonObject, type Operation } from '#core'
import { AdminError } from '../../contract/client.ts'
import { type ItemChange, changesBetween } from '../folder/differences.ts'
import { idOf, type Items, isKind } from '../folder/items.ts'
import type { Overruled } from '../folder/overruled.ts'
import { oversize } from '../folder/plan.ts'
import type { Call } from '../frame/command.ts'
import type { ProjectSession } from '../frame/settings.ts'

export interface Effective {
  /** What is declared, with what mirrors make of it. */
  readonly declared: Items
  /** From published to that. */
  readonly changes: readonly ItemChange[]
  readonly overruled: readonly Overruled[]
}

export interface Wanted {
  readonly published: Items
  readonly declared: Items
  readonly changes: readonly ItemChange[]
  readonly operations: readonly Operation[]
  readonly revision: number
}

/** Asks nothing where no declared mirror heals, or nothing differs. */
export async function withMirrors(
  call: Call,
  { client, project }: ProjectSession,
  { published, declared, changes, operations, revision }: Wanted,
): Promise<Effective> {
  const asWritten = { declared, changes, overruled: [] }
  const heals = [...declared.values()].some(
    ({ ref, content }) => ref.kind === 'mirror' && content['mode'] === 'heal',
  )
  if (!heals || operations.length === 0 || oversize(operations) !== undefined) return asWritten
  const body = await client
    .commitChanges({
      parameters: { project },
      body: { base: revision, reason: 'what would change', operations: [...operations] },
      query: { dryRun: 'true', contents: 'true' },
      signal: call.io.signal,
    })
    .then((answer) => answer.body)
    .catch((error: unknown) => {
      // What the server refuses is told by whoever sends it; without an answer the files are what is declared.
      if (error instanceof AdminError) return undefined
      throw error
    })
  const repaired = (body?.mirrors ?? []).filter(({ outcome }) => outcome === 'repaired')
  if (body === undefined || repaired.length === 0) return asWritten
  const effective = new Map(declared)
  for (const { config, environment } of repaired) {
    const layer = environment === '' ? 'base' : `env:${environment}`
    const id = idOf({ kind: 'config', key: config, layer })
    // A layer that comes out as it was is not among the changed ones.
    const live = published.get(id)
    if (live === undefined) effective.delete(id)
    else effective.set(id, live)
  }
  for (const { kind, key, layer, content } of body.changed) {
    if (kind !== 'config' || !isKind(kind) || !isJsonObject(content)) continue
    const ref = { kind, key, layer }
    effective.set(idOf(ref), { ref, content })
  }
  return {
    declared: effective,
    changes: changesBetween(published, effective),
    overruled: repaired.map(({ mirror, config, environment, pointer }) => ({
      mirror,
      config,
      environment,
      pointer,
    })),
  }
}
