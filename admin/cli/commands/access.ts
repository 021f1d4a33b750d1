/** `keys`, `tokens`: who may read snapshots, who may use the admin API. What is created is shown once. */
import type { Call, Outcome } from '../frame/command.ts'
import { UserError } from '../frame/command.ts'
import { ROLE_NAMES } from '../../contract/token.ts'
import { readDuration } from '../frame/duration.ts'
import { connect, connectProject } from '../frame/settings.ts'
import { headedTable, timeText } from '../frame/table.ts'
import { confirmDeletions } from '../server/commit.ts'
import { readAll } from '../server/pages.ts'

const revoked = (ms: number | null): string => (ms === null ? '' : `revoked ${timeText(ms)}`)

function reasonOf(call: Call): { readonly reason?: string } {
  const reason = call.text('reason')
  return reason === undefined ? {} : { reason }
}

export async function listKeys(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const keys = await readAll((query) => client.listKeys({ parameters: { project }, query }))
  const rows = keys.map((one) => [
    one.id,
    one.name,
    one.environment,
    one.audience,
    timeText(one.createdAtMs),
    revoked(one.revokedAtMs),
  ])
  return {
    text:
      headedTable(call.io.colors, ['ID', 'NAME', 'ENVIRONMENT', 'AUDIENCE', 'CREATED', ''], rows) ||
      'no keys',
    json: { keys },
  }
}

export async function createKey(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const environment = call.text('env')
  if (environment === undefined) throw new UserError('--env is missing')
  const { body } = await client.createKey({
    parameters: { project },
    body: {
      name: call.argument('name'),
      environment,
      audience: call.is('client') ? 'client' : 'server',
      ...reasonOf(call),
    },
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  if (!('key' in body)) return { text: 'it could be created: a dry run', json: body }
  return { text: `${body.key}\n`, json: body }
}

export async function revokeKey(call: Call): Promise<Outcome> {
  const { client, project } = await connectProject(call)
  const key = call.argument('id')
  if (!call.is('dry-run'))
    await confirmDeletions(
      call,
      [`key ${key}: applications that use it lose their connection`],
      'revoke',
    )
  const { body } = await client.revokeKey({
    parameters: { project, key },
    body: reasonOf(call),
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  return { text: body.dryRun ? `would revoke ${body.id}` : `revoked ${body.id}`, json: body }
}

export async function listTokens(call: Call): Promise<Outcome> {
  const { client } = await connect(call)
  const tokens = await readAll((query) => client.listTokens({ query }))
  const rows = tokens.map((one) => [
    one.id,
    one.name,
    one.role,
    one.project ?? '(all)',
    one.expiresAtMs === null ? 'never' : timeText(one.expiresAtMs),
    revoked(one.revokedAtMs),
  ])
  return {
    text:
      headedTable(call.io.colors, ['ID', 'NAME', 'ROLE', 'PROJECT', 'EXPIRES', ''], rows) ||
      'no tokens',
    json: { tokens },
  }
}

export async function createToken(call: Call): Promise<Outcome> {
  const { client } = await connect(call)
  const days = call.text('days')
  const wanted = call.text('role') ?? 'viewer'
  const role = ROLE_NAMES.find((one) => one === wanted)
  if (role === undefined) throw new UserError(`--role must be one of ${ROLE_NAMES.join(', ')}`)
  if (days !== undefined && !(Number(days) > 0))
    throw new UserError('--days must be a number above 0')
  const { body } = await client.createToken({
    body: {
      name: call.argument('name'),
      role,
      project: call.text('for') ?? null,
      expiresAtMs:
        days === undefined ? null : Math.round(call.io.nowMs() + Number(days) * 86_400_000),
      ...reasonOf(call),
    },
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  if (!('token' in body)) return { text: 'it could be created: a dry run', json: body }
  return { text: `${body.token}\n`, json: body }
}

/** The new one is shown once; the one before works for --overlap more. */
export async function rotateToken(call: Call): Promise<Outcome> {
  const { client } = await connect(call)
  const overlap = call.text('overlap')
  const overlapMs = overlap === undefined ? 0 : readDuration(overlap, '--overlap', 0)
  const { body } = await client.rotateToken({
    parameters: { token: call.argument('id') },
    body: { overlapSeconds: Math.round(overlapMs / 1_000), ...reasonOf(call) },
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  if (!('token' in body)) return { text: 'it could be rotated: a dry run', json: body }
  return { text: `${body.token}\n`, json: body }
}

export async function revokeToken(call: Call): Promise<Outcome> {
  const { client } = await connect(call)
  const token = call.argument('id')
  if (!call.is('dry-run')) await confirmDeletions(call, [`token ${token}`], 'revoke')
  const { body } = await client.revokeToken({
    parameters: { token },
    body: reasonOf(call),
    ...(call.is('dry-run') && { query: { dryRun: 'true' } }),
  })
  return { text: body.dryRun ? `would revoke ${body.id}` : `revoked ${body.id}`, json: body }
}
