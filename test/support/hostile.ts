/** Hostile requests against one route of the admin API, made from its entry in the contract and one good body. */
import type { Route } from '../../admin/contract/route.ts'

export interface HostileRequest {
  readonly what: string
  readonly method: string
  /** With query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** `refused`: must be a 4xx problem; `any`: may also succeed, as a dry run, but never 5xx. A number: exactly this status. */
  readonly expect: 'refused' | 'any' | number
}

export interface Target {
  readonly route: Route
  /** With the parameters filled in. */
  readonly path: string
  readonly token: string
  /** A body the route takes, when it takes one. */
  readonly good?: Readonly<Record<string, unknown>>
  /** A query the route needs, `a=b&c=d`. */
  readonly query?: string
}

const DEEP = 100_000

/** Bodies that no route takes. */
const BAD_BODIES: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  'nothing but a brace': '{',
  'nothing but a bracket': '[',
  'half a word': 'nul',
  'a trailing comma': '{"reason":"a",}',
  'single quotes': "{'reason':'a'}",
  'a comment': '{/* */"reason":"a"}',
  'two documents': '{"reason":"a"}{}',
  'a byte order mark': '\uFEFF{"reason":"a"}',
  'a raw NUL': '{"reason":"a\u0000b"}',
  'a lone surrogate': '{"reason":"\\ud800"}',
  'a duplicate member': '{"reason":"a","reason":"b"}',
  'a duplicate member, escaped': '{"reason":"a","\\u0072eason":"b"}',
  __proto__: '{"__proto__":{"polluted":true},"reason":"a"}',
  'a nested __proto__': '{"reason":{"__proto__":{"polluted":true}}}',
  'a number past the doubles': '{"reason":1e400}',
  'an integer that would be rounded': '{"reason":9007199254740993}',
  NaN: '{"reason":NaN}',
  'too deep': `{"reason":${'['.repeat(40)}${']'.repeat(40)}}`,
  'far too deep': '['.repeat(DEEP) + ']'.repeat(DEEP),
  'far too deep and unfinished': '{"a":'.repeat(DEEP),
  'bytes that are not UTF-8': new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  'UTF-16': new Uint8Array(Buffer.from('{"reason":"a"}', 'utf16le')),
  null: 'null',
  'a number': '1',
  'a text': '"text"',
  true: 'true',
  'a list': '[]',
  'an unknown member': '{"reason":"a","surprise":1}',
  constructor: '{"constructor":{"prototype":{"polluted":true}}}',
}

/** What replaces each value in a good body. */
const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e308,
  '',
  ' ',
  '\u0000',
  '__proto__',
  '../../etc/passwd',
  '\u202Eevil',
  'x'.repeat(5_000),
  [],
  [null],
  {},
  { toString: 1 },
]

const BAD_TOKENS: readonly string[] = [
  '',
  'Bearer',
  'Bearer ',
  'Basic b3duZXI6b3duZXI=',
  'Bearer nonsense',
  'Bearer owner-token-of-the-testsX',
  'bearer Bearer x',
  `Bearer ${'a'.repeat(8_000)}`,
  `Bearer driftless_admin_${'0'.repeat(36)}`,
  `Bearer driftless_server_shop_production_${'0'.repeat(36)}`,
  'Bearer \u00e9',
]

/** What takes the place of each parameter in the path. */
const BAD_NAMES: readonly string[] = [
  'nope',
  '__proto__',
  'constructor',
  '%00',
  '%0d%0aset-cookie:x',
  '%2e%2e%2f',
  '%',
  '%zz',
  '%ff%fe',
  '%F0%9F%98%80',
  '-1',
  '0',
  '1e9',
  '99999999999999999999',
  'a'.repeat(300),
  'UPPER CASE',
]

const BAD_QUERIES: readonly string[] = [
  'surprise=1',
  '__proto__=1',
  'limit=0',
  'limit=-1',
  'limit=101',
  'limit=1e3',
  'limit=abc',
  'limit=1&limit=2',
  'cursor=',
  'cursor=garbage',
  'cursor=%00',
  `cursor=${'a'.repeat(5_000)}`,
  'revision=0',
  'revision=-1',
  'revision=99999999999999999999',
  'environment=__proto__',
  'environment=%ff',
  'dryRun=maybe',
  'dryRun=true&dryRun=false',
  'from=__proto__',
  'reason=',
  '%',
  '&&&=',
]

const BAD_IF_MATCH: readonly string[] = [
  '',
  '1',
  '"x"',
  'W/"1"',
  '"1", "2"',
  '"-1"',
  '"1e3"',
  '"99999999999999999999"',
  '* , *',
  '"'.repeat(2_000),
]

