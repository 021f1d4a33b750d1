/**
 * Checks every TypeScript program: one per runtime over the strict base in /tsconfig.json. What must run in two runtimes
 * stands in two programs. Prints what tsc says and exits 1 when any program fails.
 */
import { runTool } from './run-tool.ts'

const PROGRAMS = [
  'sdk/src/core',
  'sdk',
  'worker',
  'admin/cli',
  'test',
  'test/worker',
  '.', // the tools' own configuration
] as const

const results = await Promise.all(
  PROGRAMS.map(async (folder) => ({
    folder,
    result: await runTool('tsc', ['-p', `${folder}/tsconfig.json`]),
  })),
)

for (const { folder, result } of results) {
  if (result.code === 0) continue
  console.error(`types: ${folder} fails\n${result.stdout}${result.stderr}`)
  process.exitCode = 1
}
if (process.exitCode !== 1) console.log(`types: ${PROGRAMS.length} programs check`)
