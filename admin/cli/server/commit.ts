/** Every write of the command line is one change set: checked by a dry run first, shown, asked about where it deletes, then committed on the base it was checked on. */
import type { Operation } from '#core'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { ACKNOWLEDGE } from '../frame/flags.ts'
import { progress } from '../frame/progress.ts'
import type { ProjectSession } from '../frame/settings.ts'
import { itemText, plural } from '../frame/table.ts'
import { oversize } from '../folder/plan.ts'

export interface Write {
  readonly operations: readonly Operation[]
  /** The revision it was made on. */
  readonly base: number
  /** When the caller gave no --reason. */
  readonly reason: string
  /** Shown before anybody is asked; `''` to show nothing. */
  readonly shown?: string
  /** Further members of `--json`. */
  readonly json?: Readonly<Record<string, unknown>>
  readonly idempotencyKey?: string
}

export interface Committed {
  readonly revision: number
  readonly dryRun: boolean
  readonly changed: readonly Changed[]
  readonly environments: readonly string[]
  readonly deployments?: readonly {
    readonly id: string
    readonly environment: string
    readonly status: string
  }[]
  readonly replayed?: boolean
  readonly impact?: readonly Impact[]
}

/** What recent evaluations of one flag would get, by samples of them. */
export interface Impact {
  readonly environment: string
  readonly flag: string
  readonly samples: number
  readonly changed: number
  readonly unknown: number
  readonly moves: readonly {
    readonly from: string | null
    readonly to: string | null
    readonly samples: number
  }[]
}

export interface Changed {
  readonly kind: string
  readonly key: string
  readonly layer: string
  readonly before: string | null
  readonly after: string | null
  /** What it would hold, where a dry run was asked for it. */
  readonly content?: unknown
}

/** @throws AdminError for what the server refuses, UserError when the person says no. */
export async function write(call: Call, session: ProjectSession, what: Write): Promise<Outcome> {
  const tooMuch = oversize(what.operations)
  if (tooMuch !== undefined) throw new UserError(tooMuch, { code: 'too_large' })
  const checked = await send(session, what, call, true)
  const shown = what.shown ?? checked.changed.map(changedText).join('\n')
  if (checked.changed.length === 0)
    return { text: 'nothing differs', json: { ...what.json, ...checked } }
  if (call.is('dry-run'))
    return {
      text: [shown, impactText(checked.impact), 'nothing was written: a dry run']
        .filter(Boolean)
        .join('\n'),
      json: { ...what.json, ...checked },
    }
  await confirmDeletions(call, checked.changed.filter(({ after }) => after === null).map(itemText))
  const done = await send(session, what, call, false)
  return {
    text: `${shown === '' ? '' : `${shown}\n`}${doneText(done)}`,
    json: { ...what.json, ...done },
  }
}

/** A command that only checks has no --reason. */
function reasonOf(call: Call): string | undefined {
  return call.command.writes === true ? call.text('reason') : undefined
}

export async function send(
  { client, project }: ProjectSession,
  { operations, base, reason, idempotencyKey }: Write,
  call: Call,
  dryRun: boolean,
  /** Of a dry run. */
  query: { readonly contents?: 'true' } = {},
): Promise<Committed> {
  const verb = dryRun ? 'checking' : 'publishing'
  const told = progress(call.io, `${verb} ${operations.length} operations`, operations.length)
  try {
    const { body } = await client.commitChanges({
      parameters: { project },
      body: { base, reason: reasonOf(call) ?? reason, operations: [...operations] },
      query: { ...acknowledgeQuery(call), ...(dryRun && { dryRun: 'true', ...query }) },
      ...(!dryRun && idempotencyKey !== undefined && { idempotencyKey }),
      signal: call.io.signal,
    })
    return body
  } finally {
    told.end()
  }
}

/** `--acknowledge`, where the command has it, as the server takes it. */
export function acknowledgeQuery(call: Call): { readonly acknowledge?: string } {
  const has = call.command.flags?.includes(ACKNOWLEDGE) === true
  const kinds = has ? call.text('acknowledge') : undefined
  return kinds === undefined ? {} : { acknowledge: kinds }
}

/** Names each thing; where nobody can be asked, --yes must have been given. */
export async function confirmDeletions(
  call: Call,
  deleted: readonly string[],
  verb = 'delete',
): Promise<void> {
  if (deleted.length === 0 || call.is('yes')) return
  const shown = deleted.slice(0, 20).map((one) => `  ${one}`)
  const more = deleted.length > 20 ? [`  and ${deleted.length - 20} more`] : []
  const list = [...shown, ...more].join('\n')
  if (!call.io.isTerminal)
    throw new UserError(`this would ${verb}:\n${list}`, {
      code: 'confirmation',
      hint: 'give --yes to allow it',
    })
  call.io.err(`This will ${verb}:\n${list}\n`)
  if (!(await call.io.ask.confirm(`${verb} ${plural(deleted.length, 'thing')}?`)))
    throw new UserError('nothing was written', { code: 'cancelled' })
}

/** `''` where there are no samples. */
export function impactText(impact: readonly Impact[] = []): string {
  const lines = impact.map(({ environment, flag, samples, changed, unknown, moves }) => {
    const told = samples - unknown
    const share = told === 0 ? '' : ` (${Number(((100 * changed) / told).toPrecision(3))} %)`
    const ways = moves
      .slice(0, MAX_MOVES)
      .map(({ from, to, samples: count }) => `${from ?? FALLBACK} → ${to ?? FALLBACK} ${count}`)
    const rest = unknown === 0 ? '' : `, of ${unknown} nothing can be said`
    const what = ways.length === 0 ? '' : `: ${ways.join(', ')}`
    return `  ${flag} in ${environment}: ${changed} of ${told}${share}${what}${rest}`
  })
  return lines.length === 0
    ? ''
    : ['recent evaluations answered otherwise, by samples:', ...lines].join('\n')
}

const MAX_MOVES = 5
const FALLBACK = '(fallback)'

export function changedText({ before, after, ...ref }: Changed): string {
  const sign = before === null ? '+' : after === null ? '-' : '~'
  return `${sign} ${itemText(ref)}`
}

/** What came of it: an environment that takes it step by step does not have it yet. */
export function doneText(done: Committed): string {
  const { revision, environments, replayed, deployments = [] } = done
  const staged = new Set(deployments.map(({ environment }) => environment))
  const atOnce = environments.filter((environment) => !staged.has(environment))
  const parts = deployments.map(
    ({ id, environment, status }) =>
      `${environment} takes it in deployment ${id}, ${status}: driftless deploy watch ${id}`,
  )
  if (atOnce.length > 0 || parts.length === 0)
    parts.unshift(`published to ${atOnce.length === 0 ? 'no environment' : atOnce.join(', ')}`)
  return `revision ${revision}${replayed === true ? ' (it was committed before)' : ''}: ${parts.join('; ')}`
}
