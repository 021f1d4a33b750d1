/** `drift`: declared, published and applied beside each other; `--fix` publishes what is declared. */
import { resolve } from 'node:path'
import { reportHtml } from '../drift/html.ts'
import { type DriftReport, reaches, reportOf, SEVERITIES, type Severity } from '../drift/report.ts'
import { reportText } from '../drift/text.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { writeWhole } from '../frame/files.ts'
import { itemText } from '../frame/table.ts'
import { confirmDeletions, doneText, send } from '../server/commit.ts'
import { compare, type Comparison } from '../server/compare.ts'
import { withOwners } from '../server/described.ts'
import { fleetDrift } from '../server/fleet.ts'
import { planOf } from './plan.ts'
import { environmentsOf } from './show.ts'

export async function drift(call: Call): Promise<Outcome> {
  const compared = await compare(call, call.list('ignore'))
  const report = await reportOn(call, compared)
  const { text, json } = await rendered(call, report)
  const isBad = reaches(report, failOn(call))
  if (!call.is('fix') || compared.changes.length === 0) return { text, json, exit: isBad ? 2 : 0 }
  if (call.is('dry-run')) {
    await publish(call, compared, true)
    return {
      text: `${text}\n\nnothing was written: a dry run`,
      json: { ...report, fixed: null },
      exit: isBad ? 2 : 0,
    }
  }
  const gone = compared.changes.filter(({ change }) => change === 'removed')
  await confirmDeletions(
    call,
    gone.map(({ ref }) => itemText(ref)),
  )
  const done = await publish(call, compared, false)
  return {
    text: `${text}\n\nfixed: ${doneText(done)}; driftless rollback ${compared.revision} takes it back`,
    json: { ...report, fixed: done },
  }
}

/** One change set on the revision that was looked at: a drift that moved on meanwhile is refused, and looked at again. */
export function publish(
  call: Call,
  { session, operations, revision }: Comparison,
  dryRun: boolean,
) {
  const { sha256 } = planOf({ session, operations, revision })
  return send(
    session,
    { operations, base: revision, reason: 'drift: as declared', idempotencyKey: `plan-${sha256}` },
    call,
    dryRun,
  )
}

export async function reportOn(
  call: Call,
  { session, revision, published, changes }: Comparison,
): Promise<DriftReport> {
  const owned = await withOwners(session, changes)
  const fleet = call.is('no-fleet') ? null : await fleetDrift(session, environmentsOf(published))
  return reportOf(session.project, revision, published, owned, fleet)
}

function failOn(call: Call): Severity {
  const wanted = call.text('fail-on') ?? 'info'
  const severity = SEVERITIES.find((one) => one === wanted)
  if (severity === undefined)
    throw new UserError(`--fail-on must be one of ${SEVERITIES.join(', ')}`)
  return severity
}

async function rendered(
  call: Call,
  report: DriftReport,
): Promise<{ readonly text: string; readonly json: unknown }> {
  const { io } = call
  const format = call.text('format') ?? 'text'
  const body = (): string => {
    if (format === 'html') return reportHtml(report, io.nowMs())
    return format === 'json'
      ? `${JSON.stringify(report, null, 2)}\n`
      : reportText(report, io.colors)
  }
  const file = call.text('output')
  if (file === undefined) return { text: body(), json: report }
  await writeWhole(resolve(io.cwd, file), body())
  return { text: `${report.status}: wrote ${file}`, json: report }
}
