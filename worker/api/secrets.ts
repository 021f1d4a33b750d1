/** Secrets and the keys that wrap them. Values pass through here and stay nowhere. */
import { parseDocument } from '#formats'
import { isJsonObject, MAX_SECRET_REFERENCES, type SecretItem, secretReferences } from '#core'
import { secretItem } from '../../admin/contract/secret.ts'
import { isAllowed } from '../domain/grants.ts'
import { environmentLayer, layerEnvironment } from '../domain/items.ts'
import { MAX_SECRET_WRITES } from '../domain/limits.ts'
import {
  type Reminder,
  remindersOf,
  type SecretSettings,
  type SecretWrite,
} from '../domain/secret.ts'
import { cutList, readCursor } from '../http/paging.ts'
import { problemOf, type ProblemError } from '../http/problem.ts'
import type { ProjectRpc, SecretAction, StoredItem } from '../objects/project/interface.ts'
import type { SecretUsers } from '../domain/secret-users.ts'
import type { Backend } from './backend.ts'
import { type HandlersOf, requireAllowed, valueOf } from './call.ts'
import { contentOf } from './content.ts'
import { readAllContents } from './contents.ts'
import { readItem, readPoint } from './reading.ts'
import { committedReply, deletionReason, type WritingCall } from './writing.ts'

const LIST = 'secrets'
/** Alerts in one answer; `total` says how many there are. */
const MAX_ALERTS = 1_000
/** Rotating without saying to what. */
const DEFAULT_GENERATED = {
  length: 32,
  alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
}

const refOf = (key: string, environment: string) =>
  ({ kind: 'secret', key, layer: environmentLayer(environment) }) as const

export const secretHandlers: HandlersOf<
  | 'listSecrets'
  | 'getSecret'
  | 'getSecretRecipients'
  | 'listAlerts'
  | 'putSecret'
  | 'rotateSecret'
  | 'activateSecret'
  | 'revokeSecret'
  | 'deleteSecret'
  | 'importSecrets'
  | 'revealSecret'
  | 'listShares'
  | 'shareSecret'
  | 'endShare'
  | 'getKeyRotation'
  | 'rotateProjectKey'
