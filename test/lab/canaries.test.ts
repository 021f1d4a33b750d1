/**
 * Fifty-four secret values through a real run of the platform: written, imported, rotated, revoked, refused, published, read by apps,
 * exported, rolled back, restarted. Afterwards each is looked for, in every form a value takes on its way, in all that
 * was said or stored: nowhere but in `reveal()`, and in the answer of the one route that reveals.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealFor } from '../../admin/seal/seal.ts'
import { type Recipient, sealedAad } from '#core'
import { createClient, type Client } from '../../sdk/src/index.ts'
import type { Answer } from '../support/admin.ts'
import { startTestPlatform, type TestPlatform } from '../support/platform.ts'
import { until } from '../support/until.ts'

const COUNT = 54
const WAIT_MS = 20_000
const PROJECT = '/projects/vault'

/** Of all kinds of characters that some writing escapes, and long enough not to be found by chance. */
const VALUES: readonly string[] = Array.from({ length: COUNT }, (_, index) => {
  const core = createHash('sha256').update(`canary ${index}`).digest('base64').slice(0, 24)
  const around = [
    ['', ''],
    ['"quo', 'te"'],
    ['back\\', '\\slash'],
    ['line\n', '\nbreak'],
    ['<a&b ', '?c=d%>'],
    ['schlüssel ', ' 🔑'],
    ["it's ", ' $HOME ${X}'],
  ][index % 7] ?? ['', '']
  return `${around[0]}cnry${index}-${core}${around[1]}`
})

/** Everything that was said or stored, by where. */
const seen: { readonly where: string; readonly bytes: Buffer }[] = []
const record = (where: string, text: string | Buffer): void => {
  seen.push({ where, bytes: Buffer.from(text) })
}

let platform: TestPlatform
const clients: Client[] = []

beforeAll(async () => {
  platform = await startTestPlatform()
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await platform?.close()
})

/** As `Admin.request`, its answer written down. */
async function request(method: string, path: string, options: object = {}): Promise<Answer> {
  const answer = await platform.admin.request(method, path, options)
  record(`${method} ${path}`, `${JSON.stringify([...answer.headers])}\n${answer.text}`)
  return answer
}

async function ok(method: string, path: string, options: object = {}): Promise<Answer> {
  const answer = await request(method, path, options)
  expect(answer.status, `${method} ${path}: ${answer.text.slice(0, 300)}`).toBeLessThan(300)
  return answer
}

/** An app whose every answer, message, event, log line and cache text is written down. */
function connect(key: string, options: object = {}): Client {
  class RecordingSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols)
      this.addEventListener('message', ({ data }) => record('stream', String(data)))
    }
  }
  const client = createClient({
    url: platform.url,
    key,
    WebSocket: RecordingSocket,
    events: true,
    async fetch(input, init) {
      const response = await fetch(input, init)
      const text = await response.clone().text()
      record(`app ${response.url}`, `${JSON.stringify([...response.headers])}\n${text}`)
      return response
    },
    cache: { get: () => undefined, set: (_, text) => record('cache', text) },
    log: (...line) => record('app log', JSON.stringify(line)),
    onError: (error) => record('app error', inspect(error, { depth: 9, showHidden: true })),
    ...options,
  })
  client.on('rejected', (event) => record('rejected', inspect(event, { depth: 9 })))
  clients.push(client)
  return client
}

