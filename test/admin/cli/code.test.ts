/** What code is told of configs and flags: types, variables, templates, and what a scan finds. */
import { expect, test } from 'vitest'
import { envTemplate, wantedOf } from '../../../admin/cli/code/env-template.ts'
import { environmentFrom } from '../../../admin/cli/code/environment.ts'
import { typesText } from '../../../admin/cli/code/types-text.ts'
import { itemsOfExport } from '../../../admin/cli/folder/items.ts'
import { resolvedIn } from '../../../admin/cli/folder/resolve.ts'
import { usesIn } from '../../../admin/cli/scan/find.ts'
import { findingsOf, sarif } from '../../../admin/cli/scan/findings.ts'

test('types say what documents have in common, and which members some lack', () => {
  const text = typesText({
    configs: new Map([
      [
        'settings',
        [
          { port: 80, tags: ['a'], db: { host: 'x' } },
          { port: 1.5, tags: [1, null], tls: true, db: { host: 'y' } },
        ],
      ],
      ['odd-name', [[]]],
    ]),
    flags: new Map([
      ['on-off', { type: 'boolean', values: [true, false] }],
      ['color', { type: 'string', values: ['red', 'blue'] }],
      ['limits', { type: 'object', values: [{ max: 1 }] }],
    ]),
  })
  expect(text).toContain(`  readonly settings: {
    readonly port: number
    readonly tags: readonly (null | number | string)[]
    readonly db: {
      readonly host: string
    }
    readonly tls?: boolean
  }
  readonly "odd-name": readonly unknown[]`)
  expect(text).toContain(`  readonly "on-off": boolean
  readonly color: "blue" | "red"
  readonly limits: {
    readonly max: number
  }`)
})

test('an environment is made of every value, by its way in capitals', () => {
  expect(
    environmentFrom(
      { HOST: 'h', 'db.main': { poolSize: 4, on: true, none: null }, list: [1, 'a'] },
      '',
    ),
  ).toEqual({
    HOST: 'h',
    DB_MAIN_POOL_SIZE: '4',
    DB_MAIN_ON: 'true',
    LIST: '[1,"a"]',
  })
  expect(environmentFrom({ a: 1 }, 'APP_')).toEqual({ APP_A: '1' })
  expect(environmentFrom('text', '')).toEqual({})
})

test('a template names every variable and secret, where it is used and its default', () => {
  const wanted = wantedOf([
    [
      'web',
      { url: 'http://${HOST:-localhost}:${PORT}', key: '${SECRET:api}', must: '${TOKEN:?say it}' },
    ],
    ['job', { host: '$HOST', port: '${A:-${B}}' }],
  ])
  expect(envTemplate(wanted)).toBe(`# job#/port
A=

# job#/port
B=

# web#/url, job#/host
# HOST=localhost

# web#/url
PORT=

# web#/must; required
TOKEN=

# web#/key
# secret "api": driftless secrets set api
`)
  expect(envTemplate([])).toContain('no config refers')
})

const ITEMS = itemsOfExport([
  { kind: 'environment', key: 'live', layer: 'base', content: { protected: true } },
  {
    kind: 'environment',
    key: 'test',
    layer: 'base',
    content: { parent: 'live', protected: false },
  },
  {
    kind: 'config',
    key: 'web',
    layer: 'base',
    content: { format: 'json', source: '{"a":1,"b":1,"c":1}', visibility: 'server' },
  },
  { kind: 'config', key: 'web', layer: 'env:live', content: { format: 'toml', source: 'b = 2\n' } },
  { kind: 'config', key: 'web', layer: 'env:test', content: { format: 'yaml', source: 'c: 3\n' } },
  {
    kind: 'flag',
    key: 'used',
    layer: 'base',
    content: { type: 'boolean', defaultVariant: 'on', offVariant: 'off' },
  },
  {
    kind: 'flag',
    key: 'used',
    layer: 'env:live',
    content: { enabled: true, rules: [{ id: 'r' }] },
  },
  {
    kind: 'flag',
    key: 'constant',
    layer: 'base',
    content: { type: 'boolean', defaultVariant: 'on', offVariant: 'off' },
  },
  { kind: 'flag', key: 'constant', layer: 'env:live', content: { enabled: true } },
  { kind: 'flag', key: 'constant', layer: 'env:test', content: { enabled: true } },
  { kind: 'flag', key: 'unused', layer: 'base', content: { type: 'boolean' } },
])

test('a config is merged over its parents, whatever the formats of its layers', () => {
  expect(resolvedIn(ITEMS, 'web', 'test')).toEqual({ a: 1, b: 2, c: 3 })
  expect(resolvedIn(ITEMS, 'web', 'live')).toEqual({ a: 1, b: 2, c: 1 })
})

const CODE = `
if (client.getBooleanValue('used', false)) {}
const c = await client.getConfig<{ a: number }>("web")
client.watch('web.a', () => {}); client.watch('flag:constant', f); fs.watch('elsewhere', f)
const { value } = useFlag(\`gone\`, true)
client.get_string_value("py", "x"); client.BooleanValue(ctx, "go-flag", false)
client.getBooleanValue(name, false); client.getBooleanValue(\`a\${b}\`, false)
loadConfig('no-such')
`

test('uses are found by the calls of our SDK and of OpenFeature’s, with their places', () => {
  const uses = usesIn('a.ts', CODE, ['web'])
  expect(uses.map(({ kind, key, line }) => `${kind} ${key} ${line}`)).toEqual([
    'flag used 2',
    'config web 3',
    'config web 4',
    'flag constant 4',
    'flag gone 5',
    'flag py 6',
    'flag go-flag 6',
    'config no-such 8',
  ])
  expect(uses[0]).toMatchObject({ file: 'a.ts', column: 12 })
})

test('unknown, constant and unused are told apart, and SARIF says the same', () => {
  const findings = findingsOf(ITEMS, usesIn('a.ts', CODE, ['web']), (id) =>
    id.startsWith('flag/') ? `flags/${id.split('/')[1]}.yaml` : undefined,
  )
  expect(findings.map(({ rule, key, file }) => `${rule} ${key} ${file}`)).toEqual([
    'unknown-flag gone a.ts',
    'unknown-flag py a.ts',
    'unknown-flag go-flag a.ts',
    'unknown-config no-such a.ts',
    'constant-flag constant flags/constant.yaml',
    'unused-flag unused flags/unused.yaml',
  ])
  const log = sarif(findings, '1') as {
    runs: { results: { ruleId: string; locations: unknown[] }[] }[]
  }
  expect(log.runs[0]?.results[0]).toMatchObject({
    ruleId: 'unknown-flag',
    locations: [
      { physicalLocation: { artifactLocation: { uri: 'a.ts' }, region: { startLine: 5 } } },
    ],
  })
})
