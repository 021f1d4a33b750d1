/** What happened: revisions, their differences, and the whole project at one of them. */
import type { ItemKind } from '#core'
import { contentDifference } from '../domain/difference.ts'
import { environmentLayer, type ItemContent, refId } from '../domain/items.ts'
import { type Access, maySee } from '../domain/grants.ts'
import type {
  ProjectRpc,
  RevisionEntry,
  StoredItem,
  StoredRef,
} from '../objects/project/interface.ts'
import { currentRevision, type HandlersOf, requireAllowed, valueOf } from './call.ts'
import { batches, contentsById, readContents } from './contents.ts'
import { BASE, readPoint } from './reading.ts'
import { streamItems } from './streaming.ts'

/** Secrets are left out: who reads a project need not know of them. */
const KINDS: readonly ItemKind[] = ['environment', 'config', 'schema', 'mirror', 'flag', 'segment']

export const revisionHandlers: HandlersOf<
  'listRevisions' | 'getRevision' | 'getDifference' | 'getEnvironmentDifference' | 'exportProject'
> = {
  async listRevisions({ identity, parameters, project, query }) {
    const revision = await currentRevision(project)
    const { items, ...page } = valueOf(await project.revisions(query))
    const shown = items.map((entry) => seenBy(identity, parameters.project, entry))
    return { body: { ...page, items: shown }, revision }
  },

  async getRevision({ identity, project, parameters }) {
    const revision = await currentRevision(project)
    const entry = valueOf(await project.revision(Number(parameters.revision)))
    return { body: seenBy(identity, parameters.project, entry), revision }
  },

  async getDifference({ project, parameters, query }) {
    const from = Number(parameters.revision)
    const to = Number(parameters.to)
    const revision = await currentRevision(project)
    const items = differences(project, from, to, query)
    return { body: await streamItems({ from, to }, items), revision }
  },

  async getEnvironmentDifference({ identity, parameters, project, query }) {
    const { config, flag, ...sides } = query
    const target = { project: parameters.project, environment: query.to }
    requireAllowed(identity, 'difference.read', target)
    const item =
      config === undefined
        ? flag && ({ kind: 'flag', key: flag } as const)
        : ({ kind: 'config', key: config } as const)
    const revision = await currentRevision(project)
    const items = valueOf(await project.differences({ ...sides, ...(item && { item }) }))
    return { body: { items }, revision }
  },

  async exportProject({ project, parameters, query }) {
    const at = await readPoint(project, query.revision)
    const members = { project: parameters.project, revision: at.revision }
    return {
      body: await streamItems(members, allItems(project, at.revision)),
      revision: at.current,
    }
  },
}

/** Without the secrets whose names the caller may not list. */
function seenBy(access: Access, project: string, entry: RevisionEntry): RevisionEntry {
  return { ...entry, changed: entry.changed.filter((ref) => maySee(access, project, ref)) }
}

async function* allItems(
  project: ProjectRpc,
  revision: number,
): AsyncGenerator<readonly StoredItem[]> {
  for (const kind of KINDS) {
    const refs = valueOf(await project.refs(kind, revision))
    yield* readContents(project, refs, revision)
  }
}

/** What differs between two revisions, with contents; with `environment` only the bases and that environment's layers. */
async function* differences(
  project: ProjectRpc,
  from: number,
  to: number,
  { environment, as }: { readonly environment?: string; readonly as: 'content' | 'patch' | 'text' },
) {
  const pairs: { readonly before?: StoredRef; readonly after?: StoredRef }[] = []
  for (const kind of KINDS.toSorted()) {
    const was = await layersOf(project, kind, from, environment)
    const is = await layersOf(project, kind, to, environment)
    for (const id of [...new Set([...was.keys(), ...is.keys()])].toSorted()) {
      const [before, after] = [was.get(id), is.get(id)]
      if (before?.sha256 === after?.sha256) continue
      pairs.push({ ...(before && { before }), ...(after && { after }) })
    }
  }
  const sizeOf = ({ before, after }: (typeof pairs)[number]): number =>
    (before?.size ?? 0) + (after?.size ?? 0)
  for (const batch of batches(pairs, sizeOf)) {
    const was = await contentsById(
      project,
      batch.flatMap(({ before }) => before ?? []),
      from,
    )
    const is = await contentsById(
      project,
      batch.flatMap(({ after }) => after ?? []),
      to,
    )
    yield batch.flatMap(({ before, after }) => {
      const ref = before ?? after
      if (ref === undefined) return []
      const { kind, key, layer } = ref
      const [old, now] = [was.get(refId(ref)), is.get(refId(ref))]
      const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
      if (as === 'content') {
        const contents = {
          ...(old && { before: old.content }),
          ...(now && { after: now.content }),
        }
        return { kind, key, layer, change, ...contents }
      }
      const { patch, text } = contentDifference(asItem(old), asItem(now), `${kind}/${key}/${layer}`)
      const shown = as === 'text' ? { text } : { ...(patch && { patch }) }
      return { kind, key, layer, change, ...shown }
    })
  }
}

function asItem(stored: StoredItem | undefined): ItemContent | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is stored passed the check of its kind
  return stored?.content as ItemContent | undefined
}

async function layersOf(
  project: ProjectRpc,
  kind: ItemKind,
  revision: number,
  environment: string | undefined,
): Promise<ReadonlyMap<string, StoredRef>> {
  const refs = valueOf(await project.refs(kind, revision))
  const layers = environment === undefined ? undefined : [BASE, environmentLayer(environment)]
  const wanted = refs.filter(({ layer }) => layers === undefined || layers.includes(layer))
  return new Map(wanted.map((ref) => [refId(ref), ref]))
}
