/** `history`, `rollback`: the revisions, and the way back to one. */
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { connectProject } from '../frame/settings.ts'
import { headedTable, itemText, timeText } from '../frame/table.ts'
import { changedText, confirmDeletions, doneText } from '../server/commit.ts'
import { readAll } from '../server/pages.ts'
import { readPublished } from '../server/published.ts'

const DEFAULT_LIMIT = 20

/** @throws UserError unless it is a whole number of at least 1. */
export function readNumber(text: string | undefined, name: string, fallback: number): number {
  if (text === undefined) return fallback
  const number = Number(text.replace(/^r(?=\d)/, ''))
  if (!Number.isSafeInteger(number) || number < 1)
    throw new UserError(`${name} must be a whole number of at least 1`)
  return number
}

export async function history(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const limit = readNumber(call.text('limit'), '--limit', DEFAULT_LIMIT)
  const wanted = call.optional('item')
  const entries = await readAll(
    (query) => client.listRevisions({ parameters: { project }, query }),
    wanted === undefined ? limit : Infinity,
  )
  const revisions = entries
    .filter(({ changed }) => wanted === undefined || changed.some(({ key }) => key === wanted))
    .slice(0, limit)
  const rows = revisions.map(({ revision, atMs, author, reason, kind, changed }) => [
    String(revision),
    timeText(atMs),
    author,
    kind === 'change' ? reason : `(${kind}) ${reason}`,
    changed.length > 3
      ? `${changed.slice(0, 3).map(itemText).join(', ')}, +${changed.length - 3}`
      : changed.map(itemText).join(', '),
  ])
  return {
    text:
      headedTable(call.io.colors, ['REVISION', 'UTC', 'WHO', 'WHY', 'WHAT'], rows) ||
      'no revisions',
    json: { revisions },
  }
}

export async function rollback(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const { client, project } = session
  const environment = call.text('env')
  const item = readItem(call.text('item'))
  const where = whereTo(call)
  const { revision } = await readPublished(session)
  const request = {
    parameters: { project },
    body: {
      ...where.body,
      reason: call.text('reason') ?? `roll back ${where.text}`,
      ...(environment !== undefined && { environment }),
      ...(item !== undefined && { item }),
    },
    ifMatch: revision,
  }
  const { body: checked } = await client.rollback({ ...request, query: { dryRun: 'true' } })
  const shown = checked.changed.map(changedText).join('\n')
  if (checked.changed.length === 0) return { text: `nothing differs ${where.text}`, json: checked }
  if (call.is('dry-run')) return { text: `${shown}\nnothing was written: a dry run`, json: checked }
  const gone = checked.changed.filter(({ after }) => after === null)
  await confirmDeletions(call, gone.map(itemText))
  const { body } = await client.rollback(request)
  return { text: `${shown}\n${doneText(body)}`, json: body }
}

function whereTo(call: Call) {
  const to = call.optional('revision')
  const back = call.text('back')
  if (to !== undefined && back !== undefined)
    throw new UserError('revision and --back exclude each other')
  if (back !== undefined) {
    const steps = readNumber(back, '--back', 1)
    return { body: { back: steps }, text: `by ${steps}` }
  }
  if (to === undefined)
    throw new UserError('revision is missing', {
      hint: 'driftless history lists them; --back 1 undoes the last',
    })
  const wanted = readNumber(to, 'revision', 1)
  return { body: { to: wanted }, text: `to revision ${wanted}` }
}

function readItem(text: string | undefined) {
  if (text === undefined) return undefined
  const [, kind, key = ''] = /^(config|flag|segment):(.+)$/.exec(text) ?? []
  if (kind !== 'config' && kind !== 'flag' && kind !== 'segment')
    throw new UserError('--item must be config:<name>, flag:<key> or segment:<key>')
  return { kind, key } as const
}
