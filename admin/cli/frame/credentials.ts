/**
 * Where `driftless login` keeps what it was told: `$XDG_CONFIG_HOME/driftless/credentials.json` (default `~/.config`), readable
 * by its owner alone. One token a URL; the last login is the default URL.
 */
import { chmod } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseJson } from '#formats'
import { isJsonObject } from '#core'
import { UserError } from './command.ts'
import { readIfThere, writeWhole } from './files.ts'

export interface Credentials {
  /** The URL of the last login. */
  readonly url?: string
  readonly tokens: Readonly<Record<string, string>>
}

type Env = Readonly<Record<string, string | undefined>>

export function credentialsPath(env: Env): string {
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config')
  return join(base, 'driftless', 'credentials.json')
}

export async function readCredentials(env: Env): Promise<Credentials> {
  const path = credentialsPath(env)
  const text = await readIfThere(path)
  if (text === undefined) return { tokens: {} }
  const parsed = parseJson(text)
  const kept = parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined
  if (kept === undefined)
    throw new UserError(`${path} is not JSON`, {
      code: 'settings',
      hint: 'delete it, then driftless login',
    })
  const { url, tokens } = kept
  const entries = Object.entries(isJsonObject(tokens) ? tokens : {})
  return {
    ...(typeof url === 'string' && { url }),
    tokens: Object.fromEntries(
      entries.flatMap(([at, token]) => (typeof token === 'string' ? [[at, token]] : [])),
    ),
  }
}

export async function writeCredentials(env: Env, credentials: Credentials): Promise<void> {
  const path = credentialsPath(env)
  await writeWhole(path, `${JSON.stringify(credentials, null, 2)}\n`, 0o600)
  // A wide umask cannot widen 0600, but a file system without modes may ignore it; then this says so.
  await chmod(path, 0o600)
}
