/**
 * What a flag would answer, and why. Evaluates with the core itself, over the body a server would get; with all foreign
 * bucketers, as an application that moved here passes in.
 */
import { compile, explain } from '#core'
import type { EvaluationDetails, SnapshotBody } from '#core'
import { bucketers } from '#migrate/bucketers.ts'
import { flagEnvironmentItem, flagItem } from '../../admin/contract/flag.ts'
import { segmentItem } from '../../admin/contract/segment.ts'
import { type ItemContent, itemsOver, refId } from '../domain/items.ts'
import { evaluatedBody } from '../domain/snapshot.ts'
import type { ProjectRpc, StoredItem } from '../objects/project/interface.ts'
import { type HandlersOf, valueOf } from './call.ts'
import { contentOf } from './content.ts'
import { readAllContents } from './contents.ts'
import { BASE, layerOf, readPoint } from './reading.ts'

export const evaluateHandlers: HandlersOf<'evaluate'> = {
  async evaluate({ backend, project, parameters, body: { flag, context, atMs, revision } }) {
    const { environment } = parameters
    const at = await readPoint(project, revision)
    // An environment that is not there has no flags, which would look like an answer.
    valueOf(await project.item({ kind: 'environment', key: environment, layer: BASE }, at.revision))
    const body = await bodyOf(project, parameters.project, environment, at.revision)
    const nowMs = atMs ?? backend.nowMs()
    const results =
      flag === undefined
        ? evaluateAll(body, context, nowMs)
        : [explain(body, flag, context, { nowMs, bucketers })]
    return { body: { revision: at.revision, results: results.map(served) }, revision: at.current }
  },
}

function evaluateAll(
  body: SnapshotBody,
  context: Readonly<Record<string, unknown>>,
  nowMs: number,
): readonly EvaluationDetails[] {
  const evaluator = compile(body, { bucketers })
  return evaluator
    .flagKeys()
    .toSorted()
    .map((key) => evaluator.details(key, undefined, null, context, nowMs))
}

/** Nobody gave a fallback here: where it would be served there is no value. */
function served<T extends EvaluationDetails>({ value, ...details }: T) {
  return details.variant === undefined ? details : { ...details, value }
}

/** What a server in `environment` evaluates with. */
async function bodyOf(
  project: ProjectRpc,
  name: string,
  environment: string,
  revision: number,
): Promise<SnapshotBody> {
  const layers = [BASE, layerOf(environment)]
  const read = async (kind: 'flag' | 'segment') => {
    const refs = valueOf(await project.refs(kind, revision))
    const wanted = refs.filter(({ layer }) => layers.includes(layer))
    return readAllContents(project, wanted, revision)
  }
  const flags = await read('flag')
  const segments = await read('segment')
  const contents = new Map<string, ItemContent>()
  for (const item of flags) contents.set(refId(item), flagContent(item))
  for (const item of segments) contents.set(refId(item), contentOf(segmentItem, item))
  const items = itemsOver({
    get: (ref) => contents.get(refId(ref)),
    refs: (kind) => (kind === 'flag' ? flags : kind === 'segment' ? segments : []),
    size: () => 0,
  })
  return evaluatedBody(items, { project: name, environment, audience: 'server' }, revision)
}

function flagContent(item: StoredItem): ItemContent {
  return item.layer === BASE ? contentOf(flagItem, item) : contentOf(flagEnvironmentItem, item)
}
