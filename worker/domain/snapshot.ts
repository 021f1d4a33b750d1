/** Builds what one audience of one environment gets, as SNAPSHOT.md §1 and §2 say. Pure. */
import { canonicalize, SNAPSHOT_FORMAT } from '#core'
import { BASE_LAYER } from './items.ts'
import { configLayers, resolveLayers } from './layers.ts'
import { MAX_INLINE_CONFIG_BYTES } from './limits.ts'
import { segmentClosure, segmentsOfFlag } from './references.ts'
import type { Audience, Flag, ItemKind, Segment, Visibility } from '#core'
import type { Digest, Digested } from './digest.ts'
import type { ConfigLayer } from './layers.ts'
import type { Items } from './items.ts'

export interface SnapshotRequest {
  readonly project: string
  readonly environment: string
  readonly audience: Audience
  /** The revision of `items`; the body's, if anything in it is new. */
  readonly revision: number
  /** The body this one follows. When nothing else differs it keeps its revision, and so its hash. */
  readonly previous?: { readonly revision: number; readonly sha256: string }
  readonly digest: Digest
  /** Canonical text of the document the layers resolve to; a caller that remembers texts hands in its own. */
  readonly render?: (layers: readonly ConfigLayer[]) => RenderedConfig
}

export interface RenderedConfig extends Digested {
  readonly text: string
}

export interface BuiltSnapshot extends Digested {
  /** Canonical JSON; its UTF-8 is the body. */
  readonly text: string
  readonly revision: number
  /** Documents that stand outside the body, sorted by hash, each once. */
  readonly externals: readonly RenderedConfig[]
}

/** Throws only when `items` were not checked before they were written. */
export function buildSnapshot(items: Items, request: SnapshotRequest): BuiltSnapshot {
  const { environment, audience, previous, digest } = request
  const externals = new Map<string, RenderedConfig>()
  const configs = configMembers(items, request, externals)
  const flags = new Map<string, Flag>()
  for (const key of visibleKeys(items, 'flag', audience)) {
    const flag = flattenFlag(items, key, environment)
    if (flag !== undefined) flags.set(key, flag)
  }
  const segments = segmentsFor(items, flags.keys(), environment, audience)
  // Written member by member, so that the same parts serve for either revision.
  const before =
    `{"audience":${canonicalize(audience)},"configs":${configs}` +
    `,"environment":${canonicalize(environment)},"flags":${canonicalize(Object.fromEntries(flags))}` +
    `,"format":${SNAPSHOT_FORMAT},"project":${canonicalize(request.project)},"revision":`
  const after = `,"secrets":{},"segments":${canonicalize(segments)}}`
  const build = (revision: number): BuiltSnapshot => {
    const text = `${before}${revision}${after}`
    const sorted = [...externals.values()].toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
    return { text, ...digest(text), revision, externals: sorted }
  }
  if (previous !== undefined) {
    const same = build(previous.revision)
    if (same.sha256 === previous.sha256) return same
  }
  return build(request.revision)
}

/** The canonical text of `configs`; what is too long for the body goes to `externals`. */
function configMembers(
  items: Items,
  request: SnapshotRequest,
  externals: Map<string, RenderedConfig>,
): string {
  const { environment, audience, digest } = request
  const render = request.render ?? ((layers) => renderConfig(layers, digest))
  const members = visibleKeys(items, 'config', audience).map((name) => {
    const rendered = render(configLayers(items, name, environment))
    const { text, sha256, size } = rendered
    if (size <= MAX_INLINE_CONFIG_BYTES) return `${canonicalize(name)}:${text}`
    externals.set(sha256, rendered)
    return `${canonicalize(name)}:${canonicalize({ $external: { sha256, size } })}`
  })
  return `{${members.join(',')}}`
}

/** The canonical text of what `layers` resolve to. */
export function renderConfig(layers: readonly ConfigLayer[], digest: Digest): RenderedConfig {
  const text = canonicalize(resolveLayers(layers))
  return { text, ...digest(text) }
}

/** Keys the audience sees, sorted by UTF-16 code units as canonical JSON wants them. */
function visibleKeys(
  items: Items,
  kind: Extract<ItemKind, 'config' | 'flag'>,
  audience: Audience,
): readonly string[] {
  const keys: string[] = []
  for (const { key, layer } of items.refs(kind)) {
    if (layer !== BASE_LAYER) continue
    const visibility = kind === 'flag' ? items.flag(key)?.visibility : items.config(key)?.visibility
    if (isVisible(visibility, audience)) keys.push(key)
  }
  return keys.toSorted()
}

function isVisible(visibility: Visibility | undefined, audience: Audience): boolean {
  return audience === 'server' || visibility === 'client'
}

/** A flag as one environment sees it; without settings there it is off. Undefined when there is no such flag. */
export function flattenFlag(items: Items, key: string, environment: string): Flag | undefined {
  const base = items.flag(key)
  if (base === undefined) return undefined
  const settings = items.flagEnvironment(key, environment) ?? { enabled: false }
  const offVariant = settings.offVariant ?? base.offVariant
  const defaultVariant = settings.defaultVariant ?? base.defaultVariant
  const { prerequisites, targets, rules } = settings
  return {
    type: base.type,
    variants: base.variants,
    enabled: settings.enabled,
    seed: settings.seed ?? base.seed,
    ...(offVariant !== undefined && { offVariant }),
    ...(defaultVariant !== undefined && { defaultVariant }),
    ...(prerequisites !== undefined && { prerequisites }),
    ...(targets !== undefined && { targets }),
    ...(rules !== undefined && { rules }),
    ...(base.metadata !== undefined && { metadata: base.metadata }),
  }
}

/** A server gets all segments, a client those its flags ask, through other segments too. */
function segmentsFor(
  items: Items,
  flags: Iterable<string>,
  environment: string,
  audience: Audience,
): Readonly<Record<string, Segment>> {
  const keys = new Set<string>()
  if (audience === 'server') for (const { key } of items.refs('segment')) keys.add(key)
  else {
    const asked = new Set<string>()
    for (const flag of flags) {
      for (const { segment } of segmentsOfFlag(items, flag, environment)) asked.add(segment)
    }
    for (const segment of segmentClosure(items, asked)) keys.add(segment)
  }
  const segments: Record<string, Segment> = {}
  for (const key of keys) {
    const item = items.segment(key)
    if (item === undefined || !isVisible(item.visibility, audience)) continue
    const { ids, excludedIds, when } = item
    segments[key] = {
      ...(ids !== undefined && { ids }),
      ...(excludedIds !== undefined && { excludedIds }),
      ...(when !== undefined && { when }),
    }
  }
  return segments
}
