/**
 * `npm start`: the whole platform on this machine, a demo project, and an example app that follows it. Prints where it
 * serves, the owner token and three commands to try. Ctrl-C stops everything; what was acknowledged is there next time.
 */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArguments, USAGE, type StartArguments } from './arguments.ts'
import { createDemo, DEMO_ENVIRONMENT, DEMO_PROJECT, type Demo } from './demo.ts'
import { endWith, parents } from './parents.ts'
import { startPlatform, type Platform } from './platform.ts'

const EXAMPLE_START_MS = 10_000
const EXAMPLE = join(import.meta.dirname, '../../../examples/hot-reload/server.ts')

async function main(): Promise<void> {
  const options = readArguments()
  if (options === undefined) return
  const dataDir = resolve(options.dataDir)
  const platform = await startPlatform({
    dataDir,
    port: options.port,
    failpoint: process.env['DRIFTLESS_FAILPOINT'],
  })
  const stop = (code: number): void => void platform.close().finally(() => process.exit(code))
  // The codes a shell gives to a process that a signal ended. A second signal ends this at once, and the guard the rest.
  process.once('SIGINT', () => stop(130)).once('SIGTERM', () => stop(143))
  endWith(await parents(), () => stop(1))

  console.log(`Driftless   ${platform.url}`)
  console.log(`Owner token ${platform.ownerToken}`)
  if (options.empty) return
  const demo = await createDemo({ url: platform.url, ownerToken: platform.ownerToken, dataDir })
  const exampleUrl = await startExample(platform, demo, options.port + 1)
  console.log(`Example app ${exampleUrl}\n\n${tryThis(platform, demo)}`)
}

function readArguments(): StartArguments | undefined {
  try {
    const options = parseArguments(process.argv.slice(2))
    if (options !== 'help') return options
    console.log(USAGE)
  } catch (error) {
    console.error(`${message(error)}\n\n${USAGE}`)
    process.exitCode = 2
  }
  return undefined
}

/** The example is a process of its own, as an app would be; it prints its own log lines. Waits until it serves. */
async function startExample(platform: Platform, demo: Demo, port: number): Promise<string> {
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [EXAMPLE], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      DRIFTLESS_URL: platform.url,
      DRIFTLESS_SDK_KEY: demo.sdkKey,
      PORT: String(port),
    },
  })
  platform.guard.watch(child)
  child.on('error', (error) => console.error(`example app: ${error.message}`))
  child.on('exit', (code) => {
    if (code !== null && code !== 0)
      console.error(`example app: ended with code ${code}; the platform goes on`)
  })
  const deadline = performance.now() + EXAMPLE_START_MS
  while (child.exitCode === null && performance.now() < deadline && !(await answers(url)))
    await delay(50)
  return url
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  )

function tryThis(platform: Platform, demo: Demo): string {
  const project = `${platform.url}/api/v1/projects/${DEMO_PROJECT}`
  const command = (method: string, path: string, body: object): string =>
    `  curl -X ${method} ${project}${path} \\\n` +
    `    -H 'Authorization: Bearer ${platform.ownerToken}' -H 'Content-Type: application/json' -H 'If-Match: *' \\\n` +
    `    -d '${JSON.stringify(body)}'\n`
  const banner = JSON.stringify({ banner: { text: 'Half price until midnight', level: 'sale' } })
  return [
    'Open the example app and try, in another terminal:\n\n1. Change a config',
    command('PUT', `/configs/storefront/environments/${DEMO_ENVIRONMENT}`, {
      format: 'json',
      source: banner,
      reason: 'Try a sale',
    }),
    '2. Switch a flag off',
    command('PATCH', `/flags/new-checkout/environments/${DEMO_ENVIRONMENT}`, {
      enabled: false,
      reason: 'Too many complaints',
    }),
    '3. Take both back',
    command('POST', '/rollback', { to: demo.revision, reason: 'As it was at the start' }),
  ].join('\n')
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

try {
  await main()
} catch (error) {
  console.error(message(error))
  process.exit(1)
}
