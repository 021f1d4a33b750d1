/**
 * `run -- command`: a program that knows nothing of Driftless, with its environment from configs. With --watch it is started anew, or
 * signalled, when they change. While the platform is away the program goes on; a start without it takes the fallback file.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { createClient, type Client } from '@driftless/sdk'
import { environmentFrom } from '../code/environment.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { readDuration } from '../frame/duration.ts'
import { isMissing, readIfThere, writeWhole } from '../frame/files.ts'
import { findFolder, readUrl } from '../frame/settings.ts'
import { readCredentials } from '../frame/credentials.ts'

/** A program that does not end by SIGTERM within this is killed. */
const GRACE_MS = 10_000

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGTERM'] as const
type Signal = (typeof SIGNALS)[number]

export async function run(call: Call): Promise<Outcome> {
  const [command, ...words] = call.rest('command')
  if (command === undefined)
    throw new UserError('command is missing', {
      hint: 'driftless run --config settings -- node server.js',
    })
  const configs = call.list('config')
  if (configs.length === 0)
    throw new UserError('--config is missing: the configs its environment is made of')
  const signal = readSignal(call.text('signal'))
  const timeoutMs = readDuration(call.text('timeout') ?? '10s', '--timeout', 1)
  const client = createClient({
    url: await urlOf(call),
    key: keyOf(call),
    ...(await cacheOf(call)),
  })
  try {
    await client.ready({ timeoutMs }).catch((error: unknown) => {
      throw new UserError(
        `there is no configuration to start with: ${error instanceof Error ? error.message : String(error)}`,
        {
          code: 'unreachable',
          hint: '--fallback FILE keeps the last one for such a start',
        },
      )
    })
    const environment = (): Promise<Record<string, string>> =>
      environmentOf(client, configs, call.text('prefix') ?? '')
    const code = await keep(call, client, { command, words, signal }, environment)
    return { text: '', json: undefined, exit: code }
  } finally {
    await client.close()
  }
}

function keyOf({ io }: Call): string {
  const key = io.env['DRIFTLESS_SDK_KEY']
  if (key === undefined)
    throw new UserError('DRIFTLESS_SDK_KEY is not set', {
      code: 'settings',
      hint: 'driftless keys create',
    })
  return key
}

async function urlOf(call: Call): Promise<string> {
  const { io } = call
  const given =
    call.text('url') ??
    io.env['DRIFTLESS_URL'] ??
    (await findFolder(io.cwd))?.config.url ??
    (await readCredentials(io.env)).url
  if (given === undefined) throw new UserError('DRIFTLESS_URL is not set', { code: 'settings' })
  return readUrl(given)
}

/** The fallback file is the SDK's cache: signed, checked again when it is read, and holding no secret in the clear. */
async function cacheOf(call: Call) {
  const file = call.text('fallback')
  if (file === undefined) return {}
  const path = resolve(call.io.cwd, file)
  return {
    cache: {
      get: () => readIfThere(path),
      set: (_: string, text: string) => writeWhole(path, text, 0o600),
    },
  }
}

function readSignal(given: string | undefined): Signal | undefined {
  if (given === undefined) return undefined
  const signal = SIGNALS.find((one) => one === given)
  if (signal === undefined) throw new UserError(`--signal must be one of ${SIGNALS.join(', ')}`)
  return signal
}

async function environmentOf(
  client: Client,
  configs: readonly string[],
  prefix: string,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const name of configs) {
    const document = await client.loadConfig(name).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new UserError(
        why === `no config ${name}` ? `there is no config "${name}"` : `config ${name}: ${why}`,
        {
          code: 'not_found',
          hint: 'DRIFTLESS_SDK_KEY gets what its environment and audience have',
        },
      )
    })
    Object.assign(variables, environmentFrom(document, prefix))
  }
  return variables
}

interface Program {
  readonly command: string
  readonly words: readonly string[]
  /** Sent at a change, instead of a new start. */
  readonly signal: Signal | undefined
}

/** Until the program ends by itself, or this is asked to. Answers its exit code. */
async function keep(
  call: Call,
  client: Client,
  program: Program,
  environment: () => Promise<Record<string, string>>,
): Promise<number> {
  const { io } = call
  let variables = await environment()
  let child = start(call, program, variables)
  let ended = ending(child)
  let wake: (() => void) | undefined
  const changes = call.is('watch') ? client.on('changed', () => wake?.()) : () => undefined
  const stop = (): void => void child.kill('SIGTERM')
  io.signal.addEventListener('abort', stop)
  try {
    for (;;) {
      const changed = new Promise<'changed'>((settle) => {
        wake = () => settle('changed')
      })
      const what = await Promise.race([ended, changed])
      if (what !== 'changed') return what
      // A document that is refused keeps its last good version, and so does the program.
      const next = await environment().catch(() => variables)
      if (JSON.stringify(next) === JSON.stringify(variables)) continue
      variables = next
      if (program.signal !== undefined) {
        io.err(
          `driftless: changed at revision ${client.revision ?? 0}; ${program.signal} to the program\n`,
        )
        child.kill(program.signal)
        continue
      }
      io.err(`driftless: changed at revision ${client.revision ?? 0}; starting anew\n`)
      await stopped(child, ended)
      if (io.signal.aborted) return 0
      child = start(call, program, variables)
      ended = ending(child)
    }
  } finally {
    changes()
    io.signal.removeEventListener('abort', stop)
  }
}

function start(
  { io }: Call,
  { command, words }: Program,
  variables: Readonly<Record<string, string>>,
): ChildProcess {
  // The program must not be able to read the platform as this does, unless it was meant to.
  const { DRIFTLESS_TOKEN: _, ...env } = io.env
  return spawn(command, words, { stdio: 'inherit', cwd: io.cwd, env: { ...env, ...variables } })
}

async function ending(child: ChildProcess): Promise<number> {
  return new Promise((settle, fail) => {
    child.once('error', (error) => {
      const what = child.spawnfile
      const why = isMissing(error)
        ? `there is no program "${what}"`
        : `${what} cannot be started: ${error.message}`
      fail(new UserError(why, { code: 'system' }))
    })
    // As shells say it: 128 and the number of the signal.
    child.once('exit', (code, signal) =>
      settle(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })
}

async function stopped(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await ended
  clearTimeout(timer)
}
