/** `projects`: which there are, and a new one. */
import type { Call, Outcome } from '../frame/command.ts'
import { connect } from '../frame/settings.ts'
import { headedTable, timeText } from '../frame/table.ts'
import { readAll } from '../server/pages.ts'

export async function list(call: Call): Promise<Outcome> {
  const { client } = await connect(call)
  const projects = await readAll((query) => client.listProjects({ query }))
  const rows = projects.map(({ name, createdAtMs }) => [name, timeText(createdAtMs)])
  return {
    text: headedTable(call.io.colors, ['PROJECT', 'CREATED'], rows) || 'no projects',
    json: { projects },
  }
}

export async function create(call: Call): Promise<Outcome> {
  const { client } = await connect(call)
  const name = call.argument('name')
  const environments = call.list('env')
  const reason = call.text('reason')
  const { body } = await client.createProject({
    body: {
      name,
      ...(environments.length > 0 && { environments }),
      ...(reason !== undefined && { reason }),
    },
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  return {
    text: `${body.dryRun ? 'would create' : 'created'} project ${name} with ${body.environments.join(', ')}`,
    json: body,
  }
}
