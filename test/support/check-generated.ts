/** Fails when a generated file is not what its generator writes now. `npm run generate` writes them anew. */
import { runTool, type ToolResult } from './run-tool.ts'

const CHECKS: readonly (readonly [file: string, run: () => Promise<ToolResult>])[] = [
  [
    'worker/env.d.ts',
    () =>
      runTool('wrangler', ['types', 'worker/env.d.ts', '--include-runtime=false', '--check'], {
        env: { WRANGLER_SEND_METRICS: 'false' },
      }),
  ],
  ['docs/cost.md', () => runTool('node', ['test/support/generate-cost.ts', '--check'])],
  ['docs/cli.md', () => runTool('node', ['test/support/generate-cli-docs.ts', '--check'])],
  [
    'docs/api.md, docs/access.md',
    () => runTool('node', ['test/support/generate-docs.ts', '--check']),
  ],
]

const results = await Promise.all(
  CHECKS.map(async ([file, run]) => ({ file, result: await run() })),
)
for (const { file, result } of results) {
  if (result.code === 0) continue
  console.error(
    `generated: ${file} is not what its generator writes; run \`npm run generate\`\n${result.stdout}${result.stderr}`,
  )
  process.exitCode = 1
}
if (process.exitCode !== 1)
  console.log(`generated: ${CHECKS.map(([file]) => file).join(', ')} unchanged`)
