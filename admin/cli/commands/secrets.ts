/** `secrets …`. A value comes from a prompt or from standard input, never from the command line, and is printed by `secrets get` alone. */
import { resolve } from 'node:path'
import { sealedAad, secretReferences } from '#core'
import { itemName, parseWith } from '../../contract/schema.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readDuration } from '../frame/duration.ts'
import { readIfThere } from '../frame/files.ts'
import { connectProject, type ProjectSession } from '../frame/settings.ts'
import { headedTable, plural, timeText } from '../frame/table.ts'
import { type Committed, confirmDeletions, doneText } from '../server/commit.ts'
import { readAll } from '../server/pages.ts'
import { readNumber } from './history.ts'

const DAY_MS = 86_400_000
const DEFAULT_LENGTH = 32

export async function list(call: Call): Promise<Outcome> {
  if (call.is('due')) return alerts(call)
  const { client, project } = await connectProject(call)
  const environment = call.text('env')
  const secrets = await readAll((query) =>
    client.listSecrets({
      parameters: { project },
      query: { ...query, ...(environment !== undefined && { environment }) },
    }),
  )
  const rows = secrets.map(({ name, environment: where, content, reminders }) => [
    name,
    where,
    content.type,
    content.active === undefined ? '-' : String(content.active),
    plural(content.versions.length, 'version'),
    content.owner ?? '',
    reminders.join(', '),
  ])
  return {
    text:
      headedTable(
        call.io.colors,
        ['SECRET', 'ENVIRONMENT', 'TYPE', 'ACTIVE', 'VERSIONS', 'OWNER', 'SEE TO'],
        rows,
      ) || 'no secrets',
    json: { secrets },
  }
}

