/** `flags …`: look at flags, and turn them on, off and out to a share of people. */
import { isJsonObject, type JsonObject, type JsonValue, type Operation } from '#core'
import { parseJson } from '#formats'
import { differences } from '../folder/differences.ts'
import { contentOf, type Items } from '../folder/items.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { connectProject } from '../frame/settings.ts'
import { headedTable } from '../frame/table.ts'
import { pairText } from '../frame/values.ts'
import { nearest } from '../frame/nearest.ts'
import { write } from '../server/commit.ts'
import { readPublished } from '../server/published.ts'
import { flagsOf } from './diff.ts'
import { environmentFor, environmentsOf } from './show.ts'

/** A share is told in percent, and counted in parts of 100,000. */
const PARTS_PER_PERCENT = 1_000

export async function list(call: Call): Promise<Outcome> {
  const { items, revision } = await readPublished(await connectProject(call))
  const environments = environmentsOf(items)
  const flags = flagsOf(items).map((key) => ({
    key,
    ...contentOf(items, 'flag', key),
    environments: Object.fromEntries(environments.map((one) => [one, stateOf(items, key, one)])),
  }))
  const rows = flags.map((flag) => [
    flag.key,
    String(Reflect.get(flag, 'type')),
    ...environments.map((one) => flag.environments[one] ?? ''),
  ])
  return {
    text:
      headedTable(
        call.io.colors,
        ['FLAG', 'TYPE', ...environments.map((one) => one.toUpperCase())],
        rows,
      ) || 'no flags',
    json: { revision, flags },
  }
}

/** `off`, `on`, or `on, 2 rules`. */
function stateOf(items: Items, flag: string, environment: string): string {
  const settings = contentOf(items, 'flag', flag, environment)
  if (settings?.['enabled'] !== true) return 'off'
  const { rules } = settings
  const count = Array.isArray(rules) ? rules.length : 0
  return count === 0 ? 'on' : `on, ${count} rule${count === 1 ? '' : 's'}`
}

export async function get(call: Call): Promise<Outcome> {
  const { items } = await readPublished(await connectProject(call))
  const key = flagNamed(items, call.argument('flag'))
  const environments = environmentsOf(items).flatMap((one) => {
    const settings = contentOf(items, 'flag', key, one)
    return settings === undefined ? [] : [[one, settings] as const]
  })
  const flag = {
    key,
    ...contentOf(items, 'flag', key),
    environments: Object.fromEntries(environments),
  }
  const { printDocument } = await import('#formats')
  return { text: printDocument(flag, 'yaml'), json: flag }
}

function flagNamed(items: Items, key: string): string {
  if (contentOf(items, 'flag', key) !== undefined) return key
  const near = nearest(key, flagsOf(items))
  throw new UserError(`there is no flag "${key}"`, {
    code: 'not_found',
    ...(near !== undefined && { hint: `did you mean ${near}` }),
  })
}

export async function create(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const { revision, items } = await readPublished(session)
  const key = call.argument('flag')
  if (contentOf(items, 'flag', key) !== undefined)
    throw new UserError(`the flag "${key}" exists`, { code: 'already_exists' })
  const type = call.text('type') ?? 'boolean'
  if (type !== 'boolean' && type !== 'string' && type !== 'number' && type !== 'object')
    throw new UserError('--type must be one of boolean, string, number, object')
  const variants = variantsOf(call.list('variant'), type)
  const names = Object.keys(variants)
  const isBoolean = type === 'boolean'
  const description = call.text('description')
  const operation: Operation = {
    op: 'putFlag',
    key,
    type,
    variants,
    visibility: call.is('client') ? 'client' : 'server',
    ...(isBoolean && names.includes('off') && { offVariant: 'off' }),
    ...(isBoolean && names.includes('on')
      ? { defaultVariant: 'on' }
      : { defaultVariant: names[0] ?? '' }),
    ...(description !== undefined && { description }),
  }
  return write(call, session, {
    operations: [operation],
    base: revision,
    reason: `create flag ${key}`,
  })
}

function variantsOf(given: readonly string[], type: string): Record<string, JsonValue> {
  if (given.length === 0 && type === 'boolean') return { on: true, off: false }
  if (given.length === 0)
    throw new UserError(
      `--variant name=value is missing: a flag of type ${type} needs at least one`,
    )
  return Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf('=')
      if (at < 1) throw new UserError(`--variant ${one}: must be name=value`)
      const [name, text] = [one.slice(0, at), one.slice(at + 1)]
      const parsed = type === 'string' ? undefined : parseJson(text)
      if (parsed !== undefined && !parsed.ok)
        throw new UserError(`--variant ${name}: the value is not JSON`)
      return [name, parsed?.value ?? text] as const
    }),
  )
}