const ODD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-encoding': 'gzip' },
  { accept: 'image/png' },
  { range: 'bytes=0-1' },
  { 'idempotency-key': '' },
  { 'idempotency-key': 'x'.repeat(5_000) },
  { 'x-forwarded-host': 'evil.example', 'x-http-method-override': 'DELETE' },
  { 'if-none-match': '"'.repeat(1_000) },
  { origin: 'https://evil.example' },
]

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']

/** Every hostile request of one route. Nothing of it changes anything: what may be taken is a dry run. */
export function* hostileRequests(target: Target): Generator<HostileRequest> {
  const { route, path, token, good } = target
  const authorization = { authorization: `Bearer ${token}` }
  const json = { 'content-type': 'application/json' }
  const writes = route.write !== undefined
  const ifMatch = route.write === 'commit' || route.write === 'guarded' ? { 'if-match': '*' } : {}
  const headers = { ...authorization, ...(good !== undefined && json), ...ifMatch }
  const query = [target.query, writes ? 'dryRun=true' : undefined].filter(Boolean).join('&')
  const at = (more = '', where = path): string => {
    const whole = [query, more].filter(Boolean).join('&')
    return whole === '' ? where : `${where}?${whole}`
  }
  const { method } = route
  const body = good === undefined ? {} : { body: JSON.stringify(good) }
  const request = (
    what: string,
    expect: HostileRequest['expect'],
    change: Partial<HostileRequest>,
  ): HostileRequest => ({ what, method, path: at(), headers, ...body, expect, ...change })

  for (const value of BAD_TOKENS)
    yield request(`authorization ${JSON.stringify(value.slice(0, 40))}`, 401, {
      headers: { ...headers, authorization: encode(value) },
    })
  const { authorization: _, ...anonymous } = headers
  yield request('no authorization', 401, { headers: anonymous })

  const parameters = route.path.match(/:[a-z]+/gi) ?? []
  for (const parameter of parameters)
    for (const name of BAD_NAMES) {
      const index = route.path.split('/').indexOf(parameter)
      const parts = path.split('/')
      parts[index] = name
      yield request(
        `${parameter} = ${name.slice(0, 40)}`,
        parameter === ':project' ? 'refused' : 'any',
        {
          path: at('', parts.join('/')),
        },
      )
    }

  for (const bad of BAD_QUERIES)
    yield request(`query ${bad.slice(0, 40)}`, 'any', { path: at(bad) })
  yield request('an unknown query parameter', 'refused', { path: at('surprise=1') })
  for (const odd of ODD_HEADERS)
    yield request(`header ${JSON.stringify(odd).slice(0, 60)}`, 'any', {
      headers: { ...headers, ...odd },
    })

  if ('if-match' in ifMatch) {
    const { 'if-match': __, ...without } = { 'if-match': '', ...headers }
    // A change set may name its base in the body instead; the good one does not.
    yield request('no If-Match', 428, { headers: without })
    for (const bad of BAD_IF_MATCH)
      yield request(`If-Match ${bad.slice(0, 30)}`, 'refused', {
        headers: { ...headers, 'if-match': bad },
      })
    yield request('an If-Match of the future', 412, {
      headers: { ...headers, 'if-match': '"999999"' },
    })
  }

  if (good === undefined) return
  for (const [what, bad] of Object.entries(BAD_BODIES))
    yield request(`body: ${what}`, isOpen(route) ? 'any' : 'refused', { body: bad })
  if (!isOpen(route) && method !== 'DELETE') yield request('an empty body', 'refused', { body: '' })
  for (const mutant of mutants(good))
    yield request(`body ${JSON.stringify(mutant).slice(0, 200)}`, 'any', {
      body: JSON.stringify(mutant),
    })
}

/** An import takes any JSON: the translation judges it. */
const isOpen = (route: Route): boolean => route.action === 'import.commit'

/** HTTP allows bytes over 127 in a header, fetch only as Latin-1. */
const encode = (value: string): string => Buffer.from(value).toString('latin1')

/** The other methods on each distinct path of the table. */
export function* wrongMethods(
  paths: ReadonlyMap<string, ReadonlySet<string>>,
  token: string,
): Generator<HostileRequest> {
  for (const [path, taken] of paths)
    for (const method of METHODS) {
      if (taken.has(method) || (method === 'HEAD' && taken.has('GET'))) continue
      yield {
        what: 'a method the path does not take',
        method,
        path,
        headers: { authorization: `Bearer ${token}`, 'if-match': '*' },
        expect: 'any',
      }
    }
}

/** `value` with each place in it replaced by each wrong value, and each member left out. */
function* mutants(value: unknown): Generator {
  for (const wrong of WRONG_VALUES) yield wrong
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries())
      for (const mutant of mutants(element)) yield value.with(index, mutant)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>
      yield rest
      for (const mutant of mutants(member)) yield { ...value, [name]: mutant }
    }
  }
}