/** Only what somebody should see to, what is due first in front. */
async function alerts(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const environment = call.text('env')
  const { body } = await client.listAlerts({
    parameters: { project },
    query: { ...(environment !== undefined && { environment }) },
  })
  const rows = body.items.map(({ name, environment: where, reminder, version, dueAtMs, owner }) => [
    name,
    where,
    reminder,
    version === undefined ? '-' : String(version),
    dueAtMs === undefined ? '' : timeText(dueAtMs),
    owner ?? '',
  ])
  const columns = ['SECRET', 'ENVIRONMENT', 'SEE TO', 'ACTIVE', 'DUE', 'OWNER']
  const more = body.total - body.items.length
  return {
    text: [
      headedTable(call.io.colors, columns, rows) || 'nothing is due',
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join('\n'),
    json: { total: body.total, alerts: body.items },
  }
}

interface Target {
  readonly session: ProjectSession
  readonly environment: string
  readonly secret: string
  readonly revision: number
}

/** Before the value is asked for. Of `NAME=value` the value is not repeated: it was not meant to be seen. */
function checkName(name: string): void {
  if (parseWith(itemName, name).ok) return
  const isAssignment = name.includes('=')
  throw new UserError(
    isAssignment
      ? `give the name alone: ${name.slice(0, name.indexOf('='))}`
      : `"${name}" cannot be the name of a secret`,
    {
      code: 'invalid',
      hint: isAssignment
        ? 'the value is asked for, or read from standard input; on the command line others can see it, and the shell keeps it'
        : 'letters, digits, ".", "_" and "-", beginning with a letter or digit',
    },
  )
}

async function targetOf(call: Call): Promise<Target> {
  checkName(call.argument('name'))
  const session = await connectProject(call)
  const environment = environmentOf(call)
  const { body } = await session.client.getProject({ parameters: { project: session.project } })
  return { session, environment, secret: call.argument('name'), revision: body.revision }
}

function environmentOf(call: Call): string {
  const environment = call.text('env')
  if (environment === undefined)
    throw new UserError('--env is missing: a secret belongs to one environment')
  return environment
}

/** What every write of one secret sends besides its body. */
function requestOf(call: Call, { session, secret, revision }: Target) {
  return {
    parameters: { project: session.project, secret },
    ifMatch: revision,
    ...(call.is('dry-run') && { query: { dryRun: 'true' as const } }),
  }
}

export async function set(call: Call): Promise<Outcome> {
  const target = await targetOf(call)
  const { environment, secret } = target
  const given = await newValue(call, secret)
  const added = call.is('sealed') ? await sealedByUs(target, given) : given
  const { body } = await target.session.client.putSecret({
    ...requestOf(call, target),
    body: {
      environment,
      ...added,
      ...settingsOf(call),
      ...(call.is('activate') && { activate: true }),
      reason: call.text('reason') ?? `set secret ${secret}`,
    },
  })
  return outcome(call, body, `set ${secret} in ${environment}`)
}

export async function rotate(call: Call): Promise<Outcome> {
  const target = await targetOf(call)
  const { environment, secret } = target
  const grace = call.text('grace')
  const { body } = await target.session.client.rotateSecret({
    ...requestOf(call, target),
    body: {
      environment,
      // Unless one is asked for, the platform makes it, and nobody has seen it.
      ...(call.is('ask') ? await newValue(call, secret) : generated(call)),
      ...(grace !== undefined && { graceMs: readDuration(grace, '--grace', 0) }),
      reason: call.text('reason') ?? `rotate secret ${secret}`,
    },
  })
  return outcome(
    call,
    body,
    `rotated ${secret} in ${environment}; the version before stays valid ${grace ?? '24h'}`,
  )
}

export async function activate(call: Call): Promise<Outcome> {
  const target = await targetOf(call)
  const { environment, secret } = target
  const version = readNumber(call.argument('version'), 'version', 1)
  const { body } = await target.session.client.activateSecret({
    ...requestOf(call, target),
    body: {
      environment,
      version,
      reason: call.text('reason') ?? `activate version ${version} of ${secret}`,
    },
  })
  return outcome(call, body, `version ${version} of ${secret} is active in ${environment}`)
}

export async function revoke(call: Call): Promise<Outcome> {
  const target = await targetOf(call)
  const { environment, secret } = target
  const version = readNumber(call.argument('version'), 'version', 1)
  const { client } = target.session
  const reason = call.text('reason') ?? `revoke version ${version} of ${secret}`
  const request = { ...requestOf(call, target), body: { environment, version, reason } }
  if (!call.is('dry-run')) {
    const { body: tried } = await client.revokeSecret({ ...request, query: { dryRun: 'true' } })
    await confirmDeletions(
      call,
      [`version ${version} of secret ${secret} in ${environment}, for good; ${usersText(tried)}`],
      'destroy',
    )
  }
  const { body } = await client.revokeSecret(request)
  const done = outcome(
    call,
    body,
    `destroyed version ${version} of ${secret} in ${environment}; ${usersText(body)}`,
  )
  return call.is('dry-run') ? { ...done, text: `${done.text}\n${usersText(body)}` } : done
}

/** Who runs with a version, as far as the fleet says. */
function usersText({
  instances,
  using,
}: {
  readonly instances: number | null
  readonly using: readonly { readonly instance: string }[]
}): string {
  if (instances === null) return 'the fleet could not be asked who uses it'
  if (instances === 0) return 'no running instance says that it uses it'
  const shown = using.slice(0, 5).map(({ instance }) => instance)
  const more = instances > shown.length ? ', …' : ''
  return `used by ${plural(instances, 'running instance')}: ${shown.join(', ')}${more}`
}

export async function remove(call: Call): Promise<Outcome> {
  const target = await targetOf(call)
  const { environment, secret, revision, session } = target
  if (!call.is('dry-run'))
    await confirmDeletions(call, [`secret ${secret} in ${environment} with all of its values`])
  const { body } = await session.client.deleteSecret({
    parameters: { project: session.project, secret },
    ifMatch: revision,
    query: { environment, ...(call.is('dry-run') && { dryRun: 'true' }) },
    body: { reason: call.text('reason') ?? `delete secret ${secret}` },
  })
  return outcome(call, body, `deleted ${secret} in ${environment}`)
}

/** The one command that prints a value. Who read it and why is written down. */
export async function get(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const reason = call.text('reason')
  if (reason === undefined)
    throw new UserError('--reason is missing: it is written down who read it, and why')
  const version = call.text('version')
  const { body } = await client.revealSecret({
    parameters: { project, secret: call.argument('name') },
    query: {
      environment: environmentOf(call),
      reason,
      ...(version !== undefined && { version: String(readNumber(version, '--version', 1)) }),
    },
  })
  return { text: body.value, json: body }
}

export async function importFile(call: Call): Promise<Outcome> {
  const session = await connectProject(call)
  const path = call.argument('file')
  const source =
    path === '-' ? await call.io.stdin() : await readIfThere(resolve(call.io.cwd, path))
  if (source === undefined) throw new UserError(`there is no file ${path}`, { code: 'not_found' })
  const environment = environmentOf(call)
  const { body: project } = await session.client.getProject({
    parameters: { project: session.project },
  })
  const { body } = await session.client.importSecrets({
    parameters: { project: session.project },
    ifMatch: project.revision,
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
    body: {
      environment,
      source,
      reason: call.text('reason') ?? `import ${path === '-' ? 'secrets' : path}`,
    },
  })
  return outcome(
    call,
    body,
    `imported ${plural(body.changed.length, 'secret')} into ${environment}`,
  )
}

function outcome(call: Call, body: Committed, done: string): Outcome {
  if (body.changed.length === 0) return { text: 'nothing differs', json: body }
  if (call.is('dry-run'))
    return { text: 'it would be taken; nothing was written: a dry run', json: body }
  return { text: `${done}\n${doneText(body)}`, json: body }
}

/** From --generate, a prompt, or standard input, of which one line end at the end does not count. */
async function newValue(call: Call, secret: string) {
  if (call.text('generate') !== undefined) return generated(call)
  const { io } = call
  const about = { ...expiryOf(call), ...(call.is('references') && { references: true }) }
  if (!io.isTerminal) return { value: (await io.stdin()).replace(/\r?\n$/, ''), ...about }
  const value = await io.ask.secret(`Value of ${secret}`)
  if (value === undefined) throw new UserError('nothing was written', { code: 'cancelled' })
  return { value, ...about }
}

interface NewValue {
  readonly value?: string
  readonly references?: boolean
  readonly expiresAtMs?: number
}

/** The value as a JWE for the SDK keys of the environment: only that leaves this process. */
async function sealedByUs(
  { session: { client, project }, environment, secret }: Target,
  { value, references, ...rest }: NewValue,
) {
  if (value === undefined) {
    throw new UserError(
      '--sealed and --generate exclude each other: what the platform makes, it knows',
    )
  }
  if (value === '') throw new UserError('the value is empty')
  const names = references === true ? secretReferences(value) : []
  if (names === undefined) {
    throw new UserError(
      'a reference in the value is not ${SECRET:name}, or there are more than 100',
    )
  }
  const { body } = await client.getSecretRecipients({
    parameters: { project, secret },
    query: { environment },
  })
  const { recipients, version } = body
  if (recipients.length === 0) {
    throw new UserError(
      `${environment} has no server SDK key that it could be sealed for: make one first`,
    )
  }
  const { sealFor } = await import('../../seal/seal.ts')
  const jwe = await sealFor(value, sealedAad(project, environment, secret, version), recipients)
  return {
    sealed: {
      version,
      jwe: { ...jwe, recipients: [...jwe.recipients] },
      ...(names.length > 0 && { references: [...names] }),
    },
    ...rest,
  }
}

function generated(call: Call) {
  const length = call.text('generate')
  return {
    generate: { length: readNumber(length, '--generate', DEFAULT_LENGTH) },
    ...expiryOf(call),
  }
}

function expiryOf(call: Call): { readonly expiresAtMs?: number } {
  const days = call.text('days')
  if (days === undefined) return {}
  if (!(Number(days) > 0)) throw new UserError('--days must be a number above 0')
  return { expiresAtMs: Math.round(call.io.nowMs() + Number(days) * DAY_MS) }
}

const TYPES = ['password', 'apiKey', 'token', 'certificate', 'generic'] as const

function settingsOf(call: Call) {
  const type = TYPES.find((one) => one === call.text('type'))
  const description = call.text('description')
  const owner = call.text('owner')
  return {
    ...(type !== undefined && { type }),
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
  }
}

export async function keyRotation(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const { body } = call.is('start')
    ? await client.rotateProjectKey({
        parameters: { project },
        body: { reason: call.text('reason') ?? 'rotate the project key' },
      })
    : await client.getKeyRotation({ parameters: { project } })
  const rows = body.keys.map(({ id, createdAtMs, destroyedAtMs, dataKeys }) => [
    id,
    timeText(createdAtMs),
    destroyedAtMs === null ? String(dataKeys) : `destroyed ${timeText(destroyedAtMs)}`,
  ])
  return {
    text: [
      body.isDone
        ? 'every secret is under the newest key'
        : `${body.remaining} data keys are still to move`,
      headedTable(call.io.colors, ['KEY', 'CREATED', 'DATA KEYS'], rows),
    ]
      .join('\n')
      .trimEnd(),
    json: body,
  }
}
