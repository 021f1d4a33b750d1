/** What is at hand when a client starts: the application's cache and bootstrap file. Loaded by those who give one of them. */
import type { CacheRecord } from '../core/wire.ts'
import { cacheName, createCacheWriter, inTime, readRecord } from './cache.ts'
import { createCrashGuard } from './crash-guard.ts'
import type { ClientOptions } from './options.ts'

export interface Local {
  /** Takes the cache's record, else the bootstrap file's. */
  take(): Promise<void>
  /** Writes what is in use to the cache, if there is one. Never rejects. */
  save(): Promise<void>
  /** Whether content may be taken: not when processes died of it. Never rejects. */
  admits(sha256: string): Promise<boolean>
  isBad(sha256: string): boolean
  /** The process ends as it should. Never rejects. */
  close(): Promise<void>
  /** The text of an external document that came with the record. Verified by hash by whoever uses it. */
  stored(sha256: string): string | undefined
}

export function createLocal(
  { cache, bootstrap, crashGuard = true, now = Date.now }: ClientOptions,
  audience: string,
  rim: {
    /** Whether the record is now in use. */
    take(source: 'cache' | 'bootstrap', record: CacheRecord): Promise<boolean>
    /** The record of what is in use. */
    readonly text: () => Promise<string>
    readonly onError: (caught: unknown) => void
  },
): Local {
  let externals: CacheRecord['externals'] = {}
  const takeRecord = (source: 'cache' | 'bootstrap', input: unknown): Promise<boolean> => {
    // What is no record has no manifest, and is refused for that.
    const record = readRecord(input) ?? { manifest: '', body: '', keys: { keys: [] } }
    // Before the snapshot is taken: they may be asked for at once.
    externals = record.externals ?? {}
    return rim.take(source, record)
  }
  const guard = cache && crashGuard && createCrashGuard(cache, cacheName(audience), now, rim.text)
  const write = cache && createCacheWriter(cache, cacheName(audience), rim.text, rim.onError)
  return {
    async take() {
      let isTaken = false
      try {
        const text = cache && (await inTime(cache.get(cacheName(audience))))
        if (typeof text === 'string') isTaken = await takeRecord('cache', text)
      } catch (caught) {
        rim.onError(caught)
      }
      const good = guard && !isTaken ? await guard.lastGood() : undefined
      if (good !== undefined) isTaken = await takeRecord('cache', good)
      if (!isTaken && bootstrap !== undefined) await takeRecord('bootstrap', bootstrap)
    },
    async save() {
      await write?.()
    },
    admits: async (sha256) => !guard || guard.admits(sha256),
    isBad: (sha256) => (guard ? guard.isBad(sha256) : false),
    async close() {
      if (guard) await guard.close()
    },
    stored: (sha256) => externals?.[sha256],
  }
}
