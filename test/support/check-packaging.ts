/**
 * Packs the SDK as npm would, installs it in an empty project and uses every door of it there: type-checked under `nodenext` and
 * under `bundler` resolution without skipLibCheck, and loaded by Node. Packs the command line as well, and runs it in an empty
 * folder with nothing else installed. Expects `npm run build` before it.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ROOT, runTool } from './run-tool.ts'

const run = promisify(execFile)

/** What a consumer writes; runs too, without network: the client is closed before it connects. */
const CONSUMER = `
import { createClient, DriftlessError, type Client, type EvaluationDetails } from '@driftless/sdk'
import { compile, formatKey, type SnapshotBody } from '@driftless/sdk/core'
import { parseJson } from '@driftless/sdk/formats'
import { bucketers } from '@driftless/sdk/migrate'
import { jsonSchema, type JsonSchemaStandard } from '@driftless/sdk/schema'
import { verifyManifest, type VerifyErrorCode } from '@driftless/sdk/verify'

const key: string = formatKey('server', 'shop', 'production', 'a'.repeat(30))
const client: Client = createClient({ url: 'https://config.test', key, stream: false, bucketers, context: { plan: 'pro' } })
const isOn: boolean = client.getBooleanValue('flag', false, { targetingKey: 'ada' })
const details: EvaluationDetails<number> = client.getNumberDetails('flag', 1)
const pool: { size: number } | undefined = client.getConfig<{ size: number }>('pool')
const stop: () => void = client.on('rejected', ({ code }) => { const known: VerifyErrorCode | 'reference' | 'schema' = code; void known })
stop()
const closing: Promise<void> = client.close()

const body: SnapshotBody = {
  format: 1, project: 'shop', environment: 'production', audience: 'server', revision: 1,
  configs: {}, flags: {}, segments: {}, secrets: {},
}
const value: boolean = compile(body).value('flag', 'boolean', true, {}, Date.now())
// @ts-expect-error: a fallback of another type
client.getBooleanValue('flag', 'no')
// @ts-expect-error: an option that is not there
const wrong: () => unknown = () => createClient({ url: '', key, pollSeconds: 1 })

const settings: JsonSchemaStandard<{ port: number }> = jsonSchema({ required: ['port'] })
const checked = settings['~standard'].validate({})

const verdict = await verifyManifest('x', { keys: [] }, { issuer: 'driftless', audience: 'a', nowMs: 0 })
await closing
const facts = [isOn, details.errorCode, pool, value, verdict.ok, client.status, checked.issues?.length, typeof parseJson, typeof wrong, DriftlessError.name]
console.log(JSON.stringify(facts))
`

const EXPECTED = JSON.stringify([
  false,
  'PROVIDER_NOT_READY',
  null,
  true,
  false,
  'closed',
  1,
  'function',
  'function',
  'DriftlessError',
])

const RESOLUTIONS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
} as const

const project = await mkdtemp(join(tmpdir(), 'driftless-consumer-'))
const faults: string[] = []
try {
  await install()
  await runPackedCli()
  await writeFile(join(project, 'package.json'), '{"type":"module"}')
  await writeFile(join(project, 'consumer.ts'), CONSUMER)
  for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
    const compilerOptions = {
      ...resolution,
      target: 'es2023',
      lib: ['es2023', 'dom'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      outDir: `out-${name}`,
    }
    const file = join(project, `tsconfig.${name}.json`)
    await writeFile(file, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const checked = await runTool('tsc', ['-p', file], { cwd: project })
    if (checked.code !== 0) faults.push(`under ${name}:\n${checked.stdout}${checked.stderr}`)
  }
  const ran = await runTool('node', ['out-nodenext/consumer.js'], { cwd: project })
  if (ran.stdout.trim() !== EXPECTED)
    faults.push(`run: expected ${EXPECTED}, got ${ran.stdout}${ran.stderr}`)
} finally {
  await rm(project, { recursive: true, force: true })
}

for (const fault of faults) console.error(`packaging: ${fault}`)
if (faults.length > 0) process.exitCode = 1
else
  console.log(
    'packaging: the packed SDK compiles under nodenext and bundler, and runs; so does the packed command line',
  )

/** Its version, its help, and a command that loads most of it: what it needs must be in the package. */
async function runPackedCli(): Promise<void> {
  const target = join(project, 'cli')
  await mkdir(target)
  await run('npm', ['pack', '--silent', '--pack-destination', target], {
    cwd: join(ROOT, 'admin/cli'),
  })
  const [tarball] = (await readdir(target)).filter((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack wrote no tarball of the command line')
  await run('tar', ['-xzf', join(target, tarball), '-C', target, '--strip-components=1'])
  const manifest: unknown = JSON.parse(await readFile(join(target, 'package.json'), 'utf8'))
  const version: unknown = Reflect.get(Object(manifest), 'version')
  const driftless = (words: readonly string[]) =>
    runTool('node', [join(target, 'bin/driftless.js'), ...words], { cwd: target })
  const printed = await driftless(['--version'])
  if (printed.stdout.trim() !== version)
    faults.push(
      `driftless --version: expected ${String(version)}, got ${printed.stdout}${printed.stderr}`,
    )
  const help = await driftless(['--help'])
  if (help.code !== 0 || !help.stdout.includes('apply'))
    faults.push(`driftless --help: ${help.stdout}${help.stderr}`)
  await writeFile(join(target, 'a.yaml'), 'a: 1\n')
  await writeFile(join(target, 'b.toml'), 'a = 2\n')
  const differs = await driftless(['diff', 'a.yaml', 'b.toml', '--json'])
  if (differs.code !== 2) faults.push(`driftless diff: ${differs.stdout}${differs.stderr}`)
  for (const name of await readdir(target, { recursive: true }))
    if (name.endsWith('.ts') || name.startsWith('local'))
      faults.push(`the command line packs ${name}`)
}

/** Puts what `npm pack` would publish, and no more, into the project's node_modules. */
async function install(): Promise<void> {
  const packed = await run('npm', ['pack', '--json', '--silent', '--pack-destination', project], {
    cwd: join(ROOT, 'sdk'),
  })
  const target = join(project, 'node_modules/@driftless/sdk')
  await mkdir(target, { recursive: true })
  const [tarball] = (await readdir(project)).filter((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`npm pack wrote no tarball: ${packed.stdout}`)
  await run('tar', ['-xzf', join(project, tarball), '-C', target, '--strip-components=1'])
  // The optional peers that the formats need.
  for (const peer of ['yaml', 'smol-toml'])
    await symlink(join(ROOT, 'node_modules', peer), join(project, 'node_modules', peer))
  const manifest: unknown = JSON.parse(await readFile(join(target, 'package.json'), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'dependencies' in manifest)
    faults.push('the SDK has dependencies')
  for (const name of await readdir(target, { recursive: true }))
    if (/\.test\.|tsconfig/.test(name) || dirname(name).startsWith('src'))
      faults.push(`packs ${name}`)
}
