/** `audit`: who did what, denied attempts too. */
import type { Call, Outcome } from '../frame/command.ts'
import { connect, connectProject } from '../frame/settings.ts'
import { headedTable, timeText } from '../frame/table.ts'
import { readAll } from '../server/pages.ts'
import { readNumber } from './history.ts'

export async function audit(call: Call): Promise<Outcome> {
  const max = readNumber(call.text('limit'), '--limit', 20)
  const entries = call.is('directory') ? await ofDirectory(call, max) : await ofProject(call, max)
  const rows = entries.map(({ seq, atMs, actor, action, target, outcome, reason }) => [
    String(seq),
    timeText(atMs),
    actor,
    outcome === 'denied' ? call.io.colors.red(`${action} (denied)`) : action,
    target,
    reason,
  ])
  return {
    text:
      headedTable(call.io.colors, ['SEQ', 'UTC', 'WHO', 'DID', 'TO', 'WHY'], rows) || 'no entries',
    json: { entries },
  }
}

async function ofProject(call: Call, max: number) {
  const { client, project } = await connectProject(call)
  return readAll((query) => client.listAudit({ parameters: { project }, query }), max)
}

async function ofDirectory(call: Call, max: number) {
  const { client } = await connect(call)
  return readAll((query) => client.listDirectoryAudit({ query }), max)
}
