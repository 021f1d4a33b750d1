/**
 * The limits on what a change leaves behind (design §10): flags, resolved configs, snapshot bodies. Sizes are bounded
 * from the stored sizes first; only what comes near a limit is built and measured.
 */
import { canonicalize } from '#core'
import { affectedEnvironments } from './affected.ts'
import { BASE_LAYER, environmentLayer } from './items.ts'
import { configLayers, environmentChain, resolveLayers } from './layers.ts'
import {
  CANONICAL_GROWTH,
  MAX_BODY_BYTES,
  MAX_CONFIG_BYTES,
  MAX_FLAGS,
  MAX_INLINE_CONFIG_BYTES,
  MAX_REFERENCES_BYTES,
  MAX_WAYS_CHARACTERS,
} from './limits.ts'
import { composeSnapshot, createRenderer } from './snapshot.ts'
import type { Digest } from './digest.ts'
import type { DomainError } from './errors.ts'
import type { Items, WorkingItems } from './items.ts'

/** The first limit that the state `working` would leave is over. */
export function findExcess(
  working: WorkingItems,
  before: Items,
  digest: Digest,
): DomainError | undefined {
  const { items } = working
  const written = [...working.written.values()]
  if (written.some(({ ref, content }) => ref.kind === 'flag' && content !== null)) {
    const flags = count(items, 'flag')
    if (flags > MAX_FLAGS) {
      return { reason: 'too_large', what: 'flags', limit: MAX_FLAGS, actual: flags }
    }
  }
  const refs = written.map(({ ref }) => ref)
  const configs = new Set(refs.filter(({ kind }) => kind === 'config').map(({ key }) => key))
  for (const environment of affectedEnvironments(before, items, refs)) {
    if (items.environment(environment) === undefined) continue
    for (const config of configs) {
      const excess = configExcess(items, config, environment, digest)
      if (excess !== undefined) return excess
    }
    const excess = bodyExcess(items, environment, digest, NO_SECRETS)
    if (excess !== undefined) return excess
  }
  return undefined
}

function count(items: Items, kind: 'flag'): number {
  let found = 0
  for (const ref of items.refs(kind)) if (ref.layer === BASE_LAYER) found++
  return found
}

function configExcess(
  items: Items,
  config: string,
  environment: string,
  digest: Digest,
): DomainError | undefined {
  const layers = configLayers(items, config, environment)
  const length = layers.reduce((sum, { item }) => sum + item.source.length, 0)
  // What others add to it was measured when its references were checked (config-references.ts).
  if (length * CANONICAL_GROWTH <= MAX_CONFIG_BYTES) return undefined
  const actual = digest(canonicalize(resolveLayers(layers))).size
  if (actual <= MAX_CONFIG_BYTES) return undefined
  const what = `config ${config} resolved in ${environment}`
  return { reason: 'too_large', what, limit: MAX_CONFIG_BYTES, actual }
}

/** Bytes that secrets take in a server body, besides the two of a body without. */
export interface SecretBytes {
  /** At least as much. */
  readonly bound: () => number
  readonly exact: () => number
}

const NO_SECRETS: SecretBytes = { bound: () => 0, exact: () => 0 }

/** Whether the bodies of the environment are too large to be published, and how large. */
export function bodyExcess(
  items: Items,
  environment: string,
  digest: Digest,
  secrets: SecretBytes,
): DomainError | undefined {
  const bound = bodyBound(items, environment)
  if (bound + secrets.bound() <= MAX_BODY_BYTES) return undefined
  const sealed = secrets.exact()
  if (bound + sealed <= MAX_BODY_BYTES) return undefined
  // The server body holds all that a client body holds; its project's name is not known here, and at most this long.
  const subject = { project: 'p'.repeat(63), environment, audience: 'server' } as const
  const { textAt } = composeSnapshot(items, subject, createRenderer(digest))
  const size = digest(textAt(Number.MAX_SAFE_INTEGER)).size + sealed
  if (size <= MAX_BODY_BYTES) return undefined
  const what = `snapshot body of ${environment}`
  return { reason: 'too_large', what, limit: MAX_BODY_BYTES, actual: size }
}

/** No body of the environment is longer than this. */
function bodyBound(items: Items, environment: string): number {
  const own = environmentLayer(environment)
  const configs = new Map<string, number>()
  const chain = new Set([BASE_LAYER, ...environmentChain(items, environment).map(environmentLayer)])
  let bound = 1_000
  for (const kind of ['flag', 'segment'] as const) {
    for (const ref of items.refs(kind)) {
      if (ref.layer !== BASE_LAYER && ref.layer !== own) continue
      bound += items.size(ref) * CANONICAL_GROWTH + ref.key.length + 10
    }
  }
  for (const ref of items.refs('config')) {
    if (!chain.has(ref.layer)) continue
    const { any, configs: used } = items.references(ref)
    // Whatever it takes in, a document stands outside from there on.
    const taken = used.length > 0 ? MAX_INLINE_CONFIG_BYTES : 0
    const size = items.size(ref) * CANONICAL_GROWTH + taken
    configs.set(ref.key, (configs.get(ref.key) ?? 0) + size)
    if (any) bound += MAX_REFERENCES_BYTES
  }
  for (const ref of items.refs('schema')) {
    // Each way is told once, and a migration holds at most two, with versions of at most 128 characters.
    bound += Math.min(items.size(ref) * 2, MAX_WAYS_CHARACTERS) * 3 + ref.key.length + 500
  }
  for (const [name, size] of configs) {
    bound += Math.min(size, MAX_INLINE_CONFIG_BYTES) + name.length + 150
  }
  return bound
}
