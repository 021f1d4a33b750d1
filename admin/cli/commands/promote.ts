/** `promote`: one environment gets what another has. */
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { connectProject } from '../frame/settings.ts'
import { itemText } from '../frame/table.ts'
import { acknowledgeQuery, changedText, confirmDeletions, doneText } from '../server/commit.ts'
import { readPublished } from '../server/published.ts'

export async function promote(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const { client, project } = session
  const [from, to] = [call.argument('from'), call.argument('to')]
  const items = call.rest('item').map(readItem)
  const { revision } = await readPublished(session)
  const request = {
    parameters: { project },
    ifMatch: revision,
    body: {
      from,
      to,
      ...(items.length > 0 && { items }),
      reason: call.text('reason') ?? `promote ${from} to ${to}`,
    },
  }
  const query = acknowledgeQuery(call)
  const { body: checked } = await client.promote({
    ...request,
    query: { ...query, dryRun: 'true' },
  })
  if (checked.changed.length === 0) return { text: `${to} has what ${from} has`, json: checked }
  const shown = checked.changed.map(changedText).join('\n')
  if (call.is('dry-run')) return { text: `${shown}\nnothing was written: a dry run`, json: checked }
  await confirmDeletions(call, checked.changed.filter(({ after }) => after === null).map(itemText))
  const { body } = await client.promote({ ...request, query })
  return { text: `${shown}\n${doneText(body)}`, json: body }
}

/** `config:storefront` or `flag:new-checkout`. */
function readItem(text: string): { readonly kind: 'config' | 'flag'; readonly key: string } {
  const [, kind, key = ''] = /^(config|flag):(.+)$/.exec(text) ?? []
  if (kind !== 'config' && kind !== 'flag')
    throw new UserError(`"${text}" must be config:<name> or flag:<key>`)
  return { kind, key }
}
