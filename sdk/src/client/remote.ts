/** What is asked of the server by HTTP: snapshots, bodies by their hash, the key set. Nothing is verified here. */
import type { Order } from '../core/wire.ts'
import { formatOrder, verifyBytes } from '../verify.ts'
import { DriftlessError } from './errors.ts'
import type { Named } from './externals.ts'
import { readBody, type Http } from './http.ts'
import { MAX_BODY_BYTES, MAX_KEYS_BYTES } from './limits.ts'
import type { ClientOptions } from './options.ts'
import type { Content } from './snapshot.ts'
import { decodeUtf8 } from './utf8.ts'

export interface Asked {
  /** The revision that is there: a delta from it will do. */
  readonly since: number | undefined
  /** No older one. */
  readonly min: Order | undefined
  /** 304 will do where nothing is newer. */
  readonly floor?: Order | undefined
}

export interface Remote {
  /** Where the server answers, as far as is known. */
  readonly url: string
  /** The next of the addresses from now on. */
  readonly tryNext: () => void
  /** The newest snapshot, handed to `read`. Rejects as `Http.get` does. */
  readonly snapshot: <T>(asked: Asked, read: (response: Response) => Promise<T>) => Promise<T>
  /** From the mirror of bodies, where there is one and it has the right bytes, else from the server. */
  readonly body: (named: Named) => Promise<Uint8Array>
  readonly keys: () => Promise<string>
}

export function createRemote(
  { key, bodies }: Pick<ClientOptions, 'key' | 'bodies'>,
  urls: readonly string[],
  http: Http,
): Remote {
  const authorization = { authorization: `Bearer ${key}` }
  let url = urls[0] ?? ''
  return {
    get url() {
      return url
    },
    tryNext() {
      url = urls[(urls.indexOf(url) + 1) % urls.length] ?? url
    },
    snapshot({ since, min, floor }, read) {
      const asked = [
        ...(since === undefined ? [] : [`since=${since}`]),
        ...(min ? [`min=${formatOrder(min)}`] : []),
      ].join('&')
      const headers = {
        ...authorization,
        ...(floor && { 'if-none-match': `"${formatOrder(floor)}"` }),
      }
      return http.get(`${url}/v1/snapshot${asked && `?${asked}`}`, headers, read)
    },
    async body(named) {
      const read = (response: Response): Promise<Uint8Array> =>
        readBody(response, limited(named).size)
      if (bodies) {
        const bytes = await http
          .get(`${bodies}/${named.sha256}`, {}, read)
          .catch(() => new Uint8Array())
        if (!(await verifyBytes(bytes, named))) return bytes
      }
      return http.get(`${url}/v1/bodies/${named.sha256}`, authorization, read)
    },
    keys: () =>
      http.get(`${url}/.well-known/jwks.json`, {}, async (response) =>
        decodeUtf8(await readBody(response, MAX_KEYS_BYTES)),
      ),
  }
}

/** The content of an answer to `Remote.snapshot`. */
export async function contentOf(response: Response, { size }: Named): Promise<Content> {
  return {
    bytes: await readBody(response, size),
    isDelta: response.headers.has('driftless-delta'),
  }
}

/** Throws where it says of itself to be longer than anything may be. */
export function limited<T extends Named>(named: T): T {
  if (named.size > MAX_BODY_BYTES) throw new DriftlessError('rejected', `${named.size} bytes`)
  return named
}
