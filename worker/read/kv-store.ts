/**
 * The store of the read path: KV first, the project (or the directory) when KV is behind, has nothing, fails, hangs or
 * holds something it should not. KV is a cache (STORAGE.md §4): what it says is used, what it lacks means nothing.
 */
import { compareOrder, formatAudience, isJsonObject } from '#core'
import { sha256Hex } from '../crypto/hash.ts'
import type { DirectoryRpc } from '../objects/directory/interface.ts'
import type { Head, KeyScope, ProjectRpc } from '../objects/project/interface.ts'
import { withDeadline } from './deadline.ts'
import { readHead } from './manifest.ts'
import type { SnapshotStore } from './store.ts'

export interface KvStoreOptions {
  readonly kv: Pick<KVNamespace, 'get'>
  readonly project: (name: string) => Pick<ProjectRpc, 'findKey' | 'head' | 'body'>
  readonly directory: () => Pick<DirectoryRpc, 'jwks'>
  /** The cache of this location, where the runtime has one: bodies are immutable, and reading KV costs. */
  readonly edge?: Pick<Cache, 'match' | 'put'> | undefined
  /** After this long KV counts as failed. Milliseconds, default 2,000. */
  readonly kvTimeoutMs?: number
  /** After this long an object counts as failed. Milliseconds, default 10,000. */
  readonly objectTimeoutMs?: number
}

export function createKvStore(options: KvStoreOptions): SnapshotStore {
  const { kv, project, directory, edge, kvTimeoutMs = 2_000, objectTimeoutMs = 10_000 } = options

  /** What KV holds under `key`; null when it has nothing, fails or hangs. */
  async function cached<T>(get: () => Promise<T | null>): Promise<T | null> {
    try {
      return await withDeadline(get(), kvTimeoutMs)
    } catch {
      return null
    }
  }
  const asked = <T>(answer: Promise<T>): Promise<T> => withDeadline(answer, objectTimeoutMs)

  return {
    async key(sha256, projectName) {
      const found = readScope(await cached(() => kv.get(`key/${sha256}`)), projectName)
      return found ?? (await asked(project(projectName).findKey(sha256)))
    },

    async head(name, atLeast) {
      const text = await cached(() => kv.get(`head/${formatAudience(name)}`))
      const found = text === null ? null : readHead(text)
      if (found !== null && compareOrder(found, atLeast) >= 0) return found
      try {
        return newer(
          found,
          await asked(project(name.project).head(name.environment, name.audience)),
        )
      } catch (error) {
        if (found === null) throw error
        return found
      }
    },

    async body(name, sha256) {
      const key = `body/${formatAudience(name)}/${sha256}`
      const near = `https://driftless.invalid/${key}`
      const kept = await cached(async () => (await edge?.match(near))?.arrayBuffer() ?? null)
      const held = await whole(kept, sha256)
      if (held !== null) return held
      const found =
        (await whole(await cached(() => kv.get(key, 'arrayBuffer')), sha256)) ??
        (await whole(
          await asked(project(name.project).body(name.environment, name.audience, sha256)),
          sha256,
        ))
      if (edge && found !== null) {
        const headers = { 'cache-control': 'public, max-age=31536000, immutable' }
        await cached(async () => (await edge.put(near, new Response(found, { headers }))) ?? null)
      }
      return found
    },

    async deltas(name, sha256) {
      const key = `deltas/${formatAudience(name)}/${sha256}`
      const found = await cached(() => kv.get(key, 'arrayBuffer'))
      // Nobody else is asked: without them the whole body is served.
      return found === null ? null : new Uint8Array(found)
    },

    async keySet() {
      const text = await cached(() => kv.get('jwks'))
      return isKeySet(text) ? text : JSON.stringify(await asked(directory().jwks()))
    },
  }
}

function newer(a: Head | null, b: Head | null): Head | null {
  if (a === null || b === null) return a ?? b
  return compareOrder(a, b) > 0 ? a : b
}

/** `{id, project, environment, audience}` as JSON; null when it is not that, or not of this project. */
function readScope(text: string | null, project: string): KeyScope | null {
  const scope = parse(text)
  if (!isJsonObject(scope) || scope['project'] !== project) return null
  const { id, environment, audience } = scope
  if (typeof id !== 'string' || typeof environment !== 'string') return null
  if (audience !== 'server' && audience !== 'client') return null
  return { id, project, environment, audience }
}

function isKeySet(text: string | null): text is string {
  const set = parse(text)
  return isJsonObject(set) && Array.isArray(set['keys']) && set['keys'].length > 0
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

/** The bytes when they are what the hash says: what was torn or altered in a cache is not passed on. */
async function whole(
  bytes: ArrayBuffer | null,
  sha256: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  return bytes !== null && (await sha256Hex(bytes)) === sha256 ? new Uint8Array(bytes) : null
}
