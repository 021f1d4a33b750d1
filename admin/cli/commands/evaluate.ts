/** `flags evaluate`, `flags explain`: what a context would get, and why. */
import { isJsonObject, type JsonObject, type JsonValue } from '#core'
import { parseJson } from '#formats'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { connectProject } from '../frame/settings.ts'
import { headedTable, table } from '../frame/table.ts'
import { valueText } from '../frame/values.ts'
import { readPublished } from '../server/published.ts'
import { environmentFor } from './show.ts'

export async function evaluate(call: Call): Promise<Outcome> {
  const { body, environment } = await ask(call, call.optional('flag'))
  const rows = body.results.map(({ flagKey, value, variant, reason, errorCode }) => [
    flagKey,
    value === undefined ? '(the fallback)' : valueText(value),
    variant ?? '-',
    errorCode ?? reason,
  ])
  return {
    text:
      headedTable(call.io.colors, ['FLAG', 'VALUE', 'VARIANT', 'REASON'], rows) ||
      `no flags in ${environment}`,
    json: body,
  }
}

export async function explain(call: Call): Promise<Outcome> {
  const { body } = await ask(call, call.argument('flag'))
  const [result] = body.results
  if (result === undefined) throw new UserError('nothing was answered', { code: 'not_found' })
  const { flagKey, value, variant, reason, errorCode, steps = [] } = result
  const rows = steps.map((step) => [`  ${labelOf(step)}`, step.outcome, detailOf(step)])
  return {
    text: [
      `${flagKey} = ${value === undefined ? '(the fallback)' : valueText(value)}${variant === undefined ? '' : ` (${variant})`}, ${errorCode ?? reason}`,
      table(rows),
    ].join('\n'),
    json: body,
  }
}

async function ask(call: Call, flag: string | undefined) {
  const session = await connectProject(call)
  const { items } = await readPublished(session)
  const environment = environmentFor(call, items)
  const at = call.text('at')
  const atMs = at === undefined ? undefined : Date.parse(at)
  if (atMs !== undefined && Number.isNaN(atMs))
    throw new UserError('--at must be a time such as 2026-12-24T18:00:00Z')
  const { body } = await session.client.evaluate({
    parameters: { project: session.project, environment },
    body: {
      context: contextOf(call),
      ...(flag !== undefined && { flag }),
      ...(atMs !== undefined && { atMs }),
    },
  })
  return { body, environment }
}

/** `--context plan=pro --context age=42`, or one JSON object; `--user` is the targeting key. */
function contextOf(call: Call): JsonObject {
  const context: Record<string, JsonValue> = {}
  for (const one of call.list('context')) {
    const json = one.startsWith('{') ? parseJson(one) : undefined
    if (json !== undefined) {
      if (!json.ok || !isJsonObject(json.value))
        throw new UserError('--context is not a JSON object')
      Object.assign(context, json.value)
      continue
    }
    const at = one.indexOf('=')
    if (at < 1) throw new UserError(`--context ${one}: must be name=value, or a JSON object`)
    const text = one.slice(at + 1)
    const parsed = parseJson(text)
    context[one.slice(0, at)] = parsed.ok ? parsed.value : text
  }
  const user = call.text('user')
  return user === undefined ? context : { ...context, targetingKey: user }
}

type Steps = NonNullable<Awaited<ReturnType<typeof ask>>['body']['results'][number]['steps']>
type Step = Steps[number]

function labelOf(step: Step): string {
  if (step.step === 'rule') return `rule ${step.id}`
  return step.step === 'prerequisite' ? `prerequisite ${step.flag}` : step.step
}

function detailOf(step: Step): string {
  switch (step.step) {
    case 'enabled':
      return step.enabled ? '' : 'the flag is off here'
    case 'prerequisite':
      return step.why ?? (step.served === undefined ? '' : `served ${step.served}`)
    case 'targets':
    case 'default':
      return step.variant ?? ''
    case 'rule': {
      const bucket = step.bucket === undefined ? [] : [`bucket ${step.bucket}`]
      return [
        ...(step.variant === undefined ? [] : [step.variant]),
        ...bucket,
        ...(step.why === undefined ? [] : [step.why]),
      ].join(', ')
    }
  }
}
