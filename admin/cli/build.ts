/**
 * Bundles the command line into one folder that needs nothing installed: `dist/driftless.js`, and a file for each command that
 * is read only when it runs, so that `--version` does not pay for YAML. Why it is bundled: docs/design.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const HERE = import.meta.dirname

/** `outdir` is emptied first. */
export async function buildCli(outdir: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'))
  const version: unknown = Reflect.get(Object(manifest), 'version')
  await rm(outdir, { recursive: true, force: true })
  await build({
    entryPoints: { driftless: join(HERE, 'driftless.ts') },
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
}

if (import.meta.filename === process.argv[1]) await buildCli(join(HERE, 'dist'))
