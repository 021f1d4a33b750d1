/**
 * The two secrets of a local platform: taken from the environment, else created once and kept in the data directory,
 * readable by their owner alone.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../frame/files.ts'

export interface LocalSecrets {
  /** `id:base64url` of 32 bytes, see worker/STORAGE.md §5. */
  readonly masterKey: string
  readonly ownerToken: string
}

const MASTER_KEY = /^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9_-]{43}$/
const OWNER_TOKEN = /^[\x21-\x7e]{1,512}$/

/**
 * `given` wins over the file, and is not written to it. The master key wraps what the data directory holds: whoever gives
 * one at the first start must give it at every later one.
 *
 * @throws TypeError for a secret the Worker could not use; it names the variable and never shows its text.
 */
export async function localSecrets(
  dataDir: string,
  given: { readonly masterKey?: string | undefined; readonly ownerToken?: string | undefined },
): Promise<LocalSecrets> {
  const path = join(dataDir, 'secrets.json')
  const kept = await read(path)
  const secrets = {
    masterKey:
      given.masterKey ?? kept.masterKey ?? `local:${randomBytes(32).toString('base64url')}`,
    ownerToken:
      given.ownerToken ??
      kept.ownerToken ??
      `driftless_owner_${randomBytes(24).toString('base64url')}`,
  }
  const keep = {
    ...(given.masterKey === undefined && { masterKey: secrets.masterKey }),
    ...(given.ownerToken === undefined && { ownerToken: secrets.ownerToken }),
  }
  if (!secrets.masterKey.split(',').every((entry) => MASTER_KEY.test(entry.trim())))
    throw new TypeError('DRIFTLESS_MASTER_KEY must be id:base64url of 32 bytes, several by commas')
  if (!OWNER_TOKEN.test(secrets.ownerToken))
    throw new TypeError('DRIFTLESS_OWNER_TOKEN must be 1 to 512 visible ASCII characters')
  const missing = Object.keys(keep).some((name) => !(name in kept))
  if (missing)
    // Whole or not at all: the master key opens everything else in the directory.
    await writeWhole(path, `${JSON.stringify({ ...kept, ...keep }, null, 2)}\n`, 0o600)
  return secrets
}

async function read(path: string): Promise<Partial<LocalSecrets>> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch {
    return {} // the first start
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(content)
  } catch {
    parsed = undefined
  }
  // A half-written file cannot be guessed at: the master key in it opens everything else in the directory.
  if (typeof parsed !== 'object' || parsed === null)
    throw new Error(`${path} is not JSON; restore it, or delete the data directory to start anew`)
  const member = (name: string): string | undefined => {
    const value: unknown = Reflect.get(parsed, name)
    return typeof value === 'string' ? value : undefined
  }
  const masterKey = member('masterKey')
  const ownerToken = member('ownerToken')
  return {
    ...(masterKey !== undefined && { masterKey }),
    ...(ownerToken !== undefined && { ownerToken }),
  }
}
