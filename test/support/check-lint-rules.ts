/**
 * Proves that the linter holds the import table: lints planted breaches, one file each, and lawful neighbours, and fails
 * unless exactly the breaches are reported. The files live in a temporary copy of the tree's shape beside a copy of
 * .oxlintrc.json, so the work tree is never touched, not even when this is killed.
 */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT, runTool } from './run-tool.ts'

/** `rule`: the oxlint rule that must report the file; `null`: a lawful file that must stay silent. */
interface Plant {
  readonly path: string
  readonly source: string
  readonly rule: string | null
}

const IMPORTS = 'no-restricted-imports'
const GLOBALS = 'no-restricted-globals'

let planted = 0
const imports = (folder: string, from: string, rule: string | null): Plant => ({
  path: `${folder}/planted-${(planted += 1)}.ts`,
  source: `import { thing } from '${from}'\nexport const used = thing\n`,
  rule,
})
const forbids = (folder: string, from: string): Plant => imports(folder, from, IMPORTS)
const allows = (folder: string, from: string): Plant => imports(folder, from, null)
const code = (folder: string, source: string, rule: string | null): Plant => ({
  path: `${folder}/planted-${(planted += 1)}.ts`,
  source,
  rule,
})

const PLANTS: readonly Plant[] = [
  // sdk/src/core, sdk/src/formats: themselves only
  forbids('sdk/src/core', '../client/state.ts'),
  forbids('sdk/src/core', '../verify.ts'),
  forbids('sdk/src/core', 'valibot'),
  forbids('sdk/src/core', 'node:crypto'),
  forbids('sdk/src/core', '../../../worker/domain/errors.ts'),
  forbids('sdk/src/formats', '../client/state.ts'),
  forbids('sdk/src/schema', '../client/state.ts'),
  forbids('sdk/src/schema', 'valibot'),
  allows('sdk/src/schema', '../core/json.ts'),
  code('sdk/src/schema', "export const get = (): unknown => fetch('/')\n", GLOBALS),
  allows('sdk/src/core', './json.ts'),
  allows('sdk/src/formats', '../core/json.ts'),
  code('sdk/src/core', 'export const now = (): number => Date.now()\n', GLOBALS),
  code('sdk/src/core', "export const get = (): unknown => fetch('/')\n", GLOBALS),
  code('sdk/src/core', 'export const id = (): string => crypto.randomUUID()\n', GLOBALS),
  code('sdk/src/core', 'export const later = (): unknown => setTimeout(() => {}, 1)\n', GLOBALS),
  code('sdk/src/core', "export const say = (): void => console.log('x')\n", GLOBALS),
  code(
    'sdk/src/core',
    'export const dice = (): number => Math.random()\n',
    'no-restricted-properties',
  ),

  // sdk/src/client, verify, adapters: core, formats, each other downward; no package
  forbids('sdk/src/client', '../index.ts'),
  forbids('sdk/src/client', '../../../admin/contract/routes.ts'),
  forbids('sdk/src/client', 'jose'),
  forbids('sdk/src', 'jose'),
  forbids('sdk/src', '../../worker/domain/errors.ts'),
  allows('sdk/src/client', '../core/json.ts'),
  allows('sdk/src/client', '../verify.ts'),
  allows('sdk/src', './client/state.ts'),

  // worker/domain: #core, formats, itself
  forbids('worker/domain', '../objects/project/interface.ts'),
  forbids('worker/domain', '../http/problem.ts'),
  forbids('worker/domain', '../index.ts'),
  forbids('worker/domain', '../../admin/contract/routes.ts'),
  forbids('worker/domain', '../../sdk/src/core/json.ts'),
  forbids('worker/domain', 'valibot'),
  allows('worker/domain', '#core'),
  allows('worker/domain', '#formats'),
  allows('worker/domain', '#schema'),
  allows('worker/domain', './errors.ts'),
  code('worker/domain', 'export const now = (): number => Date.now()\n', GLOBALS),
  code('worker/domain', 'export const id = (): string => crypto.randomUUID()\n', GLOBALS),

  // worker/{objects,crypto,read}, worker/http: domain, #core; read sees storage as an interface
  forbids('worker/objects/project', '../../api/router.ts'),
  forbids('worker/objects/project', '../../../admin/contract/routes.ts'),
  forbids('worker/objects/project', '../../index.ts'),
  forbids('worker/objects/project', '../../../sdk/src/core/json.ts'),
  forbids('worker/crypto', '../api/router.ts'),
  forbids('worker/crypto', '../objects/project/publish.ts'),
  forbids('worker/read', '../objects/project/publish.ts'),
  forbids('worker/read', '../index.ts'),
  forbids('worker/http', '../../admin/contract/routes.ts'),
  forbids('worker/http', 'node:buffer'),
  allows('worker/objects/project', '../../domain/errors.ts'),
  allows('worker/objects/project', 'cloudflare:workers'),
  allows('worker/crypto', 'jose'),
  allows('worker/read', '../objects/project/interface.ts'),
  allows('worker/http', '#core'),

  // worker/api: contract, import, domain, http, the objects' interfaces; never index.ts
  forbids('worker/api', '../index.ts'),
  forbids('worker/api', '../objects/project/publish.ts'),
  forbids('worker/api', '../crypto/sign.ts'),
  forbids('worker/api', '../read/snapshot.ts'),
  forbids('worker/api', '../../sdk/src/core/json.ts'),
  allows('worker/api', '../../admin/contract/routes.ts'),
  allows('worker/api', '../../admin/import/flagd.ts'),
  allows('worker/api', '../objects/project/interface.ts'),
  allows('worker/api', '../http/problem.ts'),

  // admin/contract, admin/import: #core, valibot
  // admin/seal: #core and jose; the Worker's cryptography takes it from there, and nothing else of admin
  allows('admin/seal', '#core'),
  allows('admin/seal', 'jose'),
  forbids('admin/seal', '../contract/schema.ts'),
  forbids('admin/seal', '../../worker/crypto/wrap.ts'),
  allows('worker/crypto', '../../admin/seal/seal.ts'),
  forbids('worker/crypto', '../../admin/contract/schema.ts'),
  forbids('admin/contract', '../../worker/domain/errors.ts'),
  forbids('admin/contract', '../cli/main.ts'),
  forbids('admin/contract', 'hono'),
  forbids('admin/import', '../../worker/domain/errors.ts'),
  forbids('admin/import', '../../sdk/src/core/json.ts'),
  forbids('admin/import', 'node:fs'),
  allows('admin/contract', 'valibot'),
  allows('admin/import', '#core'),

  // admin/dashboard, admin/cli: contract, #core, formats (the CLI also import); never worker/
  forbids('admin/cli', '../../worker/domain/errors.ts'),
  forbids('admin/cli/local', '../../../worker/index.ts'),
  forbids('admin/cli', '../../sdk/src/index.ts'),
  forbids('admin/dashboard', '../../worker/domain/errors.ts'),
  allows('admin/cli', '../contract/routes.ts'),
  allows('admin/cli', '../import/flagd.ts'),
  allows('admin/dashboard', '#core'),
  forbids('admin/cli', '@driftless/sdk/core'),
  forbids('admin/dashboard', '@driftless/sdk'),
  allows('admin/cli', '@driftless/sdk'),
  allows('admin/cli', '@driftless/sdk/schema'),
  allows('admin/cli', '@driftless/sdk/verify'),

  // worker/index.ts may import all; the examples only the public SDK
  {
    path: 'worker/index.ts',
    source: "import { thing } from './api/router.ts'\nexport default thing\n",
    rule: null,
  },
  forbids('examples/app', '../../sdk/src/index.ts'),
  forbids('examples/app', '../../admin/contract/routes.ts'),
  allows('examples/app', '@driftless/sdk'),

  // What style.md asks of every file
  code('worker/read', 'export const loose = (value: any): unknown => value\n', 'no-explicit-any'),
  code(
    'worker/read',
    'export const sure = (value: string | null): string => value!\n',
    'no-non-null-assertion',
  ),
  code('worker/read', "export const say = (): void => console.log('x')\n", 'no-console'),
  code(
    'worker/read',
    'export function loose(work: () => Promise<void>): void {\n  work()\n}\n',
    'no-floating-promises',
  ),
  code(
    'worker/read',
    "export function name(kind: 'a' | 'b'): string {\n  switch (kind) {\n    case 'a':\n      return 'A'\n  }\n  return ''\n}\n",
    'switch-exhaustiveness-check',
  ),
  {
    path: 'worker/read/cycle-a.ts',
    source: "import { b } from './cycle-b.ts'\nexport const a = (): number => b()\n",
    rule: 'no-cycle',
  },
  {
    path: 'worker/read/cycle-b.ts',
    source: "import { a } from './cycle-a.ts'\nexport const b = (): number => a()\n",
    rule: 'no-cycle',
  },
]

