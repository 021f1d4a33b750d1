/**
 * `npm run bench` runs every benchmark; `npm run bench -- evaluate delivery` the named ones. Each prints ratios beside
 * peers measured in the same run; absolute numbers depend on the machine and are printed only for orientation.
 */
const suites = [
  'evaluate',
  'configs',
  'patterns',
  'http',
  'delivery',
  'secrets',
  'wire',
  'fleet',
  'idle',
  'schema',
  'cli',
] as const

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !suites.some((suite) => suite === name))
if (unknown.length > 0) {
  console.error(`Unknown benchmark ${unknown.join(', ')}; there are: ${suites.join(', ')}`)
  process.exit(1)
}

for (const name of suites) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(`\n== ${name}`)
  const { run }: { run: () => Promise<void> } = await import(`./${name}.ts`)
  await run()
}
