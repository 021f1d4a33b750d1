/** `login`, `logout`: keeps a URL and a token for later commands. The token comes from a prompt or from standard input, never from the command line. */
import { AdminError, createAdminClient } from '../../contract/client.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { credentialsPath, readCredentials, writeCredentials } from '../frame/credentials.ts'
import { findFolder, readUrl } from '../frame/settings.ts'

export async function login(call: Call): Promise<Outcome> {
  const { io } = call
  const kept = await readCredentials(io.env)
  const given =
    call.optional('url') ??
    io.env['DRIFTLESS_URL'] ??
    (await findFolder(io.cwd))?.config.url ??
    kept.url
  if (given === undefined)
    throw new UserError('url is missing', { hint: 'driftless login https://config.example.com' })
  const url = readUrl(given)
  const token = (await readToken(call)).trim()
  if (!/^[\x21-\x7e]{1,512}$/.test(token))
    throw new UserError('that is not a token', { code: 'token' })
  const client = createAdminClient({ url, token, fetch: io.fetch })
  const { body } = await client.listProjects({ query: { limit: '100' } }).catch(refused(url))
  await writeCredentials(io.env, { url, tokens: { ...kept.tokens, [url]: token } })
  const projects = body.items.map(({ name }) => name)
  if (isReadable(url)) io.err('warning: this is not https; the token can be read on its way\n')
  return {
    text: `logged in to ${url}; it has ${projects.length === 0 ? 'no projects' : projects.join(', ')}\nkept in ${credentialsPath(io.env)}`,
    json: { url, projects },
  }
}

const refused =
  (url: string) =>
  (error: unknown): never => {
    if (!(error instanceof AdminError) || error.status !== 401) throw error
    throw new UserError(`${url} does not accept this token; nothing was kept`, {
      code: error.code,
      hint: 'it must be an admin token: what driftless tokens create printed, or the owner token that the platform was started with',
    })
  }

async function readToken({ io }: Call): Promise<string> {
  if (!io.isTerminal) return io.stdin()
  const token = await io.ask.secret('Admin token')
  if (token === undefined) throw new UserError('nothing was kept', { code: 'cancelled' })
  return token
}

export async function logout(call: Call): Promise<Outcome> {
  const { io } = call
  const { url: last, tokens } = await readCredentials(io.env)
  const given = call.optional('url') ?? last
  const url = given === undefined ? undefined : readUrl(given)
  if (url === undefined || tokens[url] === undefined)
    return { text: 'there was no login', json: { url: null } }
  const others = Object.fromEntries(Object.entries(tokens).filter(([at]) => at !== url))
  await writeCredentials(io.env, {
    ...(last !== undefined && last !== url && { url: last }),
    tokens: others,
  })
  return {
    text: `logged out of ${url}; the token itself stays valid until it is revoked`,
    json: { url },
  }
}

/** Whether what is sent can be read on its way: http to another machine. */
function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
