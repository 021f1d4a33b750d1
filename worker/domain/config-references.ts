/** The check of references over the state a change leaves: of what it wrote, and of what refers to that. */
import { canonicalize, findReferences } from '#core'
import { affectedEnvironments } from './affected.ts'
import { quote } from './issues.ts'
import { BASE_LAYER, environmentLayer } from './items.ts'
import { environmentChain } from './layers.ts'
import { MAX_REFERENCES_BYTES } from './limits.ts'
import { resolveConfig, secretsIn } from './resolve-config.ts'
import type { ItemRef } from '#core'
import type { Items, WorkingItems, Written } from './items.ts'
import type { Resolution } from './resolve-config.ts'

/** A config that does not resolve in an environment: which write caused it, and what is wrong. */
export interface ConfigFault {
  readonly cause: Written
  readonly config: string
  readonly environment: string
  readonly pointer: string
  readonly message: string
}

/** What does not resolve among the configs that `working` wrote, or that refer to such, in every environment they reach. */
export function findConfigFaults(working: WorkingItems, before: Items): readonly ConfigFault[] {
  const { items } = working
  const causes = causesIn(working)
  if (causes.size === 0) return []
  const written = [...working.written.values()]
  const refs = written.filter(({ ref }) => isConcerned(ref)).map(({ ref }) => ref)
  const faults: ConfigFault[] = []
  for (const environment of affectedEnvironments(before, items, refs)) {
    if (items.environment(environment) === undefined) continue
    for (const [config, cause] of causes) {
      if (!hasReferences(items, config, environment)) continue
      const resolution = resolveConfig(items, config, environment)
      if (resolution === undefined) continue
      for (const { pointer, message } of faultsOf(items, config, resolution)) {
        faults.push({ cause, config, environment, pointer, message })
      }
    }
  }
  return faults
}

function isConcerned({ kind }: ItemRef): boolean {
  return kind === 'config' || kind === 'environment'
}

/** The configs to look at, each with the write that makes it necessary. */
function causesIn(working: WorkingItems): ReadonlyMap<string, Written> {
  const { items } = working
  const causes = new Map<string, Written>()
  let moved: Written | undefined
  for (const written of working.written.values()) {
    if (written.ref.kind === 'config') {
      const known = causes.get(written.ref.key)
      if (known === undefined || written.ref.layer === BASE_LAYER)
        causes.set(written.ref.key, written)
    }
    // Another parent: every config may be another there.
    if (written.ref.kind === 'environment' && written.content !== null) moved = written
  }
  if (causes.size === 0 && moved === undefined) return causes
  const users = usersIn(items)
  if (moved !== undefined) {
    for (const config of users.keys()) if (!causes.has(config)) causes.set(config, moved)
  }
  // Whoever refers to one of them, through others too. A Map is walked with what is added on the way.
  for (const [config, cause] of causes) {
    for (const [user, used] of users) {
      if (used.has(config) && !causes.has(user)) causes.set(user, cause)
    }
  }
  return causes
}

/** Configs that have references, and the configs any of their layers names. */
export function usersIn(items: Items): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>()
  for (const ref of items.refs('config')) {
    const { any, configs } = items.references(ref)
    if (!any) continue
    const used = users.get(ref.key) ?? new Set()
    for (const config of configs) used.add(config)
    users.set(ref.key, used)
  }
  return users
}

function hasReferences(items: Items, config: string, environment: string): boolean {
  const chain = environmentChain(items, environment)
  const layers = [BASE_LAYER, ...chain.map(environmentLayer)]
  return layers.some((layer) => items.references({ kind: 'config', key: config, layer }).any)
}

function faultsOf(
  items: Items,
  config: string,
  resolution: Resolution,
): readonly { readonly pointer: string; readonly message: string }[] {
  const { document, places, uses, faults } = resolution
  if (faults.length > 0) return faults
  const found: { pointer: string; message: string }[] = []
  const secrets = secretsIn(findReferences(document))
  for (const secret of secrets) {
    if (!isKnownSecret(items, secret)) {
      found.push({ pointer: '', message: `no environment has a secret ${quote(secret)}` })
    }
  }
  if (items.config(config)?.visibility === 'client') {
    for (const used of uses) {
      if (items.config(used)?.visibility === 'client') continue
      const message = `config ${quote(used)} must be visible to clients, as this config is`
      found.push({ pointer: '', message })
    }
    for (const secret of secrets) {
      const message = `clients get no secrets, and this config, which they see, names ${quote(secret)}`
      found.push({ pointer: '', message })
    }
  }
  if (places !== undefined && byteLength(canonicalize(places)) > MAX_REFERENCES_BYTES) {
    const message = 'has too many texts with references, or at too long names'
    found.push({ pointer: '', message })
  }
  return found
}

/**
 * A name that no environment knows is a slip. One that another environment knows is not refused: secrets are not inherited, and
 * an environment has to be made before it can have any.
 */
function isKnownSecret(items: Items, secret: string): boolean {
  for (const { key } of items.refs('secret')) if (key === secret) return true
  return false
}

/** The configs whose document in `environment` names the secret, sorted. */
export function configsNaming(
  items: Items,
  secret: string,
  environment: string,
): readonly string[] {
  return [...usersIn(items).keys()]
    .filter((config) => {
      const resolution = resolveConfig(items, config, environment)
      return resolution && secretsIn(findReferences(resolution.document)).includes(secret)
    })
    .toSorted()
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

/** `in production, /db/url: …`: what a fault says of a config. */
export function describeFault({ environment, pointer, message }: ConfigFault): string {
  return `in ${environment}${pointer === '' ? '' : `, ${pointer}`}: ${message}`
}

/** Whether the fault is of what was written there itself, and not of something that refers to it. */
export function isOwnFault({ cause, config }: ConfigFault): boolean {
  return (
    cause.exact && cause.content !== null && cause.ref.kind === 'config' && cause.ref.key === config
  )
}
