/**
 * Fills an empty platform with the project of examples/demo, through the admin API as anybody would. Each step commits
 * exactly one revision, so the project's revision says which steps are left: a start that was cut short is continued.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FILES = join(import.meta.dirname, '../../../examples/demo')

export const DEMO_PROJECT = 'shop'
export const DEMO_ENVIRONMENT = 'development'

export interface DemoTarget {
  readonly url: string
  readonly ownerToken: string
  readonly dataDir: string
}

export interface Demo {
  /** A server key of the demo environment, kept in the data directory since it is shown once. */
  readonly sdkKey: string
  /** The project's revision now. */
  readonly revision: number
}

export async function createDemo(target: DemoTarget): Promise<Demo> {
  const shop: unknown = JSON.parse(await readFile(join(FILES, 'shop.json'), 'utf8'))
  const environments = member(shop, 'environments')
  const operations = member(shop, 'operations')
  if (!Array.isArray(operations)) throw new Error('examples/demo/shop.json: no list of operations')
  const project = `/projects/${DEMO_PROJECT}`
  const steps: readonly (() => Promise<unknown>)[] = [
    () =>
      call(target, 'POST', '/projects', {
        name: DEMO_PROJECT,
        environments,
        reason: 'Create the demo project',
      }),
    async () =>
      call(target, 'POST', `${project}/changes`, {
        base: 1,
        reason: 'Configs, flags and segments of the demo',
        operations: [...(await configOperations()), ...operations],
      }),
    async () =>
      call(
        target,
        'POST',
        `${project}/import?from=flagd&environment=${DEMO_ENVIRONMENT}`,
        await readFile(join(FILES, 'flags.flagd.json'), 'utf8'),
        { 'if-match': '"2"' },
      ),
  ]
  let revision = await currentRevision(target)
  for (const step of steps.slice(revision)) {
    await step()
    revision += 1
  }
  return { sdkKey: await sdkKey(target), revision }
}

/** One operation for each file in configs/: `<name>.json` is a base layer, `<name>.<environment>.json` an override. */
async function configOperations(): Promise<unknown[]> {
  const folder = join(FILES, 'configs')
  // By length: a base layer has to be there before its overrides.
  const files = (await readdir(folder)).toSorted((a, b) => a.length - b.length)
  return Promise.all(
    files.map(async (file) => {
      const [name, environment] = file.replace(/\.json$/, '').split('.')
      const source = await readFile(join(folder, file), 'utf8')
      return environment === undefined
        ? { op: 'putConfig', name, format: 'json', source, visibility: 'server' }
        : { op: 'putConfigOverride', name, environment, format: 'json', source }
    }),
  )
}

/** 0 when the project is not there. */
async function currentRevision(target: DemoTarget): Promise<number> {
  const answer = await request(target, 'GET', `/projects/${DEMO_PROJECT}`)
  if (answer.status === 404) return 0
  return Number(member(await read(answer), 'revision'))
}

async function sdkKey(target: DemoTarget): Promise<string> {
  const path = join(target.dataDir, 'demo-sdk-key')
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept !== undefined) return kept.trim()
  const created = await call(target, 'POST', `/projects/${DEMO_PROJECT}/keys`, {
    name: 'example app',
    environment: DEMO_ENVIRONMENT,
    audience: 'server',
    reason: 'Key of the example app',
  })
  const key = String(member(created, 'key'))
  await writeFile(path, `${key}\n`, { mode: 0o600 })
  return key
}

async function request(
  target: DemoTarget,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${target.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${target.ownerToken}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

async function call(...request_: Parameters<typeof request>): Promise<unknown> {
  return read(await request(...request_))
}

async function read(answer: Response): Promise<unknown> {
  const text = await answer.text()
  if (!answer.ok) throw new Error(`demo project: ${answer.status} ${answer.url}\n${text}`)
  return JSON.parse(text)
}

/** `value.name`, whatever `value` is. */
const member = (value: unknown, name: string): unknown => Reflect.get(Object(value), name)
