/**
 * The publish cut off at each of its steps: once as a failing step, once as a process that dies there. Either way a
 * connected app and KV have the change soon after, without anybody writing again.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createClient, type Client } from '../../sdk/src/index.ts'
import { publishedHead } from '../support/kv-file.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const STEPS = ['commit', 'sign', 'body', 'head', 'announce'] as const
const PLACES = STEPS.flatMap((step) => [`before-${step}`, `after-${step}`])
const CONVERGE_MS = 5_000
/** How long a busy machine may take to get to the step where the process is killed. */
const REACHED_MS = 20_000

let platform: TestPlatform
let key: string
let client: Client
/** Number of the last change that was tried. */
let written = 0

beforeAll(async () => {
  platform = await startTestPlatform()
  await platform.admin.createProject('load', { production: { protected: false } })
  key = (await platform.admin.createKey('load', 'production')).key
  await platform.admin.change('load', [put(written)])
})

afterEach(async () => client?.close())

afterAll(async () => platform?.close())

const put = (value: number): object => ({
  op: 'putConfig',
  name: 'counter',
  format: 'json',
  source: String(value),
  visibility: 'server',
})

/** A new app each time: one that saw many restarts would be backing off, as it should. */
async function connect(): Promise<void> {
  client = createClient({ url: platform.url, key })
  await client.ready()
}

async function restart(failpoint?: string): Promise<void> {
  await platform.kill()
  await platform.start(failpoint === undefined ? {} : { failpoint })
}

/** The answer's status; `undefined` when there was none. */
async function write(signal?: AbortSignal): Promise<number | undefined> {
  written += 1
  try {
    const answer = await platform.admin.request('POST', '/projects/load/changes', {
      body: {
        reason: `change ${written}`,
        operations: [put(written)],
      },
      ...(signal !== undefined && { signal }),
    })
    return answer.status
  } catch {
    return undefined
  }
}

async function currentRevision(): Promise<number> {
  return (await platform.admin.ok<{ revision: number }>('GET', '/projects/load')).revision
}

/** Waits until app and KV have what the project has. */
async function converged(): Promise<number> {
  const revision = await currentRevision()
  await until(`the app at ${revision}`, () => client.revision === revision, CONVERGE_MS)
  await until(
    `KV at ${revision}`,
    () => {
      const head = publishedHead(platform.dataDir, 'load/production/server')
      return head?.revision === revision && head.hasBody
    },
    CONVERGE_MS,
  )
  return revision
}

test.each(PLACES)('a publish that fails at %s is finished by itself', async (place) => {
  await restart(place)
  await connect()
  const status = await write()
  // Around the commit the caller is told of the failure and may well try again; from then on it is our own affair.
  const refused = status !== 200
  expect(refused).toBe(place.endsWith('commit'))
  if (refused) await write()
  await converged()
  expect(client.getConfig('counter')).toBe(written)
})

test.each(PLACES)('a process that dies at %s leaves all of a change or nothing', async (place) => {
  const before = await currentRevision()
  await restart(`${place}!exit`)
  const abort = new AbortController()
  const answer = write(abort.signal)
  const reached = JSON.stringify({ event: 'failpoint', message: place })
  await until(
    `the process at ${place}`,
    async () => {
      if (!platform.output().includes(reached)) return false
      // The drain of an earlier change may have been the one that got there.
      return place === 'before-commit' || (await currentRevision()) > before
    },
    REACHED_MS,
  )
  await restart()
  abort.abort()
  await connect()
  const acknowledged = (await answer) === 200
  const done = (await converged()) - before
  // Past the commit it is there although nobody was told; what was acknowledged is there in any case.
  expect(done).toBe(place === 'before-commit' ? 0 : 1)
  expect(acknowledged && done === 0).toBe(false)
  expect(client.getConfig('counter')).toBe(done === 1 ? written : written - 1)
})
