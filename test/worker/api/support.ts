/** The real Worker, asked as from outside: the bootstrap owner, projects of a test's own, problems read back. */
import { SELF } from 'cloudflare:test'

/** As in vitest.config.ts. */
export const OWNER = 'owner-token-for-tests'

export interface CallOptions {
  /** Null: none is sent. */
  readonly token?: string | null
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** `path` is below `/api/v1`. Writes go with `If-Match: *` unless the headers say otherwise. */
export async function call(
  method: string,
  path: string,
  { token = OWNER, body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const response = await SELF.fetch(`https://driftless.test/api/v1${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(method !== 'GET' && { 'if-match': '*' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = new TextDecoder().decode(await response.arrayBuffer())
  // Lines of JSON are for those who ask for them.
  const isLines = response.headers.get('content-type') === 'application/x-ndjson'
  const read: Answer['body'] = isLines ? { text } : JSON.parse(text)
  return { status: response.status, headers: response.headers, body: read }
}

/** As `call`; throws with the answer unless it is a success. */
export async function done(method: string, path: string, options: CallOptions = {}) {
  const answer = await call(method, path, options)
  if (answer.status >= 300) {
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  return answer
}

let projects = 0

/** The path of a new project with development and production. */
export async function newProject(): Promise<string> {
  projects += 1
  const name = `project-${projects}`
  await done('POST', '/projects', { body: { name, environments: ['development', 'production'] } })
  return `/projects/${name}`
}

export const reason = 'test'
export const booleanFlag = { type: 'boolean', variants: { on: true, off: false } }

/** `kind key layer` of what a write changed. */
export function changedBy(answer: Answer): readonly string[] {
  const changed = answer.body['changed']
  const items: readonly Record<string, unknown>[] = Array.isArray(changed) ? changed : []
  return items.map(({ kind, key, layer }) => [kind, key, layer].join(' '))
}