function formsOf(value: string): readonly (readonly [form: string, needle: Buffer])[] {
  const bytes = Buffer.from(value)
  // Inside a longer text, base64 begins at any of three phases; the ends, which depend on the neighbours, are cut off.
  const shifted = [0, 1, 2].map((phase) =>
    Buffer.concat([Buffer.alloc(phase), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  const digest = createHash('sha256').update(bytes).digest()
  const texts: Readonly<Record<string, readonly string[]>> = {
    plain: [value],
    base64: [...shifted, ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))],
    hex: [bytes.toString('hex'), bytes.toString('hex').toUpperCase()],
    'url-encoded': [encodeURIComponent(value), String(new URLSearchParams({ v: value })).slice(2)],
    'JSON-escaped': [
      JSON.stringify(value).slice(1, -1),
      JSON.stringify(JSON.stringify(value)).slice(3, -3),
    ],
    hash: [digest.toString('hex'), digest.toString('base64url')],
  }
  const needles = Object.entries(texts).flatMap(([form, all]) =>
    all.map((text) => [form, Buffer.from(text)] as const),
  )
  // As engines keep strings in memory, should a file be a copy of it.
  return [...needles, ['UTF-16', Buffer.from(value, 'utf16le')]]
}

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

test(`${COUNT} secret values are found nowhere but in reveal()`, { timeout: 240_000 }, async () => {
  await ok('POST', '/projects', {
    body: {
      name: 'vault',
      environments: { production: { protected: false }, staging: { protected: false } },
      reason: 'test',
    },
  })
  const { key } = await platform.admin.createKey('vault', 'production')
  const { key: browserKey } = await platform.admin.createKey('vault', 'production', 'client')
  const active = new Map<string, string>()
  const put = (name: string, value: string, more: object = {}): Promise<Answer> =>
    request('PUT', `${PROJECT}/secrets/${name}`, {
      body: { environment: 'production', value, reason: 'test', ...more },
      headers: { 'idempotency-key': `put-${name}-${value.length}` },
    })

  // Written one by one, sent twice, and tried without writing.
  for (const [index, value] of VALUES.slice(0, 20).entries()) {
    const name = `s${index}`
    await request('PUT', `${PROJECT}/secrets/${name}?dryRun=true`, {
      body: { environment: 'production', value, reason: 'test' },
    })
    expect((await put(name, value)).status).toBe(201)
    expect((await put(name, value)).json()).toMatchObject({ replayed: true })
    active.set(name, value)
  }
  // Imported.
  const env = VALUES.slice(20, 30).map(
    (value, index) => `I${index}=${JSON.stringify(value).replaceAll('$', '$$$$')}`,
  )
  await ok('POST', `${PROJECT}/secrets`, {
    body: { environment: 'production', source: env.join('\n'), reason: 'test' },
  })
  for (const [index, value] of VALUES.slice(20, 30).entries()) active.set(`I${index}`, value)

  // Configs that say them.
  const source = JSON.stringify({
    url: 'postgres://app:${SECRET:s0}@db/${SECRET:s1}',
    list: ['${SECRET:s2}', { deep: '${SECRET:s3}' }],
  })
  await ok('PUT', `${PROJECT}/configs/settings`, {
    body: { format: 'json', source, reason: 'test' },
  })

  const app = connect(key)
  const browser = connect(browserKey)
  await app.ready()
  await browser.ready()
  const reads = async (name: string, value: string): Promise<boolean> =>
    (await app.getSecret(name).catch(() => undefined))?.reveal() === value
  for (const [name, value] of active) await until(name, () => reads(name, value), WAIT_MS)
  const settings = await until(
    'the config',
    () => app.getConfig<{ url: string; list: unknown[] }>('settings'),
    WAIT_MS,
  )
  expect(settings.url).toBe(`postgres://app:${VALUES[0]}@db/${VALUES[1]}`)
  record('config as JSON', JSON.stringify(settings))
  record('part of a config as JSON', JSON.stringify(settings.list))
  record('config inspected', inspect(settings, { depth: 9, showHidden: true }))

  // Rotated under a connected app, activated, revoked.
  const rotated = new Promise((resolve) => app.onRotate('s4', resolve))
  await ok('POST', `${PROJECT}/secrets/s4/rotate`, {
    body: { environment: 'production', value: VALUES[30], reason: 'test' },
  })
  await rotated
  const secret = await app.getSecret('s4')
  expect([secret.reveal(), secret.previous?.reveal()]).toEqual([VALUES[30], VALUES[4]])
  record('secret', `${String(secret)} ${JSON.stringify(secret)} ${inspect(secret)}`)
  for (const [index, value] of VALUES.slice(31, 35).entries()) {
    await put(`s${5 + index}`, value, { activate: index % 2 === 0, graceMs: 0 })
  }
  await ok('POST', `${PROJECT}/secrets/s6/activate`, {
    body: { environment: 'production', version: 2, reason: 'test' },
  })
  await ok('POST', `${PROJECT}/secrets/s7/revoke`, {
    body: { environment: 'production', version: 1, reason: 'test' },
  })

  // Sealed by its author, and one that says another.
  const asked = await ok('GET', `${PROJECT}/secrets/sealed/recipients?environment=production`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the route answers
  const { version, recipients } = asked.json() as { version: number; recipients: Recipient[] }
  const aad = sealedAad('vault', 'production', 'sealed', version)
  const jwe = await sealFor(VALUES[50] ?? '', aad, recipients)
  await ok('PUT', `${PROJECT}/secrets/sealed`, {
    body: { environment: 'production', sealed: { version, jwe }, reason: 'test' },
  })
  await put('both', `${VALUES[51]}\${SECRET:sealed}`, { references: true })
  await until('the sealed one', () => reads('sealed', VALUES[50] ?? ''), WAIT_MS)
  await until('both', () => reads('both', `${VALUES[51]}${VALUES[50]}`), WAIT_MS)
  expect(
    (await request('GET', `${PROJECT}/secrets/sealed/value?environment=production&reason=r`))
      .status,
  ).toBe(409)

  // Refused, in as many ways as a request with a value in it can be.
  const refusals: readonly (readonly [string, string, object])[] = [
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: { environment: 'nowhere', value: VALUES[35], reason: 'r' } },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: { environment: 'production', value: { a: VALUES[36] }, reason: 'r' } },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: { environment: 'production', valu: VALUES[37], reason: 'r' } },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: { environment: VALUES[38], value: VALUES[38], reason: 'r' } },
    ],
    ['PUT', `${PROJECT}/secrets/x`, { body: { environment: 'production', value: VALUES[39] } }],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: `{"environment":"production","value":${JSON.stringify(VALUES[40])},` },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: `{"value":"a","value":${JSON.stringify(VALUES[41])}}` },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      { body: { environment: 'production', value: VALUES[42]?.repeat(3_000), reason: 'r' } },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      {
        body: { environment: 'production', value: VALUES[43], reason: 'r' },
        headers: { 'if-match': '"1"' },
      },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      {
        body: { environment: 'production', value: VALUES[44], reason: 'r' },
        headers: { authorization: 'Bearer nobody' },
      },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/s0`,
      {
        body: { environment: 'production', value: VALUES[45], reason: 'test' },
        headers: { 'idempotency-key': `put-s0-${VALUES[0]?.length}` },
      },
    ],
    [
      'PUT',
      '/projects/nowhere/secrets/x',
      { body: { environment: 'production', value: VALUES[46], reason: 'r' } },
    ],
    [
      'POST',
      `${PROJECT}/secrets`,
      { body: { environment: 'production', source: `A=1\n${VALUES[47]}\n`, reason: 'r' } },
    ],
    [
      'POST',
      `${PROJECT}/changes`,
      { body: { reason: 'r', operations: [{ op: 'putSecret', name: 'x', value: VALUES[48] }] } },
    ],
    [
      'POST',
      `${PROJECT}/secrets/x/rotate`,
      { body: { environment: 'production', value: VALUES[49], reason: 'r' } },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      {
        body: {
          environment: 'production',
          value: `${VALUES[52]}\${SECRET:none}`,
          references: true,
          reason: 'r',
        },
      },
    ],
    [
      'PUT',
      `${PROJECT}/secrets/x`,
      {
        body: {
          environment: 'production',
          value: VALUES[53],
          sealed: { version: 1, jwe },
          reason: 'r',
        },
      },
    ],
  ]
  for (const [method, path, options] of refusals) {
    const { status } = await request(method, path, options)
    expect(status, path).toBeGreaterThanOrEqual(400)
    expect(status, path).toBeLessThan(500)
  }

  // Everything that can be read, by an owner and by apps.
  await ok('POST', `${PROJECT}/rollback`, { body: { to: 2, reason: 'test' } })
  await ok('POST', `${PROJECT}/key-rotation`, { body: { reason: 'test' } })
  const pages = [
    '/secrets',
    '/secrets/s0?environment=production',
    '/revisions',
    '/audit',
    '/export',
  ]
  const more = [
    '/keys',
    '/key-rotation',
    '/alerts',
    '/configs/settings',
    '/revisions/2/diff/20',
    '/fleet?environment=production',
  ]
  for (const page of [...pages, ...more]) await request('GET', PROJECT + page)
  await request('GET', `${PROJECT}/configs/settings/resolved?environment=production`)
  for (const [what, sdkKey] of [
    ['server', key],
    ['client', browserKey],
  ] as const) {
    for (const path of [
      '/v1/snapshot',
      '/v1/manifest',
      '/v1/bodies/0',
      '/ofrep/v1/evaluate/flags',
    ]) {
      const headers = { authorization: `Bearer ${sdkKey}` }
      const response = await fetch(platform.url + path, { headers })
      const text = await response.text()
      record(`${what} ${path}`, `${JSON.stringify([...response.headers])}\n${text}`)
      const manifest = response.headers.get('driftless-manifest')
      if (manifest !== null) record('bootstrap file', JSON.stringify({ manifest, body: text }))
    }
  }
  record('client inspected', inspect(app, { depth: 9, showHidden: true, getters: true }))
  await app.flush()
  await until(
    'the move to the new key',
    async () => {
      const answer = await request('GET', `${PROJECT}/key-rotation`)
      return (answer.json() as { isDone: boolean }).isDone
    },
    WAIT_MS,
  )

  // The one route that answers a value does, also after all of this and a restart.
  await platform.kill()
  await platform.start()
  for (const [name, value] of [
    ['s0', VALUES[0]],
    ['s4', VALUES[30]],
    ['I9', VALUES[29]],
  ] as const) {
    const path = `${PROJECT}/secrets/${name}/value?environment=production&reason=test`
    expect(await platform.admin.ok('GET', path)).toMatchObject({ value })
  }

  await platform.kill()
  const files = await filesUnder(platform.dataDir)
  for (const file of files) {
    record(file.slice(platform.dataDir.length + 1), await readFile(file))
  }
  record('what the platform printed', platform.output())
  expect(files.some((file) => file.endsWith('.sqlite'))).toBe(true)

  // The search finds what is there: each value once, in a haystack of its own.
  for (const value of VALUES) {
    for (const [form, needle] of formsOf(value)) {
      expect(Buffer.concat([Buffer.from('x'), needle]).includes(needle), form).toBe(true)
      expect(needle.length, form).toBeGreaterThan(16)
    }
  }
  const needles = VALUES.flatMap((value, index) =>
    formsOf(value).map(([form, needle]) => ({ index, form, needle })),
  )
  const hits = seen.flatMap(({ where, bytes }) =>
    needles
      .filter(({ needle }) => bytes.includes(needle))
      .map(({ index, form }) => `value ${index}, ${form}: in ${where}`),
  )
  const total = seen.reduce((sum, { bytes }) => sum + bytes.length, 0)
  console.log(
    `canaries: ${needles.length} texts looked for in ${seen.length} places, ${total} bytes, ${files.length} files`,
  )
  expect(hits).toEqual([])
})
