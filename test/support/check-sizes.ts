/**
 * What an application pays for each door of the SDK: bundles it as a bundler would, minified and gzipped, and fails over its
 * limit or when something has leaked in that has no business there. Naming what must not be inside says which import grew.
 */
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { ROOT } from './run-tool.ts'

interface Door {
  readonly name: string
  /** What the application writes. */
  readonly source: string
  /** Bytes, minified and gzipped: what it may not pass. Lower it when the door gets smaller. */
  readonly limit: number
}

const DOORS: readonly Door[] = [
  {
    name: 'createClient (stream, poll, verify, evaluate)',
    source: "export { createClient } from './sdk/src/index.ts'",
    limit: 14_200,
  },
  {
    name: 'evaluator (as in the client)',
    source: "export { createEvaluator } from './sdk/src/core/evaluator.ts'",
    limit: 4_950,
  },
  {
    name: 'compile (evaluator with every operator)',
    source: "export { compile } from './sdk/src/core.ts'",
    limit: 9_400,
  },
  { name: 'core (everything)', source: "export * from './sdk/src/core.ts'", limit: 19_100 },
  { name: 'verify', source: "export * from './sdk/src/verify.ts'", limit: 2_200 },
  {
    name: 'overrides',
    source: "export * from './sdk/src/overrides.ts'",
    limit: 2_200,
  },
  {
    name: 'schema (validator, metaschemas, invariants, migrations)',
    source: "export * from './sdk/src/schema.ts'",
    limit: 27_500,
  },
  { name: 'formats', source: "export * from './sdk/src/formats.ts'", limit: 12_800 },
]

/** What only stands in a bundle when something came along that must not be inside. */
const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  'a Node module': /["'`]node:/,
  'the Workers runtime': /["'`]cloudflare:/,
  jose: /JOSEError|ERR_JOSE|ERR_JWS/,
  hono: /hono/i,
  valibot: /valibot|safeParse/,
  yaml: /YAMLParseError/,
  'a process': /\bprocess\.(?:env|versions)/,
  'code from strings': /\beval\(|new Function/,
}

/** What is loaded later, and by those alone who need it, is no part of what is loaded at the start. */
const LAZY: Plugin = {
  name: 'lazy',
  setup(bundler) {
    bundler.onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    )
  },
}

for (const { name, source, limit } of DOORS) {
  const result = await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    // The optional peers of the formats.
    external: ['yaml', 'smol-toml'],
    plugins: [LAZY],
    write: false,
  })
  const text = result.outputFiles[0]?.text ?? ''
  const size = gzipSync(text, { level: 9 }).length
  const leaks = Object.keys(FORBIDDEN).filter((leak) => FORBIDDEN[leak]?.test(text))
  const verdicts = [
    ...(size > limit ? [`over its limit of ${limit}`] : []),
    ...leaks.map((leak) => `holds ${leak}`),
  ]
  console.log(
    `sizes: ${String(size).padStart(6)} bytes  ${name}${verdicts.map((verdict) => `  ${verdict}`).join('')}`,
  )
  if (verdicts.length > 0) process.exitCode = 1
}
