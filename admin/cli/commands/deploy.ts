/** `deploy …`: releases step by step. */
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { requestedStrategy } from '../../contract/deployment.ts'
import { parseWith } from '../../contract/schema.ts'
import { readDuration } from '../frame/duration.ts'
import { connectProject, type ProjectSession } from '../frame/settings.ts'
import { headedTable, table, timeText } from '../frame/table.ts'
import { confirmDeletions } from '../server/commit.ts'
import { readAll } from '../server/pages.ts'
import { readNumber } from './history.ts'

const PARTS_PER_PERCENT = 1_000
const MIN_INTERVAL_MS = 100
type Deployment = Awaited<ReturnType<ProjectSession['client']['getDeployment']>>['body']

/** Of a deployment that goes on no more. */
const ENDED: readonly string[] = [
  'complete',
  'rolled-back',
  'cancelled',
] satisfies Deployment['status'][]

const percent = (share: number): string => `${share / PARTS_PER_PERCENT} %`

export async function list(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const environment = call.text('env')
  const max = readNumber(call.text('limit'), '--limit', 20)
  const deployments = await readAll(
    (query) =>
      client.listDeployments({
        parameters: { project },
        query: { ...query, ...(environment !== undefined && { environment }) },
      }),
    max,
  )
  const rows = deployments.map((one) => [
    one.id,
    one.environment,
    `${one.stableRevision} → ${one.revision}`,
    one.status,
    percent(shareOf(one)),
    one.strategy,
    timeText(one.createdAtMs),
    one.author,
  ])
  return {
    text:
      headedTable(
        call.io.colors,
        ['ID', 'ENVIRONMENT', 'REVISIONS', 'STATUS', 'SHARE', 'STRATEGY', 'CREATED', 'WHO'],
        rows,
      ) || 'no deployments',
    json: { deployments },
  }
}

export async function start(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const environment = call.text('env')
  if (environment === undefined) throw new UserError('--env is missing')
  const revision = call.text('revision')
  const wanted = call.text('strategy')
  const strategy = wanted === undefined ? undefined : readStrategy(wanted)
  const { body } = await client.createDeployment({
    parameters: { project },
    body: {
      environment,
      ...(revision !== undefined && { revision: readNumber(revision, '--revision', 1) }),
      ...(strategy !== undefined && { strategy }),
      ...(call.is('again') && { again: true }),
      reason: call.text('reason') ?? `release to ${environment}`,
    },
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  return { text: deploymentText(body), json: body }
}

function readStrategy(text: string) {
  let input: unknown = text
  try {
    if (text.startsWith('{')) input = JSON.parse(text)
  } catch {
    throw new UserError('--strategy: neither a name nor JSON')
  }
  const read = parseWith(requestedStrategy, input)
  if (read.ok) return read.value
  const [issue] = read.issues
  throw new UserError(`--strategy${issue?.path ?? ''}: ${issue?.message ?? 'not a strategy'}`)
}

export async function show(call: Call): Promise<Outcome> {
  const body = await deploymentOf(call, await connectProject(call))
  return { text: deploymentText(body), json: body }
}

/** The one that is named; else the newest of --env. */
async function deploymentOf(call: Call, { client, project }: ProjectSession): Promise<Deployment> {
  const id = call.optional('deployment')
  if (id !== undefined)
    return (await client.getDeployment({ parameters: { project, deployment: id } })).body
  const environment = call.text('env')
  if (environment === undefined) throw new UserError('deployment or --env is missing')
  const { body } = await client.listDeployments({
    parameters: { project },
    query: { environment, limit: '1' },
  })
  const [newest] = body.items
  if (newest === undefined)
    throw new UserError(`there was no deployment to ${environment}`, { code: 'not_found' })
  return newest
}

/** Tells each step until it ends; exit code 2 when it did not come through. */
export async function watch(call: Call): Promise<Outcome> {
  const { io } = call
  const session = await connectProject(call)
  const intervalMs = readDuration(call.text('interval') ?? '2s', '--interval', MIN_INTERVAL_MS)
  let current = await deploymentOf(call, session)
  let told = 0
  for (;;) {
    for (const event of current.story.slice(told))
      io.out(
        call.is('json')
          ? `${JSON.stringify(event)}\n`
          : `${timeText(event.atMs)} ${event.what} at ${whereOf(event)} by ${event.by}${event.why === undefined ? '' : `: ${event.why}`}\n`,
      )
    told = current.story.length
    if (ENDED.includes(current.status) || io.signal.aborted) break
    await io.sleep(intervalMs)
    if (io.signal.aborted) break
    const { body } = await session.client.getDeployment({
      parameters: { project: session.project, deployment: current.id },
    })
    current = body
  }
  const isWell = current.status !== 'rolled-back' && current.status !== 'cancelled'
  return {
    text: `${current.environment}: ${current.status} at ${percent(shareOf(current))}`,
    json: undefined,
    exit: isWell ? 0 : 2,
  }
}

/** What is complete is what everybody has: no share gets it as a candidate any more. */
const shareOf = ({ status, share }: Deployment): number =>
  status === 'complete' ? 100 * PARTS_PER_PERCENT : share

type Act = 'pauseDeployment' | 'resumeDeployment' | 'promoteDeployment' | 'abortDeployment'

const act =
  (name: Act, verb: string) =>
  async (call: Call): Promise<Outcome> => {
    const session = await connectProject(call)
    const { id, environment, share } = await deploymentOf(call, session)
    if (name === 'abortDeployment' && !call.is('dry-run'))
      await confirmDeletions(
        call,
        [`what ${percent(share)} of ${environment} got by deployment ${id}`],
        'take back',
      )
    const { body } = await session.client[name]({
      parameters: { project: session.project, deployment: id },
      body: { reason: call.text('reason') ?? `${verb} by the command line` },
      ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
    })
    return { text: deploymentText(body), json: body }
  }

export const pause = act('pauseDeployment', 'paused')
export const resume = act('resumeDeployment', 'resumed')
export const promote = act('promoteDeployment', 'promoted')
export const abort = act('abortDeployment', 'aborted')

/** Rings by their names, then shares. */
function stepsOf({ rings = [], shares }: Deployment): string {
  const names = rings.map(({ name }) => `ring ${name}`)
  return [...names, ...shares.slice(names.length).map(percent)].join(', ')
}

function whereOf({ ring, share }: Deployment['story'][number]): string {
  return ring === undefined ? percent(share) : `ring ${ring}`
}

function deploymentText(one: Deployment): string {
  const due = one.dueAtMs === null ? '' : `, goes on ${timeText(one.dueAtMs)} UTC`
  const story = table(
    one.story.map((entry) => [
      `  ${timeText(entry.atMs)}`,
      entry.what,
      whereOf(entry),
      entry.by,
      entry.why ?? '',
    ]),
  )
  return [
    `${one.id}: ${one.environment}, revision ${one.stableRevision} → ${one.revision}, ${one.strategy}`,
    `${one.status} at ${percent(shareOf(one))} (steps ${stepsOf(one)})${due}`,
    story,
  ]
    .filter((line) => line !== '')
    .join('\n')
}
