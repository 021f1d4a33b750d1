/**
 * Bundles the command line into one folder that needs nothing installed: `dist/driftless.js`, and a file for each command that
 * is read only when it runs, so that `--version` does not pay for YAML. `dist/worker` is the Worker that `dev` runs. Why: docs/design.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleWorker } from './local/bundle-worker.ts'

const HERE = import.meta.dirname
const ROOT = join(HERE, '../..')

/** `outdir` is emptied first. */
export async function buildCli(outdir: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'))
  const version: unknown = Reflect.get(Object(manifest), 'version')
  await rm(outdir, { recursive: true, force: true })
  await build({
    // The guard is a program of its own as well: it must be in a file that holds nothing else.
    entryPoints: { driftless: join(HERE, 'driftless.ts'), guard: join(HERE, 'local/guard.ts') },
    // Only `dev` needs it, and says so where it is missing.
    external: ['miniflare', 'esbuild'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    chunkNames: 'chunks/[name]-[hash]',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    // What is CommonJS among the bundled packages asks for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    define: { DRIFTLESS_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  })
  const worker = join(outdir, 'worker')
  await mkdir(worker)
  await writeFile(
    join(worker, 'worker.js'),
    await bundleWorker(ROOT, join(ROOT, 'worker/index.ts'), false),
  )
  await copyFile(join(ROOT, 'wrangler.toml'), join(worker, 'wrangler.toml'))
}

if (import.meta.filename === process.argv[1]) await buildCli(join(HERE, 'dist'))
