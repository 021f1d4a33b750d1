/** `drift watch`: looks again and again, tells of drift once, and where it is asked to, heals. */
import { appendFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { spawnSync } from 'node:child_process'
import { AT_REST, type Decision, decide, type Healing } from '../drift/healing.ts'
import { mirrorStates } from '../drift/mirrors.ts'
import { reportText } from '../drift/text.ts'
import type { DriftReport } from '../drift/report.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readDuration } from '../frame/duration.ts'
import { faultOf } from '../frame/fault.ts'
import { timeText } from '../frame/table.ts'
import { wakeups } from '../server/changes.ts'
import { compare, type Comparison, openFolder, sha256 } from '../server/compare.ts'
import { connectProject } from '../frame/settings.ts'
import { contradictionsText, mirrorFixes } from '../server/heal.ts'
import { fix, reportOn } from './drift.ts'

const MIN_INTERVAL_MS = 100

export async function watch(call: Call): Promise<Outcome> {
  const { io } = call
  const intervalMs = readDuration(call.text('interval') ?? '30s', '--interval', MIN_INTERVAL_MS)
  const folder = await openFolder(call)
  const { url } = await connectProject(call, folder)
  const wakeup = wakeups(io, url, io.env['DRIFTLESS_SDK_KEY'])
  let state = AT_REST
  await tell(call, 'watching', `${folder.path}, every ${call.text('interval') ?? '30s'}`)
  while (!io.signal.aborted) {
    if (call.is('follow')) await pullCommits(call, folder.path)
    try {
      state = await look(call, state)
    } catch (error) {
      // Unreachable, or half saved: it is looked at again at the next turn.
      if (!io.signal.aborted) await tell(call, 'fault', faultOf(error).message)
    }
    if (!io.signal.aborted) await wakeup.wait(intervalMs)
  }
  return { text: '', json: undefined }
}

async function look(call: Call, before: Healing): Promise<Healing> {
  const compared = await compare(call, call.list('ignore'))
  const { state, decision } = decide(
    before,
    { nowMs: call.io.nowMs(), drift: nameOf(compared), revision: compared.revision },
    call.is('heal'),
  )
  await act(call, compared, decision)
  return state
}

/** The same for the same difference, whatever the revision. */
function nameOf({ changes, operations, published }: Comparison): string | null {
  const broken = mirrorStates(published).filter(({ state }) => state === 'differs')
  if (changes.length + broken.length === 0) return null
  return sha256(JSON.stringify([changes.length === 0 ? [] : operations, broken]))
}

async function act(call: Call, compared: Comparison, decision: Decision): Promise<void> {
  switch (decision.kind) {
    case 'nothing':
      return
    case 'clean':
      return tell(call, 'clean', `revision ${compared.revision} is what the folder declares`)
    case 'tell':
      return alert(call, compared)
    case 'heal': {
      if (decision.isNew) await alert(call, compared)
      const deletes = compared.changes.filter(({ change }) => change === 'removed')
      if (deletes.length > 0 && !call.is('yes'))
        return tell(call, 'not healed', 'it would delete what is not declared; --yes allows it')
      const { healable, contradicting } = mirrorFixes(compared, call.list('ignore'))
      if (contradicting.length > 0)
        await tell(call, 'not healed', contradictionsText(contradicting))
      if (compared.changes.length + healable.length === 0) return
      const done = await fix(call, compared, healable)
      return tell(
        call,
        'healed',
        `as declared in revision ${done.revision}; driftless rollback ${compared.revision} takes it back`,
      )
    }
    case 'wait': {
      const report = await reportOn(call, compared)
      const who = [
        ...new Set(
          report.items.flatMap(({ places }) =>
            places.flatMap(({ owner }) => (owner === undefined ? [] : [owner.author])),
          ),
        ),
      ]
      return tell(
        call,
        'backing off',
        `${who.join(', ') || 'somebody'} published it again after it was healed ${decision.times === 1 ? 'once' : `${decision.times} times`}; not before ${timeText(decision.untilMs)} UTC`,
        report,
      )
    }
  }
}

async function alert(call: Call, compared: Comparison): Promise<void> {
  const report = await reportOn(call, compared)
  await tell(call, 'drifted', reportText(report, call.io.colors), report)
}

/** To the console; to --log and --webhook as JSON. A log or webhook that fails is told of, and nothing stops. */
async function tell(call: Call, event: string, text: string, report?: DriftReport): Promise<void> {
  const { io } = call
  const atMs = io.nowMs()
  const line = JSON.stringify({ atMs, event, text, ...(report !== undefined && { report }) })
  io.out(call.is('json') ? `${line}\n` : `${timeText(atMs)} ${event}: ${text}\n`)
  const log = call.text('log')
  const webhook = call.text('webhook')
  const failed = (where: string) => (error: unknown) =>
    io.err(`${where}: ${faultOf(error).message}\n`)
  if (log !== undefined) await appendFile(resolve(io.cwd, log), `${line}\n`).catch(failed('--log'))
  if (webhook === undefined || event === 'watching') return
  await post(call, webhook, line).catch(failed('--webhook'))
}

async function post({ io }: Call, url: string, body: string): Promise<void> {
  const response = await io.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.any([io.signal, AbortSignal.timeout(10_000)]),
  })
  await response.body?.cancel()
  if (!response.ok) throw new UserError(`answered ${response.status}`)
}

/** New commits are what is declared from now on. */
async function pullCommits(call: Call, folder: string): Promise<void> {
  const ran = spawnSync('git', ['-C', folder, 'pull', '--ff-only', '--quiet'], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (ran.status !== 0)
    await tell(call, 'fault', `git pull: ${(ran.stderr || ran.error?.message) ?? 'failed'}`.trim())
}
