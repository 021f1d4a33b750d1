/** `drift`: declared, published and applied beside each other; `--fix` publishes what is declared. */
import { resolve } from 'node:path'
import { reportHtml } from '../drift/html.ts'
import type { MirrorState } from '../drift/mirrors.ts'
import { type DriftReport, reaches, reportOf } from '../drift/report.ts'
import { SEVERITIES, type Severity } from '../drift/severity.ts'
import { reportText } from '../drift/text.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { writeWhole } from '../frame/files.ts'
import { itemText } from '../frame/table.ts'
import { type Committed, confirmDeletions, doneText, send } from '../server/commit.ts'
import { compare, type Comparison } from '../server/compare.ts'
import { withOwners } from '../server/described.ts'
import { fleetDrift } from '../server/fleet.ts'
import { inFiles } from '../server/in-files.ts'
import { contradictionsText, heal, mirrorFixes } from '../server/heal.ts'
import { planOf } from './plan.ts'
import { environmentsOf } from './show.ts'

export async function drift(call: Call): Promise<Outcome> {
  const compared = await compare(call, call.list('ignore'))
  const report = await reportOn(call, compared)
  const { text, json } = await rendered(call, report)
  const isBad = reaches(report, failOn(call))
  const { healable, contradicting } = mirrorFixes(compared, call.list('ignore'))
  const isFixable = compared.changes.length > 0 || healable.length > 0
  const left = contradictionsText(contradicting)
  if (!call.is('fix') || !isFixable)
    return { text: joined(text, call.is('fix') ? left : ''), json, exit: isBad ? 2 : 0 }
  if (call.is('dry-run')) {
    if (compared.changes.length > 0) await publish(call, compared, true)
    return {
      text: joined(text, 'nothing was written: a dry run'),
      json: { ...report, fixed: null },
      exit: isBad ? 2 : 0,
    }
  }
  const gone = compared.changes.filter(({ change }) => change === 'removed')
  await confirmDeletions(
    call,
    gone.map(({ ref }) => itemText(ref)),
  )
  const done = await fix(call, compared, healable)
  const back = `driftless rollback ${compared.revision} takes it back`
  return {
    text: joined(text, `fixed: ${doneText(done)}; ${back}`, left),
    json: { ...report, fixed: done },
    exit: contradicting.length > 0 ? 2 : 0,
  }
}

const joined = (...texts: readonly string[]): string =>
  texts.filter((one) => one !== '').join('\n\n')

/** Publishes what is declared, and has the platform heal the mirrors that only tell. */
export async function fix(
  call: Call,
  compared: Comparison,
  healable: readonly MirrorState[],
): Promise<Committed> {
  const { changes, session } = compared
  const done = changes.length > 0 ? await publish(call, compared, false) : undefined
  if (healable.length === 0 && done !== undefined) return done
  const base = done?.revision ?? compared.revision
  return heal(call, { session, base, declared: compared.declared }, healable)
}

/** One change set on the revision that was looked at: a drift that moved on meanwhile is refused, and looked at again. */
function publish(call: Call, compared: Comparison, dryRun: boolean): Promise<Committed> {
  const { session, operations, revision } = compared
  const { sha256 } = planOf(compared)
  return send(
    session,
    { operations, base: revision, reason: 'drift: as declared', idempotencyKey: `plan-${sha256}` },
    call,
    dryRun,
  ).catch(inFiles(compared))
}

export async function reportOn(call: Call, compared: Comparison): Promise<DriftReport> {
  const { session, published, changes } = compared
  const owned = await withOwners(call.io, session, changes)
  const fleet = call.is('no-fleet') ? null : await fleetDrift(session, environmentsOf(published))
  return reportOf(session.project, compared, owned, fleet)
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
