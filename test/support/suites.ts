/** Where the public suites are: flag files, remote configs, vectors. They are not part of the repository. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './run-tool.ts'

const SUITES = process.env['DRIFTLESS_SUITES'] ?? join(ROOT, '../shared/suites')

/** The suite's folder; `undefined` when it is absent, so that a test can say so and be skipped. */
export function suite(name: string): string | undefined {
  const folder = join(SUITES, name)
  return existsSync(folder) ? folder : undefined
}
