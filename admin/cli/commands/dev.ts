/** `dev`: the whole platform on this machine, with a project in it that is the folder, or a copy of a remote one. */
import { existsSync, watch as watchFiles } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AdminClient, AdminError, createAdminClient } from '../../contract/client.ts'
import { placeOfFile } from '../folder/files.ts'
import type { Items } from '../folder/items.ts'
import { oversize, planChanges } from '../folder/plan.ts'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { faultOf, faultText } from '../frame/fault.ts'
import { connectProject, findFolder, projectName } from '../frame/settings.ts'
import { plural, timeText } from '../frame/table.ts'
import type { Platform } from '../local/platform.ts'
import { readKnown } from '../server/known.ts'
import { readPublished } from '../server/published.ts'
import { environmentsOf } from './show.ts'
import { readNumber } from './history.ts'

const PORT = 8787
const SETTLE_MS = 150

export async function dev(call: Call): Promise<Outcome> {
  const { io } = call
  const folder = await findFolder(resolve(io.cwd, call.text('folder') ?? '.'))
  const seed = await readSeed(call)
  const project = projectName(call, folder) ?? 'dev'
  const platform = await startLocal(call)
  try {
    const client = createAdminClient({ url: platform.url, token: platform.ownerToken })
    const target: Target = { client, project }
    const environments = seed === undefined ? [] : environmentsOf(seed)
    await ensureProject(target, environments)
    if (seed !== undefined) await fill(call, target, seed)
    const name = environments.includes('development')
      ? 'development'
      : (environments[0] ?? 'development')
    const key = await createKey(target, name)
    io.out(
      [
        `Driftless    ${platform.url}`,
        `Project      ${project}`,
        `Owner token  ${platform.ownerToken}`,
        `SDK key      ${key} (${name}, server)`,
        `\nexport DRIFTLESS_URL=${platform.url} DRIFTLESS_SDK_KEY=${key}\n`,
      ].join('\n'),
    )
    await (folder === undefined || call.is('copy')
      ? untilStopped(call)
      : follow(call, folder.path, target))
  } finally {
    await platform.close()
  }
  return { text: '', json: undefined }
}

interface Target {
  readonly client: AdminClient
  readonly project: string
}

/** The folder's items, those of the remote project with --copy, or nothing. */
async function readSeed(call: Call): Promise<Items | undefined> {
  if (call.is('copy')) return (await readPublished(await connectProject(call))).items
  const folder = await findFolder(resolve(call.io.cwd, call.text('folder') ?? '.'))
  return folder === undefined ? undefined : (await readKnown(call, false)).items
}

async function startLocal(call: Call): Promise<Platform> {
  const { startPlatform } = await import('../local/platform.ts').catch((cause: unknown) => {
    throw new UserError('the local platform needs miniflare, which is not installed', {
      code: 'not_installed',
      hint: `npm install --save-dev miniflare (${cause instanceof Error ? cause.message : String(cause)})`,
    })
  })
  // Built, the Worker lies beside this file; in the repository it is bundled from its sources.
  const built = join(dirname(fileURLToPath(import.meta.url)), '../worker')
  return startPlatform({
    dataDir: resolve(call.io.cwd, call.text('data') ?? '.driftless'),
    port: readNumber(call.text('port'), '--port', PORT),
    ...(existsSync(join(built, 'worker.js')) && { built }),
  })
}

async function ensureProject(
  { client, project }: Target,
  environments: readonly string[],
): Promise<void> {
  try {
    await client.getProject({ parameters: { project } })
  } catch (error) {
    if (!(error instanceof AdminError && error.status === 404)) throw error
    await client.createProject({
      body: { name: project, ...(environments.length > 0 && { environments: [...environments] }) },
    })
  }
}

/** Makes the local project what `wanted` says. */
async function fill(call: Call, { client, project }: Target, wanted: Items): Promise<void> {
  const session = { client, project, url: '', token: '' }
  const { revision, items } = await readPublished(session)
  const { operations } = planChanges(items, wanted)
  if (operations.length === 0) return
  const tooMuch = oversize(operations)
  if (tooMuch !== undefined) throw new UserError(tooMuch, { code: 'too_large' })
  const { body } = await client.commitChanges({
    parameters: { project },
    body: { base: revision, reason: 'driftless dev', operations: [...operations] },
  })
  call.io.err(
    `${timeText(call.io.nowMs())} ${plural(body.changed.length, 'layer')} in revision ${body.revision}\n`,
  )
}

async function createKey({ client, project }: Target, environment: string): Promise<string> {
  const { body } = await client.createKey({
    parameters: { project },
    body: { name: 'driftless dev', environment, audience: 'server' },
  })
  return 'key' in body ? body.key : ''
}

function untilStopped({ io }: Call): Promise<void> {
  return new Promise((settle) => {
    if (io.signal.aborted) settle()
    io.signal.addEventListener('abort', () => settle())
  })
}

/** Publishes the folder, locally, whenever it is saved. */
async function follow(call: Call, folder: string, target: Target): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const sync = async (): Promise<void> => {
    try {
      await fill(call, target, (await readKnown(call, false)).items)
    } catch (error) {
      call.io.err(`${faultText(faultOf(error))}\n`)
    }
  }
  const watcher = watchFiles(folder, { recursive: true }, (_, name) => {
    if (placeOfFile((name ?? '').replaceAll('\\', '/')).is === 'other') return
    clearTimeout(timer)
    timer = setTimeout(() => void sync(), SETTLE_MS)
  })
  await untilStopped(call)
  clearTimeout(timer)
  watcher.close()
}
