/** What a flag would answer. Evaluates with the core itself, over the items as an environment sees them. */
import { compile, SNAPSHOT_FORMAT } from '#core'
import type { Flag, JsonValue, Segment, SnapshotBody } from '#core'
import { segmentItem } from '../../admin/contract/segment.ts'
import { flagEnvironmentItem, flagItem } from '../../admin/contract/flag.ts'
import { flattenFlag } from '../domain/snapshot.ts'
import { type ItemContent, itemsOver, refId } from '../domain/items.ts'
import type { ProjectRpc, StoredItem } from '../objects/project/interface.ts'
import { type HandlersOf, valueOf } from './call.ts'
import { contentOf } from './content.ts'
import { BASE, readPoint } from './reading.ts'

export const evaluateHandlers: HandlersOf<'evaluate'> = {
  async evaluate({ backend, project, parameters, body }) {
    const { environment } = parameters
    const at = await readPoint(project, body.revision)
    // An environment that is not there has no flags, which would look like an answer.
    valueOf(await project.item({ kind: 'environment', key: environment, layer: BASE }, at.revision))
    const evaluator = compile(await bodyOf(project, parameters.project, environment, at.revision))
    const nowMs = body.atMs ?? backend.nowMs()
    const keys = body.flag === undefined ? evaluator.flagKeys().toSorted() : [body.flag]
    const results = keys.map((key) => {
      const { value, ...details } = evaluator.details(key, undefined, null, body.context, nowMs)
      return details.variant === undefined ? details : { ...details, value }
    })
    return { body: { revision: at.revision, results }, revision: at.current }
  },
}

/** What a server in `environment` evaluates with; configs have no part in it. */
async function bodyOf(
  project: ProjectRpc,
  name: string,
  environment: string,
  revision: number,
): Promise<SnapshotBody> {
  const flagItems = valueOf(await project.items('flag', revision))
  const segmentItems = valueOf(await project.items('segment', revision))
  const contents = new Map<string, ItemContent>()
  for (const item of flagItems) contents.set(refId(item), flagContent(item))
  const items = itemsOver({
    get: (ref) => contents.get(refId(ref)),
    refs: () => [],
    size: () => 0,
  })
  const flags = new Map<string, Flag>()
  for (const { key, layer } of flagItems) {
    const flag = layer === BASE ? flattenFlag(items, key, environment) : undefined
    if (flag !== undefined) flags.set(key, flag)
  }
  return {
    format: SNAPSHOT_FORMAT,
    project: name,
    environment,
    audience: 'server',
    revision,
    configs: {},
    flags: Object.fromEntries(flags),
    segments: Object.fromEntries(segmentItems.map((item) => [item.key, segmentOf(item)])),
    secrets: noSecrets,
  }
}

const noSecrets: Readonly<Record<string, JsonValue>> = {}

function flagContent(item: StoredItem): ItemContent {
  return item.layer === BASE ? contentOf(flagItem, item) : contentOf(flagEnvironmentItem, item)
}

function segmentOf(item: StoredItem): Segment {
  const {
    visibility: _visibility,
    description: _description,
    ...segment
  } = contentOf(segmentItem, item)
  return segment
}