export async function enable(call: Call): Promise<Outcome> {
  return patchSettings(call, (key) => ({ patch: { enabled: true }, reason: `enable ${key}` }))
}

export async function disable(call: Call): Promise<Outcome> {
  return patchSettings(call, (key) => ({ patch: { enabled: false }, reason: `disable ${key}` }))
}

/** One rule for everybody, with the id `rollout`: the same rule again raises or lowers its share and moves nobody else. */
export async function rollout(call: Call): Promise<Outcome> {
  const percent = Number(call.argument('percent').replace(/%$/, ''))
  const parts = Math.round(percent * PARTS_PER_PERCENT)
  if (!(percent >= 0 && percent <= 100))
    throw new UserError('percent must be a number from 0 to 100')
  return patchSettings(call, (key, settings, flag) => {
    const variants = Object.keys(
      isJsonObject(flag['variants'] ?? null) ? Object(flag['variants']) : {},
    )
    const variant = call.text('variant') ?? (variants.includes('on') ? 'on' : variants[0])
    if (variant === undefined || !variants.includes(variant))
      throw new UserError(`--variant must be one of ${variants.join(', ')}`)
    const rules = Array.isArray(settings['rules']) ? settings['rules'] : []
    const rule = { id: 'rollout', serve: { split: [{ variant, weight: parts }] } }
    const others = rules.filter((one: JsonValue) => !(isJsonObject(one) && one['id'] === 'rollout'))
    // Who is not in the share must not get by default what is being rolled out.
    const rest = flag['defaultVariant'] === variant && settings['defaultVariant'] === undefined
    const otherwise =
      variants.includes('off') && variant !== 'off'
        ? 'off'
        : variants.find((one) => one !== variant)
    return {
      patch: {
        enabled: true,
        rules: [...others, rule],
        ...(rest && otherwise !== undefined && { defaultVariant: otherwise }),
      },
      reason: `roll ${key} out to ${percent} %`,
    }
  })
}

/** One rule for everybody, with the id `split`. What the shares leave of 100 % gets the default. */
export async function split(call: Call): Promise<Outcome> {
  const shares = call.rest('shares').map((one) => {
    const [, variant = '', percent = ''] = /^(.+)=([\d.]+)%?$/.exec(one) ?? []
    if (variant === '' || !(Number(percent) >= 0))
      throw new UserError(`"${one}" must be variant=percent`)
    return { variant, weight: Math.round(Number(percent) * PARTS_PER_PERCENT) }
  })
  const sum = shares.reduce((total, { weight }) => total + weight, 0)
  if (sum > 100 * PARTS_PER_PERCENT)
    throw new UserError(`the shares are ${sum / PARTS_PER_PERCENT} %, more than 100 %`)
  return patchSettings(call, (key, settings) => {
    const rules = Array.isArray(settings['rules']) ? settings['rules'] : []
    const others = rules.filter((one: JsonValue) => !(isJsonObject(one) && one['id'] === 'split'))
    return {
      patch: { enabled: true, rules: [...others, { id: 'split', serve: { split: shares } }] },
      reason: `split ${key}`,
    }
  })
}

interface SettingsChange {
  readonly patch: JsonObject
  readonly reason: string
}

async function patchSettings(
  call: Call,
  change: (key: string, settings: JsonObject, flag: JsonObject) => SettingsChange,
): Promise<Outcome> {
  const session = await connectProject(call)
  const { revision, items } = await readPublished(session)
  const key = flagNamed(items, call.argument('flag'))
  const environment = environmentFor(call, items)
  const settings = contentOf(items, 'flag', key, environment) ?? {}
  const { patch, reason } = change(key, settings, contentOf(items, 'flag', key) ?? {})
  const shown = differences(settings, { ...settings, ...patch }, '').map(
    ({ path, before, after }) =>
      `flag ${key} in ${environment}  ${path}: ${pairText(before, after).join(' → ')}`,
  )
  return write(call, session, {
    operations: [{ op: 'patchFlagEnvironment', key, environment, patch }],
    base: revision,
    reason: `${reason} in ${environment}`,
    shown: shown.join('\n'),
    json: { flag: key, environment },
  })
}

export async function remove(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const { revision, items } = await readPublished(session)
  const key = flagNamed(items, call.argument('flag'))
  return write(call, session, {
    operations: [{ op: 'deleteFlag', key }],
    base: revision,
    reason: `delete flag ${key}`,
  })
}