> = {
  async listSecrets({ identity, parameters, project, query, backend }) {
    const start = query.cursor === undefined ? undefined : readCursor(LIST, query.cursor)
    const at = await readPoint(project, start?.revision)
    const layer = query.environment && environmentLayer(query.environment)
    const refs = valueOf(await project.refs('secret', at.revision))
    const wanted = refs.filter((ref) => {
      const target = {
        project: parameters.project,
        environment: layerEnvironment(ref.layer),
        secret: ref.key,
      }
      const isAsked = layer === undefined || ref.layer === layer
      return isAsked && isAllowed(identity, 'secret.list', target)
    })
    const page = cutList(
      LIST,
      wanted,
      { limit: query.limit, revision: at.revision, ...(start && { start }) },
      ({ key, layer: own }) => `${key}/${own}`,
    )
    const items = await readAllContents(project, page.items, at.revision)
    const nowMs = backend.nowMs()
    const readers = await readersOf(project, items)
    return {
      body: { ...page, items: items.map((item) => shown(item, nowMs, readers)) },
      revision: at.current,
    }
  },

  async getSecret({ project, parameters, query, backend }) {
    const ref = refOf(parameters.secret, query.environment)
    const { item, at } = await readItem(project, ref, undefined)
    const readers = await readersOf(project, [item])
    return { body: shown(item, backend.nowMs(), readers), revision: at.current }
  },

  async listAlerts({ identity, parameters, project, query, backend }) {
    const at = await readPoint(project, undefined)
    const refs = valueOf(await project.refs('secret', at.revision))
    const seen = refs.filter((ref) => {
      const environment = layerEnvironment(ref.layer)
      const isAsked = query.environment === undefined || environment === query.environment
      const target = { project: parameters.project, environment, secret: ref.key }
      return isAsked && isAllowed(identity, 'secret.list', target)
    })
    const items = await readAllContents(project, seen, at.revision)
    const readers = await readersOf(project, items)
    const nowMs = backend.nowMs()
    const due = items.flatMap((item) => {
      const { name, environment, content, reminders } = shown(item, nowMs, readers)
      return reminders.map((reminder) => ({
        kind: 'secret' as const,
        name,
        environment,
        reminder,
        ...alertTimes(content, reminder),
        ...(content.owner !== undefined && { owner: content.owner }),
      }))
    })
    // What was due first; what has no time of its own comes last.
    const sorted = due.toSorted((a, b) => (a.dueAtMs ?? Infinity) - (b.dueAtMs ?? Infinity))
    const body = { total: due.length, items: sorted.slice(0, MAX_ALERTS) }
    return { body, revision: at.current }
  },

  async getSecretRecipients({ project, parameters: { secret: name }, query: { environment } }) {
    const recipients = valueOf(await project.recipients(environment))
    const version = valueOf(await project.nextSecretVersion(environment, name))
    return { body: { name, environment, version, recipients } }
  },

  putSecret(call) {
    const {
      environment,
      value,
      generate,
      expiresAtMs,
      references,
      sealed,
      activate,
      graceMs,
      reason,
      ...settings
    } = call.body
    const added = sealed ?? generate ?? value
    const named = references === true ? referencesIn(value) : sealed?.references
    if (added === undefined && (activate !== undefined || expiresAtMs !== undefined)) {
      throw refused('', 'activate and expiresAtMs go with a value, with generate or with sealed')
    }
    const name = call.parameters.secret
    if (activate === true) requireRotate(call, environment, name)
    return write(call, 'secret.put', reason, {
      name,
      environment,
      settings: settings satisfies SecretSettings,
      ...(added !== undefined && {
        add: {
          value: added,
          ...(expiresAtMs !== undefined && { expiresAtMs }),
          ...(named !== undefined && { references: [...new Set(named)].toSorted() }),
        },
      }),
      ...(activate === true && { activate: 'new' }),
      ...(graceMs !== undefined && { graceMs }),
    })
  },

  rotateSecret(call) {
    const { environment, value, generate, expiresAtMs, references, graceMs, reason } = call.body
    return write(call, 'secret.rotate', reason, {
      name: call.parameters.secret,
      environment,
      mustExist: true,
      add: {
        value: value ?? generate ?? DEFAULT_GENERATED,
        ...(expiresAtMs !== undefined && { expiresAtMs }),
        ...(references === true && { references: referencesIn(value) }),
      },
      activate: 'new',
      ...(graceMs !== undefined && { graceMs }),
    })
  },

  activateSecret(call) {
    const { environment, version, graceMs, reason } = call.body
    return write(call, 'secret.activate', reason, {
      name: call.parameters.secret,
      environment,
      activate: version,
      ...(graceMs !== undefined && { graceMs }),
    })
  },

  async revokeSecret(call) {
    const { environment, version, reason } = call.body
    const { project, secret: name } = call.parameters
    // Asked first: those who would break are those who have it now.
    const users = await usersOf(call.backend, { project, environment }, name, version)
    const writes = [{ name, environment, revoke: version }]
    const request = { action: 'secret.revoke', writes, reason } as const
    const committed = valueOf(await call.project.writeSecrets(request, call.write))
    const { instances = null, using = [] } = users ?? {}
    return { body: { ...committed, instances, using }, revision: committed.revision }
  },

  deleteSecret(call) {
    const { environment } = call.query
    const name = call.parameters.secret
    return write(call, 'secret.delete', deletionReason(call), { name, environment, remove: true })
  },

  importSecrets(call) {
    const { environment, source, activate = true, type, graceMs, reason } = call.body
    const writes = readEnv(source).map(([name, value]): SecretWrite => ({
      name,
      environment,
      add: { value },
      ...(type !== undefined && { settings: { type } }),
      ...(activate && { activate: 'new' }),
      ...(graceMs !== undefined && { graceMs }),
    }))
    for (const { name } of writes) {
      const target = { project: call.parameters.project, environment, secret: name }
      requireAllowed(call.identity, 'secret.write', target)
      if (activate) requireRotate(call, environment, name)
    }
    return write(call, 'secret.import', reason, ...writes)
  },

  async revealSecret({ project, parameters, query, caller }) {
    const { environment, version, reason } = query
    const request = {
      name: parameters.secret,
      environment,
      reason,
      ...(version !== undefined && { version }),
    }
    return { body: valueOf(await project.revealSecret(request, caller)) }
  },

  async listShares({ identity, parameters: { project: own }, project }) {
    const items = valueOf(await project.shares()).filter(({ environment, name: secret }) =>
      isAllowed(identity, 'secret.list', { project: own, environment, secret }),
    )
    return { body: { items } }
  },

  async shareSecret({ backend, identity, parameters, project, body, query, caller, path }) {
    const { environment, reason } = body
    const name = body.to.name ?? parameters.secret
    const target = { project: body.to.project, environment: body.to.environment, secret: name }
    // Nobody gives what he has not got.
    const own = { project: parameters.project, environment, secret: parameters.secret }
    requireAllowed(identity, 'secret.read', own)
    requireAllowed(identity, 'secret.write', target)
    const other = backend.project(body.to.project)
    const { epoch } = valueOf(await other.info())
    const place = { kind: 'environment', key: body.to.environment, layer: 'base' } as const
    valueOf(await other.item(place))
    if ((await other.item(refOf(name, body.to.environment))).ok) {
      const what = `${name} in ${body.to.environment} of ${body.to.project}`
      throw problemOf({ reason: 'already_exists', noun: 'secret', name: what })
    }
    if (query.dryRun === true) return { body: { dryRun: true }, status: 200 }
    const to = { ...body.to, name, epoch }
    const request = { environment, name: parameters.secret, to, reason }
    const share = valueOf(await project.share(request, caller))
    const location = `${path.replace(/\/secrets\/.*/, '')}/shares/${share.id}`
    return { body: share, location }
  },

  async endShare(call) {
    const { identity, parameters, project, query, caller } = call
    const id = parameters.share
    const reason = deletionReason(call)
    const known = valueOf(await project.shares()).find((share) => share.id === id)
    if (known === undefined) throw problemOf({ reason: 'not_found', noun: 'share', name: id })
    const { environment, name: secret } = known
    requireAllowed(identity, 'secret.share', { project: parameters.project, environment, secret })
    if (query.dryRun === true) return { body: { id, dryRun: true } }
    valueOf(await project.endShare(id, reason, caller))
    return { body: { id, dryRun: false } }
  },

  async getKeyRotation({ project }) {
    return { body: valueOf(await project.keyRotation()) }
  },

  async rotateProjectKey({ project, body, query, caller }) {
    if (query.dryRun === true) return { body: valueOf(await project.keyRotation()) }
    return { body: valueOf(await project.rotateProjectKey(body.reason, caller)) }
  },
}

