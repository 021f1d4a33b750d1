/** `fleet`: what running instances say they serve. */
import type { Call, Outcome } from '../frame/command.ts'
import { connectProject } from '../frame/settings.ts'
import { headedTable, plural, timeText } from '../frame/table.ts'
import { readPublished } from '../server/published.ts'
import { environmentFor } from './show.ts'

export async function fleet(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const { client, project } = session
  const { colors } = call.io
  const environment = environmentFor(call, (await readPublished(session)).items)
  const { body } = await client.getFleet({ parameters: { project }, query: { environment } })
  const audiences = (['server', 'client'] as const).filter(
    (one) => body[one].instances + body[one].sockets > 0,
  )
  const blocks = audiences.map((audience) => {
    const {
      instances,
      sockets,
      behind,
      wanted,
      byRevision,
      failures,
      stragglers,
      sdks,
      overrides,
    } = body[audience]
    const tables = [
      headedTable(
        colors,
        ['REVISION', 'APPLIED', 'APPLYING', 'FAILED', 'STALE'],
        byRevision.map((one) =>
          [one.revision, one.applied, one.applying, one.failed, one.stale].map(String),
        ),
      ),
      headedTable(
        colors,
        ['FAILED', 'REVISION', 'CODE', 'CONFIG'],
        failures.map((one) => [one.instance, String(one.revision), one.code, one.config ?? '']),
      ),
      headedTable(
        colors,
        ['BEHIND', 'STATE', 'REVISION', 'LAST SEEN'],
        stragglers.map((one) => [
          one.instance,
          one.state,
          String(one.revision),
          timeText(one.atMs),
        ]),
      ),
      headedTable(
        colors,
        ['SDK', 'VERSION', 'INSTANCES'],
        sdks.map((one) => [one.name, one.version, String(one.instances)]),
      ),
      headedTable(
        colors,
        ['OVERRIDE', 'REFUSED', 'INSTANCES'],
        overrides.map((one) => [
          one.seq === 0 ? '(none)' : String(one.seq),
          one.error ?? '',
          String(one.instances),
        ]),
      ),
    ]
    const head = `${colors.bold(`${environment} (${audience})`)}: ${plural(instances, 'instance')}, ${plural(sockets, 'stream')}, ${behind} behind revision ${wanted?.revision ?? '(none)'}`
    return [head, ...tables.filter((one) => one !== '')].join('\n')
  })
  return {
    text: blocks.join('\n\n') || `nothing runs in ${environment}, or nothing reports`,
    json: body,
  }
}
