/** The admin API as a test sees it from outside: raw requests, and nothing of the contract's own client. */

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body parsed; throws when it is not JSON. */
  json(): unknown
}

export interface RequestOptions {
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Committed {
  readonly revision: number
  readonly environments: readonly string[]
}

export class Admin {
  readonly url: string
  readonly token: string

  constructor(url: string, token: string) {
    this.url = url
    this.token = token
  }

  /** `path` is below `/api/v1`. Writes go with `If-Match: *` unless `headers` says otherwise. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { body, headers, signal } = options
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && { 'if-match': '*' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (): unknown => JSON.parse(text),
    }
  }

  /** As `request`; throws with the answer in the message unless it is a success. */
  async ok<T = Record<string, unknown>>(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<T> {
    const answer = await this.request(method, path, options)
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 2_000)}`)
    return answer.json() as T
  }

  async createProject(name: string, environments: object): Promise<void> {
    await this.ok('POST', '/projects', { body: { name, environments, reason: 'test' } })
  }

  async createKey(
    project: string,
    environment: string,
    audience: 'server' | 'client' = 'server',
  ): Promise<{ readonly id: string; readonly key: string }> {
    return this.ok('POST', `/projects/${project}/keys`, {
      body: { name: 'test', environment, audience, reason: 'test' },
    })
  }

  async change(
    project: string,
    operations: readonly object[],
    reason = 'test',
  ): Promise<Committed> {
    return this.ok('POST', `/projects/${project}/changes`, { body: { reason, operations } })
  }

  /** Every item of a paged list, as the server orders it. */
  async list<T>(path: string): Promise<T[]> {
    const items: T[] = []
    let cursor: string | undefined
    do {
      const query = `limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
      const page = await this.ok<{ items: T[]; next?: string }>('GET', `${path}?${query}`)
      items.push(...page.items)
      cursor = page.next
    } while (cursor !== undefined)
    return items
  }
}