/** Names of the secrets that a value refers to. What else stands in it is in no answer. */
function referencesIn(value = ''): readonly string[] {
  const names = secretReferences(value)
  if (names !== undefined) return names
  const rule = `\${SECRET:name}, of at most ${MAX_SECRET_REFERENCES} other secrets; a double dollar sign before the brace makes it text`
  throw refused('/value', `its references must be ${rule}`)
}

/** Who says that he uses the version; null when the fleet cannot be asked. */
async function usersOf(
  backend: Backend,
  scope: { readonly project: string; readonly environment: string },
  secret: string,
  version: number,
): Promise<SecretUsers | null> {
  try {
    return await backend.hub({ ...scope, audience: 'server' }).secretUsers(secret, version)
  } catch {
    return null
  }
}

/** Of which version an alert is, and since or until when. */
function alertTimes(
  { active, maxAgeMs, versions }: SecretItem,
  reminder: Reminder,
): { readonly version?: number; readonly dueAtMs?: number } {
  const version = versions.find((one) => one.version === active)
  if (version === undefined) return {}
  const dueAtMs =
    reminder === 'too-old' && maxAgeMs !== undefined
      ? version.createdAtMs + maxAgeMs
      : reminder === 'expired' || reminder === 'expires-soon'
        ? version.expiresAtMs
        : undefined
  return { version: version.version, ...(dueAtMs !== undefined && { dueAtMs }) }
}

/** Making a version the active one is a permission of its own. */
function requireRotate(call: WritingCall, environment: string, secret: string): void {
  const { project } = call.parameters
  requireAllowed(call.identity, 'secret.rotate', { project, environment, secret })
}

async function write(
  call: WritingCall,
  action: SecretAction,
  reason: string,
  ...writes: readonly SecretWrite[]
) {
  const request = { action, writes, reason }
  const committed = valueOf(await call.project.writeSecrets(request, call.write))
  return committedReply(committed, call.path)
}

/** Ids of the SDK keys that may read, of the environments where authors sealed something. */
type Readers = ReadonlyMap<string, readonly string[]>

async function readersOf(project: ProjectRpc, items: readonly StoredItem[]): Promise<Readers> {
  const environments = new Set<string>()
  for (const item of items) {
    const { versions } = contentOf(secretItem, item)
    const environment = layerEnvironment(item.layer)
    const isSealed = versions.some(({ sealedFor }) => sealedFor !== undefined)
    if (isSealed && environment !== undefined) environments.add(environment)
  }
  const found = await Promise.all(
    Array.from(environments, async (environment) => {
      const recipients = await project.recipients(environment)
      // The environment went meanwhile: then there is nothing to be reminded of.
      return [environment, recipients.ok ? recipients.value.map(({ id }) => id) : []] as const
    }),
  )
  return new Map(found)
}

function shown(item: StoredItem, nowMs: number, readers: Readers) {
  const { key: name, layer, revision, version, sha256 } = item
  const content = contentOf(secretItem, item)
  const environment = layerEnvironment(layer) ?? ''
  const reminders = remindersOf(content, nowMs, readers.get(environment) ?? [])
  return { name, environment, revision, version, sha256, content, reminders }
}

/** The names and values of a `.env` file, as written. A fault names its line and nothing of what stands there. */
function readEnv(source: string): readonly (readonly [string, string])[] {
  const parsed = parseDocument(source, 'env')
  if (!parsed.ok) throw refused('/source', `is not a .env file: line ${parsed.error.line}`)
  if (!isJsonObject(parsed.value)) throw refused('/source', 'is not a .env file')
  const entries = Object.entries(parsed.value)
  if (entries.length < 1 || entries.length > MAX_SECRET_WRITES) {
    throw refused('/source', `must name 1 to ${MAX_SECRET_WRITES} secrets, has ${entries.length}`)
  }
  return entries.map(([name, value]) => {
    // The format doubles a dollar sign that is only that.
    if (typeof value === 'string') return [name, value.replaceAll('$$', '$')]
    throw refused('/source', 'is not a .env file')
  })
}

function refused(path: string, message: string): ProblemError {
  return problemOf({ reason: 'invalid', issues: [{ path, message }] })
}