interface Diagnostic {
  readonly code: string
  readonly filename: string
}

const folder = await mkdtemp(join(tmpdir(), 'driftless-lint-'))
try {
  await copyFile(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  await copyFile(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'))
  for (const plant of PLANTS) {
    await mkdir(dirname(join(folder, plant.path)), { recursive: true })
    await writeFile(join(folder, plant.path), plant.source)
  }
  const { stdout, stderr } = await runTool('oxlint', ['--type-aware', '--format=json', '.'], {
    cwd: folder,
  })
  const report = JSON.parse(stdout) as { diagnostics: Diagnostic[] } // oxlint's own JSON format
  const wrong: string[] = []
  for (const plant of PLANTS) {
    const reported = report.diagnostics.filter((each) => each.filename.endsWith(plant.path))
    const codes = reported.map((each) => each.code).join(', ') || 'nothing'
    const found = reported.some((each) => each.code.includes(`(${plant.rule})`))
    if (plant.rule !== null && !found)
      wrong.push(`${plant.path}: expected ${plant.rule}, got ${codes}\n  ${plant.source}`)
    if (plant.rule === null && reported.length > 0)
      wrong.push(`${plant.path}: lawful, but reported: ${codes}\n  ${plant.source}`)
  }
  if (wrong.length > 0) {
    console.error(`lint rules: ${wrong.length} of ${PLANTS.length} wrong\n${wrong.join('\n')}`)
    console.error(stderr)
    process.exitCode = 1
  } else {
    console.log(`lint rules: ${PLANTS.length} planted files judged right`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
