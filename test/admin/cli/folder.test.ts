/** The pure half of the declarative commands: files ↔ items, plans, and what is left to others. */
import { expect, test } from 'vitest'
import { changesBetween, differences } from '../../../admin/cli/folder/differences.ts'
import { placeOfFile } from '../../../admin/cli/folder/files.ts'
import { type Items, itemsOfExport } from '../../../admin/cli/folder/items.ts'
import { leaveAlone, matcher } from '../../../admin/cli/folder/leave.ts'
import { createPlan, planChanges, readPlan } from '../../../admin/cli/folder/plan.ts'
import { readFolder } from '../../../admin/cli/folder/read.ts'
import { writeFolder } from '../../../admin/cli/folder/write.ts'
import { keyPathText, splitKeyPath } from '../../../admin/cli/server/key-path.ts'

const FILES = new Map([
  ['environments.yaml', 'production: {}\nstaging: { parent: production }\n'],
  ['configs.yaml', 'web: { visibility: client }\n'],
  ['config/web/base.toml', '# top\na = 1\n'],
  ['config/web/staging.env', 'A=2\n'],
  [
    'flags/f.yaml',
    '# why\ntype: boolean\nvariants: {on: true, off: false}\nenvironments:\n  staging:\n    enabled: true # for now\n',
  ],
  ['segments/s.json', '{"ids": ["ada"]}'],
  ['README.md', 'not ours'],
])

const read = (changes: Readonly<Record<string, string | null>> = {}) => {
  const files = new Map(FILES)
  for (const [path, text] of Object.entries(changes))
    if (text === null) files.delete(path)
    else files.set(path, text)
  return readFolder(files)
}
/** As a server stores them: a flag has its seed. */
const stored = (items: Items): Items =>
  new Map(
    [...items].map(([id, item]) => [
      id,
      id === 'flag/f/base' ? { ...item, content: { ...item.content, seed: 'S' } } : item,
    ]),
  )

test('files are read as items with their defaults', () => {
  const { items, issues } = read()
  expect(issues).toEqual([])
  expect([...items.keys()]).toEqual([
    'environment/production/base',
    'environment/staging/base',
    'config/web/base',
    'config/web/staging',
    'flag/f/base',
    'flag/f/staging',
    'segment/s/base',
  ])
  expect(items.get('config/web/base')?.content).toEqual({
    format: 'toml',
    source: '# top\na = 1\n',
    visibility: 'client',
  })
  expect(items.get('environment/production/base')?.content).toEqual({ protected: false })
})

test('what was read writes nothing anew, comments and all', () => {
  const { items } = read()
  expect(writeFolder(stored(items), FILES)).toEqual({ write: new Map(), remove: [] })
  expect(changesBetween(stored(items), items)).toEqual([])
})

test('a changed item changes its file in place; a gone one takes its file along', () => {
  const { items } = read({
    'flags/f.yaml': (FILES.get('flags/f.yaml') ?? '').replace('enabled: true', 'enabled: false'),
  })
  const wanted = new Map(stored(items))
  wanted.delete('segment/s/base')
  const { write, remove } = writeFolder(wanted, FILES)
  expect([...write]).toEqual([
    ['flags/f.yaml', (FILES.get('flags/f.yaml') ?? '').replace('enabled: true', 'enabled: false')],
  ])
  expect(remove).toEqual(['segments/s.json'])
})

test('a layer in another format gets another file, and the old one goes', () => {
  const { items } = read({ 'config/web/base.toml': null, 'config/web/base.json': '{}' })
  expect(writeFolder(stored(items), FILES)).toMatchObject({
    write: new Map([['config/web/base.json', '{}']]),
    remove: ['config/web/base.toml'],
  })
})

const MIRRORS =
  '# one host\nhost: # both\n  from: web\n  to: app\n  mode: heal\n  paths: [{ from: /a, to: /b }]\n'
const MIGRATIONS =
  '# how it got here\nversion: 2.0.0\nmigrations:\n  - from: 1.0.0\n    to: 2.0.0\n    up: [{ op: move, from: /b, path: /a }]\n'
const MORE = {
  'mirrors.yaml': MIRRORS,
  'config/web/schema.json': '{ "type": "object" }',
  'config/web/migrations.yaml': MIGRATIONS,
}

