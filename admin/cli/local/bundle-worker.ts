/** The Worker as one module, from its sources: at each start in the repository, and once for the package. */
import { build } from 'esbuild'

/** `main`: absolute path of the entry file, below `root`. */
export async function bundleWorker(
  root: string,
  main: string,
  sourcemap: 'inline' | false,
): Promise<string> {
  const result = await build({
    entryPoints: [main],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    sourcemap,
    minifySyntax: sourcemap === false,
    minifyWhitespace: sourcemap === false,
    legalComments: 'none',
    logLevel: 'silent', // a failure is thrown with every message in it
  })
  const file = result.outputFiles[0]
  if (file === undefined) throw new Error(`esbuild wrote nothing for ${main}`)
  return file.text
}
