/** `plan`, `apply`, `validate`: from what is declared to what is published. */
import { basename, resolve } from 'node:path'
import { parseJson } from '#formats'
import { overruledText } from '../folder/overruled.ts'
import { createPlan, oversize, type Plan, readPlan } from '../folder/plan.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readIfThere, writeWhole } from '../frame/files.ts'
import { connectProject, findFolder } from '../frame/settings.ts'
import { itemText, plural } from '../frame/table.ts'
import {
  changedText,
  type Committed,
  confirmDeletions,
  doneText,
  impactText,
  send,
} from '../server/commit.ts'
import { compare, type Comparison, readDeclared, refuseIssues, sha256 } from '../server/compare.ts'
import { changesText, withOwners } from '../server/described.ts'
import { inFiles } from '../server/in-files.ts'

export async function plan(call: Call): Promise<Outcome> {
  const compared = await compare(call)
  const { session, revision, changes } = compared
  const made = planOf(compared)
  const described = await withOwners(call.io, session, changes)
  const json = {
    project: session.project,
    base: revision,
    sha256: made.sha256,
    changes: described,
    overruled: compared.overruled,
  }
  const file = call.text('output')
  const checked = changes.length > 0 ? await check(call, compared) : undefined
  if (file !== undefined)
    await writeWhole(resolve(call.io.cwd, file), `${JSON.stringify(made, null, 2)}\n`)
  const overruled = overruledText(compared.overruled)
  if (changes.length === 0)
    return { text: joined(`nothing differs from revision ${revision}`, overruled), json }
  const saved = file === undefined ? '' : `; driftless apply ${file} applies exactly this`
  return {
    text: `${joined(changesText(call.io.colors, described), overruled, impactText(checked?.impact))}\n\n${plural(changes.length, 'change')} on revision ${revision}${saved}`,
    json: { ...json, ...(checked?.impact && { impact: checked.impact }) },
    exit: 2,
  }
}

const joined = (...texts: readonly string[]): string => texts.filter((one) => one !== '').join('\n')

export function planOf({
  session,
  revision,
  operations,
}: Pick<Comparison, 'session' | 'revision' | 'operations'>): Plan {
  return createPlan(session.project, revision, operations, sha256)
}

/** What the server says of it, nothing written. */
async function check(call: Call, compared: Comparison): Promise<Committed> {
  const { session, operations, revision } = compared
  const tooMuch = oversize(operations)
  if (tooMuch !== undefined) throw new UserError(tooMuch, { code: 'too_large' })
  const what = { operations, base: revision, reason: 'plan' }
  return send(session, what, call, true).catch(inFiles(compared))
}

export async function apply(call: Call): Promise<Outcome> {
  const file = call.optional('plan')
  return file === undefined ? applyFolder(call) : applyPlan(call, file)
}

async function applyFolder(call: Call): Promise<Outcome> {
  const compared = await compare(call)
  const { session, changes, revision } = compared
  const overruled = overruledText(compared.overruled)
  if (changes.length === 0)
    return {
      text: joined(`nothing differs from revision ${revision}`, overruled),
      json: { revision, dryRun: call.is('dry-run'), changed: [], environments: [] },
    }
  await check(call, compared)
  // Who wrote what is read for people alone: it is a request a version.
  const isShown = !call.is('json')
  const shown = isShown
    ? joined(changesText(call.io.colors, await withOwners(call.io, session, changes)), overruled)
    : ''
  if (!call.is('dry-run')) {
    if (isShown) call.io.err(`${shown}\n`)
    await confirmDeletions(
      call,
      changes.filter(({ change }) => change === 'removed').map(({ ref }) => itemText(ref)),
    )
  }
  return commit(
    call,
    session,
    planOf(compared),
    call.is('dry-run') ? shown : '',
    `apply ${basename(compared.folder.path)}`,
  )
}

/** What was looked at, or nothing: another base is refused by the server, another content by the hash. */
async function applyPlan(call: Call, file: string): Promise<Outcome> {
  const text = await readIfThere(resolve(call.io.cwd, file))
  if (text === undefined) throw new UserError(`there is no file ${file}`, { code: 'not_found' })
  const parsed = parseJson(text)
  const read = parsed.ok ? readPlan(parsed.value, sha256) : { fault: parsed.error.message }
  if ('fault' in read) throw new UserError(`${file}: ${read.fault}`, { code: 'invalid_plan' })
  const session = await connectProject(call, await findFolder(call.io.cwd))
  if (session.project !== read.project)
    throw new UserError(`${file} is for project ${read.project}, not ${session.project}`, {
      code: 'invalid_plan',
    })
  if (read.operations.length === 0)
    return {
      text: 'the plan has no changes',
      json: { revision: read.base, dryRun: false, changed: [], environments: [] },
    }
  return commit(call, session, read, '', `apply ${basename(file)}`)
}

async function commit(
  call: Call,
  session: Comparison['session'],
  made: Plan,
  shown: string,
  reason: string,
): Promise<Outcome> {
  const { operations, base } = made
  const tooMuch = oversize(operations)
  if (tooMuch !== undefined) throw new UserError(tooMuch, { code: 'too_large' })
  // The same plan sent twice, since the first answer was lost, is committed once.
  const what = { operations, base, reason, idempotencyKey: `plan-${made.sha256}` }
  const dryRun = call.is('dry-run')
  const done = await send(session, what, call, dryRun)
  const lines = [shown === '' ? done.changed.map(changedText).join('\n') : shown]
  return {
    text: joined(
      ...lines,
      impactText(done.impact),
      dryRun ? 'nothing was written: a dry run' : doneText(done),
    ),
    json: { sha256: made.sha256, ...done },
  }
}

export async function validate(call: Call): Promise<Outcome> {
  const { read } = await readDeclared(call)
  refuseIssues(read.issues)
  const layers = plural(read.items.size, 'layer')
  if (call.is('offline'))
    return {
      text: `${layers} can be read`,
      json: { ok: true, layers: read.items.size, changes: null },
    }
  const compared = await compare(call)
  if (compared.changes.length > 0) await check(call, compared)
  return {
    text: `${layers} can be read, and the server would take ${plural(compared.changes.length, 'change')}`,
    json: { ok: true, layers: read.items.size, changes: compared.changes.length },
  }
}