test('mirrors and migrations are declared in files of their own, and written back as they are', () => {
  const { items, issues } = read(MORE)
  expect(issues).toEqual([])
  expect(items.get('mirror/host/base')?.content).toMatchObject({ to: 'app', mode: 'heal' })
  const schema = items.get('schema/web/base')
  expect(schema?.content).toMatchObject({ version: '2.0.0', migrations: [{ to: '2.0.0' }] })
  const files = new Map([...FILES, ...Object.entries(MORE)])
  expect(writeFolder(stored(items), files)).toEqual({ write: new Map(), remove: [] })
  const { write } = writeFolder(stored(items), new Map())
  expect(write.get('mirrors.yaml')).toContain('mode: heal')
  expect(write.get('config/web/migrations.yaml')).toMatch(/^version: 2.0.0\nmigrations:\n/)
  const without = new Map(stored(items))
  without.delete('mirror/host/base')
  without.delete('schema/web/base')
  expect(writeFolder(without, files)).toEqual({
    write: new Map([['mirrors.yaml', '{}\n']]),
    remove: ['config/web/schema.json', 'config/web/migrations.yaml'],
  })
  const all = planChanges(new Map(), items).operations.map(({ op }) => op)
  expect(all.indexOf('putMirror')).toBeGreaterThan(all.indexOf('putConfig'))
  expect(planChanges(stored(items), without).operations.map(({ op }) => op)).toEqual([
    'deleteMirror',
    'deleteSchema',
  ])
})

test('an environment that is called migrations has an @', () => {
  const { items, issues } = read({
    'environments.yaml': 'migrations: {}\nstaging: {}\n',
    'config/web/@migrations.json': '{}',
  })
  expect(issues).toEqual([])
  expect([...writeFolder(stored(items), new Map()).write.keys()]).toContain(
    'config/web/@migrations.json',
  )
})

test.each([
  [{ 'mirrors.yaml': 'host: {from: web}\n' }, 'mirrors.yaml:1: /host/to: '],
  [
    { 'mirrors.yaml': 'host:\n  from: web\n  to: app\n  mode: loudly\n  paths: []\n' },
    'mirrors.yaml:4: /host/mode: must be one of enforce, heal, alert',
  ],
  [{ 'mirrors.yaml': '[]' }, 'must be an object'],
  [{ 'config/web/migrations.yaml': MIGRATIONS }, 'there is no schema.json beside it'],
  [{ ...MORE, 'config/web/migrations.yaml': '- from: 1.0.0\n' }, 'an object of version and'],
  [
    { ...MORE, 'config/web/migrations.yaml': MIGRATIONS.replace('move', 'shove') },
    'config/web/migrations.yaml:6: /migrations/0/up/0: must be a step',
  ],
  [{ ...MORE, 'config/web/migrations.json': '{}' }, 'keep one'],
  [{ 'config/web/migrations.toml': 'a = 1' }, 'as @migrations'],
  [
    { ...MORE, 'configs.yaml': 'web: {schema: {version: 1.0.0}}\n' },
    'version and migrations stand in config/web/migrations.yaml',
  ],
])('a fault of mirrors or migrations is told: %j', (changes, message) => {
  const issues = read(changes).issues.map((one) => `${one.file}:${one.line ?? ''}: ${one.message}`)
  expect(issues.join('\n')).toContain(message)
})

test.each([
  [{ 'config/web/base.json': '{}' }, 'says the same as config/web/base.json'],
  [{ 'config/web/base.toml': 'a = ' }, 'config/web/base.toml:1'],
  [{ 'config/web/base.toml': null }, 'there is no base layer beside it'],
  [{ 'config/other/nowhere.json': '{}', 'config/other/base.json': '{}' }, '"nowhere" is not in'],
  [{ 'config/web/base.xml': '<a/>' }, 'must end in one of .json'],
  [{ 'flags/f.toml': 'a = 1' }, 'must end in .yaml'],
  [{ 'flags/f.yaml': 'type: nope\n' }, 'flags/f.yaml'],
  [{ 'flags/f.yaml': '[]' }, 'must be an object'],
  [{ 'flags/-f.yaml': 'type: boolean\nvariants: {on: true}\n' }, '/key: must be 1 to 128 letters'],
  [{ 'configs.yaml': 'nope: {}\n' }, 'there is no config/nope/base.*'],
  [{ 'environments.yaml': 'Big: {}\n' }, '/Big/environment: must be 1 to 63 of a-z'],
  [
    { 'environments.yaml': 'staging: {protectd: true}\n' },
    'environments.yaml:1: /staging/protectd: unknown member',
  ],
  [{ 'environments.json': '{}' }, 'keep one'],
  [{ 'flags/deep/er.yaml': 'a: 1' }, 'has no folders in it'],
])('a fault of the folder is told: %j', (changes, message) => {
  const issues = read(changes).issues.map((one) => `${one.file}:${one.line ?? ''}: ${one.message}`)
  expect(issues.join('\n')).toContain(message)
})

test('an environment that is called as our own files has an @', () => {
  const { items, issues } = read({
    'environments.yaml': 'base: {}\nstaging: {}\n',
    'config/web/@base.json': '{}',
  })
  expect(issues).toEqual([])
  expect(items.get('config/web/@base')?.ref.layer).toBe('env:base')
  expect([...writeFolder(stored(items), new Map()).write.keys()]).toContain('config/web/@base.json')
  expect(items.get('config/web/base')?.ref.layer).toBe('base')
  expect(placeOfFile('config/web/@base.json')).toMatchObject({ layer: 'env:base' })
})

