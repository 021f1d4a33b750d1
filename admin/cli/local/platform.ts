/**
 * Runs the whole platform on this machine: bundles the Worker, unless it was built, and starts it on miniflare with what wrangler.toml binds,
 * its Durable Objects and KV kept in a directory. The Worker's code is bundled by its path and never imported: it belongs
 * to another runtime.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { ChildProcess } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Log, LogLevel, Miniflare } from 'miniflare'
import { startGuard, type Guard } from './guard.ts'
import { lockDirectory } from './lock.ts'
import { localSecrets } from './secrets.ts'
import { loadWorkerConfig } from './worker-config.ts'

const ROOT = join(import.meta.dirname, '../../..')

export interface PlatformOptions {
  /** Where state is kept; created when absent. */
  readonly dataDir: string
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default: the environment's DRIFTLESS_MASTER_KEY, else created once and kept in `dataDir`. */
  readonly masterKey?: string | undefined
  /** Default: the environment's DRIFTLESS_OWNER_TOKEN, else created once and kept in `dataDir`. */
  readonly ownerToken?: string | undefined
  /** For tests: the step of a publish at which the Worker fails, see worker/objects/project/publish.ts. */
  readonly failpoint?: string | undefined
  /** A folder with worker.js and wrangler.toml, as `build.ts` makes it. Default: the Worker is bundled from its sources. */
  readonly built?: string
  /** For benchmarks: also opens a socket of the Worker's own, past miniflare's proxy. Default false. */
  readonly direct?: boolean
}

export interface Platform {
  /** Origin without a trailing slash. */
  readonly url: string
  readonly ownerToken: string
  /** Origin of the direct socket, when one was asked for. */
  readonly directUrl?: string
  /** Children given to it end when this process does. */
  readonly guard: Guard
  close(): Promise<void>
}

/**
 * Starts the platform and answers when it serves.
 *
 * @throws Error when the port is taken or another platform runs on the same directory.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { port, host = '127.0.0.1' } = options
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const lock = await lockDirectory(dataDir)
  try {
    await portIsFree(host, port)
    const secrets = await localSecrets(dataDir, {
      masterKey: options.masterKey ?? process.env['DRIFTLESS_MASTER_KEY'],
      ownerToken: options.ownerToken ?? process.env['DRIFTLESS_OWNER_TOKEN'],
    })
    const { main, config } = await loadWorkerConfig(options.built ?? ROOT, {
      MASTER_KEY: secrets.masterKey,
      OWNER_TOKEN: secrets.ownerToken,
      LOCAL_HOOKS: 'allowed',
      ...(options.failpoint !== undefined && { FAILPOINT: options.failpoint }),
    })
    const contents = await workerOf(options, main)
    const guard = startGuard()
    const { miniflare, url } = await guarded(guard, async () => {
      const started = new Miniflare({
        host,
        port,
        cf: false, // no request to the network for a made-up location
        telemetry: { enabled: false },
        logRequests: false,
        log: new Log(LogLevel.WARN, { prefix: 'platform' }),
        resourcePersistencePath: join(dataDir, 'state'),
        workers: [
          {
            ...(options.direct === true && { dev: { unsafeDirectSockets: [{ host, port: 0 }] } }),
            config: {
              ...config,
              manifest: {
                mainModule: 'worker.js',
                modulesRoot: ROOT,
                modules: { 'worker.js': { type: 'esm', contents } },
              },
            },
          },
        ],
      })
      return { miniflare: started, url: (await started.ready).origin }
    })
    return {
      url,
      ownerToken: secrets.ownerToken,
      ...(options.direct === true && { directUrl: (await miniflare.unsafeGetDirectURL()).origin }),
      guard,
      async close() {
        await miniflare.dispose()
        guard.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** As it was built, else from its sources: what bundles them is not there beside an installed command. */
async function workerOf({ built }: PlatformOptions, main: string): Promise<string> {
  if (built !== undefined) return readFile(join(built, 'worker.js'), 'utf8')
  const { bundleWorker } = await import('./bundle-worker.ts')
  return bundleWorker(ROOT, main, 'inline')
}

/** Puts every runtime that `start` spawns, and every one spawned in its place later, under `guard`. */
async function guarded<T>(guard: Guard, start: () => Promise<T>): Promise<T> {
  const watch = (message: unknown): void => {
    // Node documents the message as { process: ChildProcess }.
    const child: unknown = Reflect.get(Object(message), 'process')
    if (!(child instanceof ChildProcess)) return
    child.once('spawn', () => {
      if (basename(child.spawnfile).startsWith('workerd')) guard.watch(child)
    })
  }
  subscribe('child_process', watch)
  try {
    return await start()
  } catch (error) {
    unsubscribe('child_process', watch)
    guard.close()
    throw error
  }
}

/**
 * Miniflare says only that its runtime failed to start, so whether the port can be had is found out before. Waits a moment
 * for a predecessor that was killed: its runtime follows it some milliseconds later.
 */
async function portIsFree(host: string, port: number, waitMs = 3_000): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const fault = await new Promise<NodeJS.ErrnoException | undefined>((settle) => {
      const server = createServer()
      server.once('error', settle)
      server.listen(port, host, () => server.close(() => settle(undefined)))
    })
    if (fault === undefined) return
    if (fault.code !== 'EADDRINUSE') throw fault
    if (performance.now() > deadline)
      throw new Error(
        `port ${port} is in use; stop what listens there, or choose another with --port`,
      )
    await delay(50)
  }
}
