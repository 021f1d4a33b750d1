/**
 * Samples of what was evaluated, when an application asks for it (SNAPSHOT.md §4.5; why so little is in the repository's
 * docs/design/0017). Loaded only then. Never throws; what cannot be sent is lost.
 */
import { hashText } from '../core/bucket.ts'
import { attributeOf, bucketingValue, readAttribute } from '../core/attributes.ts'
import { namedAttributes } from '../core/named-attributes.ts'
import type { EvaluationContext } from '../core/evaluation.ts'
import type { SnapshotBody } from '../core/snapshot.ts'
import {
  MAX_SAMPLED_ATTRIBUTES,
  MAX_SAMPLED_LIST,
  MAX_SAMPLED_TEXT,
  type ContextSample,
  type SampledValue,
} from '../core/wire.ts'
import type { ClientOptions } from './options.ts'
import type { Sync } from './sync.ts'
import { after, within } from './timer.ts'

const EVERY_MS = 300_000
const DEADLINE_MS = 10_000
const MAX_FLAGS = 100
const MAX_OF_FLAG = 5
/** The server takes 262,144 bytes; a character is at most 3. */
const MAX_CHARACTERS = 80_000

export interface Sampler {
  /** Chooses by chance whether this evaluation is kept. */
  sample(flagKey: string, context: EvaluationContext | undefined): void
  flush(): Promise<void>
  close(): Promise<void>
}

export function startSampling(
  options: ClientOptions,
  sync: Pick<Sync, 'snapshot' | 'url'>,
): Sampler {
  const { key, sampling, fetch = globalThis.fetch, random = Math.random } = options
  const { attributes = [], everyMs = EVERY_MS } = sampling ?? {}
  const listed = new Set(attributes.slice(0, MAX_SAMPLED_ATTRIBUTES))
  const kept = new Map<string, { seen: number; readonly samples: ContextSample[] }>()
  let body: SnapshotBody | undefined
  let wanted: readonly string[] = []
  let cancel: (() => void) | undefined
  let isClosed = false
  let queue: Promise<void> = Promise.resolve()

  const make = (flag: string, context: EvaluationContext): ContextSample => {
    const subject = bucketingValue(readAttribute(attributeOf(), context))
    const known: Record<string, SampledValue | readonly SampledValue[]> = {}
    const absent: string[] = []
    for (const name of wanted) {
      const value = readAttribute(attributeOf(name), context) ?? null
      if (value === null) absent.push(name)
      else if (isFitting(value) || isFittingList(value)) known[name] = value
    }
    return {
      flag,
      ...(subject !== undefined && { key: hashText(subject) >>> 0 }),
      ...(Object.keys(known).length > 0 && { attributes: known }),
      ...(absent.length > 0 && { absent }),
    }
  }
  const report = async (): Promise<void> => {
    const samples: ContextSample[] = []
    let characters = 0
    for (const sample of [...kept.values()].flatMap((one) => one.samples)) {
      characters += JSON.stringify(sample).length + 1
      if (characters > MAX_CHARACTERS) break
      samples.push(sample)
    }
    kept.clear()
    if (samples.length === 0) return
    try {
      const request = fetch(`${sync.url}/v1/samples`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ samples }),
        // A redirect could carry the key elsewhere.
        redirect: 'manual',
      })
      const response = await within(DEADLINE_MS, request, () => new TypeError('too slow'))
      void response.body?.cancel().catch(() => {})
    } catch {
      // Others will come.
    }
  }
  const flush = (): Promise<void> => (queue = queue.then(report))
  const arm = (): void => {
    if (!isClosed) cancel = after(everyMs * (0.9 + 0.2 * random()), () => void flush().then(arm))
  }
  arm()
  return {
    sample(flagKey, context = {}) {
      const current = sync.snapshot?.body
      if (isClosed || !current || !Object.hasOwn(current.flags, flagKey)) return
      if (body !== current) {
        body = current
        const named = namedAttributes(current)
        // The targeting key goes along as a hash and as nothing else, whatever is listed.
        wanted = [...listed].filter((name) => name !== 'targetingKey' && named.has(name))
      }
      let one = kept.get(flagKey)
      if (!one) {
        if (kept.size >= MAX_FLAGS) return
        kept.set(flagKey, (one = { seen: 0, samples: [] }))
      }
      // Of n evaluations each is kept with the same chance, however many there will be.
      const slot = Math.floor(random() * ++one.seen)
      const at = one.samples.length < MAX_OF_FLAG ? one.samples.length : slot
      if (at >= MAX_OF_FLAG) return
      try {
        one.samples[at] = make(flagKey, context)
      } catch {
        // A context that cannot be read.
      }
    },
    flush,
    close() {
      isClosed = true
      cancel?.()
      return flush()
    },
  }
}

function isFitting(value: unknown): value is SampledValue {
  if (typeof value === 'string') return value.length <= MAX_SAMPLED_TEXT
  return typeof value === 'boolean' || Number.isFinite(value)
}

function isFittingList(value: unknown): value is readonly SampledValue[] {
  return Array.isArray(value) && value.length <= MAX_SAMPLED_LIST && value.every(isFitting)
}