test('places differ by member, lists of another length as a whole', () => {
  expect(differences({ a: { b: 1 }, l: [1, 2] }, { a: { b: 2, c: 3 }, l: [1] }, '')).toEqual([
    { path: '/a/b', before: 1, after: 2 },
    { path: '/a/c', after: 3 },
    { path: '/l', before: [1, 2], after: [1] },
  ])
  expect(differences([{ a: 1 }], [{ a: 2 }], '')).toEqual([{ path: '/0/a', before: 1, after: 2 }])
})

test('operations come parents first, bases before layers, and nothing is deleted twice', () => {
  const { items } = read({
    'environments.yaml': 'staging: { parent: production }\nproduction: {}\n',
  })
  const all = planChanges(new Map(), items).operations.map((one) => JSON.stringify(one))
  const at = (part: string): number => all.findIndex((one) => one.includes(part))
  expect(at('"environment":"production"')).toBeLessThan(at('"parent":"production"'))
  expect(at('"putConfig"')).toBeLessThan(at('"putConfigOverride"'))
  expect(at('"putFlag"')).toBeLessThan(at('"putFlagEnvironment"'))
  expect(planChanges(items, new Map()).operations.map(({ op }) => op)).toEqual([
    'deleteFlag',
    'deleteConfig',
    'deleteSegment',
    'deleteEnvironment',
    'deleteEnvironment',
  ])
})

test('a plan is read again only as it was made', () => {
  const sha256 = (text: string): string => `h${text.length}-${text.slice(-40)}`
  const plan = createPlan('shop', 3, planChanges(new Map(), read().items).operations, sha256)
  const written = JSON.parse(JSON.stringify(plan)) as Parameters<typeof readPlan>[0]
  expect(readPlan(written, sha256)).toEqual(plan)
  expect(readPlan({ ...Object(written), base: 44 }, sha256)).toMatchObject({ fault: /changed/ })
  expect(readPlan({ ...Object(written), operations: [{ op: 'nope' }] }, sha256)).toHaveProperty(
    'fault',
  )
  expect(readPlan({ ...Object(written), format: 2 }, sha256)).toHaveProperty('fault')
})

test.each([
  ['flag/*/production#/enabled', 'flag/a/production#/enabled', true],
  ['flag/*/production#/enabled', 'flag/a/staging#/enabled', false],
  ['flag/a', 'flag/a/staging#/enabled', true],
  ['flag/a', 'flag/ab/base', false],
  ['config/**#/limits', 'config/web/staging#/limits/items', true],
  ['config/we.b/base', 'config/wexb/base', false],
])('%s names %s: %s', (pattern, place, isNamed) => {
  expect(matcher([pattern])(place)).toBe(isNamed)
})

test('what is left to others is taken as it is live', () => {
  const live = itemsOfExport([
    {
      kind: 'config',
      key: 'web',
      layer: 'base',
      content: { format: 'yaml', source: '# live\na: 1\nb: 2\n', visibility: 'server' },
    },
    { kind: 'segment', key: 'theirs', layer: 'base', content: { visibility: 'server', ids: [] } },
  ])
  const declared = itemsOfExport([
    {
      kind: 'config',
      key: 'web',
      layer: 'base',
      content: { format: 'yaml', source: '# ours\na: 9\nb: 9\n', visibility: 'server' },
    },
  ])
  const kept = leaveAlone(live, declared, ['config/web/base#/a', 'segment/theirs'])
  expect(kept.get('config/web/base')?.content['source']).toBe('# ours\na: 1\nb: 9\n')
  expect(kept.has('segment/theirs/base')).toBe(true)
  expect(leaveAlone(live, declared, ['config/web/base'])).toEqual(
    new Map([['config/web/base', live.get('config/web/base')]]),
  )
})

test.each([
  ['web.a.b', { config: 'web', pointer: '/a/b' }],
  ['web.v2.a', { config: 'web.v2', pointer: '/a' }],
  [String.raw`web.a\.b.c`, { config: 'web', pointer: '/a.b/c' }],
  ['web#/a~1b', { config: 'web', pointer: '/a~1b' }],
  ['web', { config: 'web', pointer: '' }],
])('%s is a place', (text, place) => {
  expect(splitKeyPath(text, ['web', 'web.v2'])).toEqual(place)
})

test('a place is written as it can be typed again', () => {
  expect(keyPathText({ config: 'web', pointer: '/a.b/c' })).toBe(String.raw`web.a\.b.c`)
  expect(() => splitKeyPath('wbe.a', ['web'])).toThrow('there is no config "wbe"')
  expect(() => splitKeyPath('web..a', ['web'])).toThrow('empty step')
  expect(() => splitKeyPath('web#a', ['web'])).toThrow('not a JSON pointer')
})
