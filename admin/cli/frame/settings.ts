/** Where the platform is, which project, and with which token: flags, then environment, then driftless.config.json, then the last login. */
import { dirname, join } from 'node:path'
import { isJsonObject, type JsonObject } from '#core'
import { parseDocument } from '#formats'
import { type AdminClient, createAdminClient } from '../../contract/client.ts'
import { type Call, UserError } from './command.ts'
import { readCredentials } from './credentials.ts'
import { readIfThere } from './files.ts'

export const CONFIG_FILE = 'driftless.config.json'

/** `driftless.config.json`. */
export interface FolderConfig {
  readonly project?: string
  readonly url?: string
  /** Places that this folder does not own: `plan`, `apply` and `drift` leave them as they are. */
  readonly leave: readonly string[]
}

export interface Folder {
  /** Absolute. */
  readonly path: string
  readonly config: FolderConfig
}

export interface Session {
  readonly client: AdminClient
  readonly url: string
  readonly token: string
}

export interface ProjectSession extends Session {
  readonly project: string
}

/** @throws UserError when no URL or no token is known. */
export async function connect(call: Call, folder?: Folder): Promise<Session> {
  const { env, fetch } = call.io
  const kept = await readCredentials(env)
  const near = folder ?? (await findFolder(call.io.cwd))
  const given = call.text('url') ?? env['DRIFTLESS_URL'] ?? near?.config.url ?? kept.url
  if (given === undefined)
    throw new UserError('no platform is known', {
      code: 'no_url',
      hint: 'driftless login URL, or DRIFTLESS_URL',
    })
  const url = readUrl(given)
  const token = env['DRIFTLESS_TOKEN'] ?? kept.tokens[url]
  if (token === undefined)
    throw new UserError(`no token is known for ${url}`, {
      code: 'no_token',
      hint: `driftless login ${url}, or DRIFTLESS_TOKEN`,
    })
  return { client: createAdminClient({ url, token, fetch }), url, token }
}

/** @throws UserError when no project is known. */
export async function connectProject(call: Call, folder?: Folder): Promise<ProjectSession> {
  const near = folder ?? (await findFolder(call.io.cwd))
  const session = await connect(call, near)
  return { ...session, project: requiredProject(call, near) }
}

/** `folder`: the one the call is about. */
export function projectName(call: Call, folder: Folder | undefined): string | undefined {
  return call.text('project') ?? call.io.env['DRIFTLESS_PROJECT'] ?? folder?.config.project
}

/** @throws UserError when no project is known. */
export function requiredProject(call: Call, folder: Folder | undefined): string {
  const project = projectName(call, folder)
  if (project !== undefined) return project
  throw new UserError('no project is named', {
    code: 'no_project',
    hint: `--project, DRIFTLESS_PROJECT, or "project" in ${CONFIG_FILE}; driftless projects lists them`,
  })
}

/** The nearest folder, from `from` upwards, with a driftless.config.json. */
export async function findFolder(from: string): Promise<Folder | undefined> {
  for (let path = from; ; path = dirname(path)) {
    const text = await readIfThere(join(path, CONFIG_FILE))
    if (text !== undefined) return { path, config: readFolderConfig(text, join(path, CONFIG_FILE)) }
    if (dirname(path) === path) return undefined
  }
}

const MEMBERS = new Set(['$schema', 'project', 'url', 'leave'])

function readFolderConfig(text: string, path: string): FolderConfig {
  const fail = (why: string): UserError => new UserError(`${path}: ${why}`, { code: 'settings' })
  const parsed = parseDocument(text, 'jsonc')
  if (!parsed.ok) throw fail(`line ${parsed.error.line}: ${parsed.error.message}`)
  if (!isJsonObject(parsed.value)) throw fail('must be an object')
  for (const name of Object.keys(parsed.value))
    if (!MEMBERS.has(name)) throw fail(`unknown member "${name}"`)
  const project = textOf(parsed.value, 'project', fail)
  const url = textOf(parsed.value, 'url', fail)
  const { leave = [] } = parsed.value
  if (!Array.isArray(leave) || !leave.every((one) => typeof one === 'string'))
    throw fail('"leave" must be a list of texts')
  return {
    ...(project !== undefined && { project }),
    ...(url !== undefined && { url: readUrl(url) }),
    leave,
  }
}

function textOf(
  object: JsonObject,
  name: string,
  fail: (why: string) => UserError,
): string | undefined {
  const value = object[name]
  if (value === undefined || typeof value === 'string') return value
  throw fail(`"${name}" must be a text`)
}

/** Origin and path without a trailing slash. A URL with a user or password in it is refused: tokens do not belong there. */
export function readUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UserError(`"${text}" is not a URL`, { hint: 'such as https://config.example.com' })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new UserError('the URL must begin with https:// or http://')
  if (url.username !== '' || url.password !== '')
    throw new UserError('the URL must not hold a user or password')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
