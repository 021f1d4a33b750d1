/** Builds what one audience of one environment gets, as SNAPSHOT.md §1 and §2 say. Pure. */
import { canonicalize, SNAPSHOT_FORMAT } from '#core'
import { BASE_LAYER } from './items.ts'
import { MAX_INLINE_CONFIG_BYTES } from './limits.ts'
import { segmentClosure, segmentsOfFlag } from './references.ts'
import { resolveConfig } from './resolve-config.ts'
import { waysFrom } from '#schema'
import type {
  Audience,
  Flag,
  FlagEnvironmentItem,
  FlagItem,
  ItemKind,
  SchemaItem,
  Segment,
  SnapshotBody,
  Visibility,
} from '#core'
import type { Digest, Digested } from './digest.ts'
import type { Items } from './items.ts'

/** What a snapshot is of. */
export interface SnapshotSubject {
  readonly project: string
  readonly environment: string
  readonly audience: Audience
}

/** Writes the parts of a body as canonical JSON. A caller that remembers texts hands in its own. */
export interface Renderer {
  /** A config, which must be there, as an environment gets it. */
  readonly config: (items: Items, name: string, environment: string) => RenderedConfig
  /** A flag as one environment sees it; without settings there it is off. */
  readonly flag: (base: FlagItem, settings: FlagEnvironmentItem | undefined) => string
}

/** A document that stands outside the body. */
export interface ExternalText extends Digested {
  readonly text: string
}

export interface RenderedConfig {
  readonly text: string
  /** Of a text that may be too long for the body. */
  readonly digested?: Digested
  /** Canonical JSON of the places that the reader answers; absent without any. */
  readonly references?: string
  /** Canonical JSON of the version of its schema (SNAPSHOT.md §1.2); absent without a schema. */
  readonly version?: string
  /** The configs it refers to. */
  readonly uses: readonly string[]
}

/** A body but for its revision. */
export interface ComposedSnapshot {
  /** The body at this revision: canonical JSON, whose UTF-8 are the bytes. */
  readonly textAt: (revision: number) => string
  /** Documents that stand outside the body, sorted by hash, each once. */
  readonly externals: readonly ExternalText[]
}

export interface BuiltSnapshot extends Digested {
  readonly text: string
  readonly revision: number
  readonly externals: readonly ExternalText[]
}

export interface BuildRequest extends SnapshotSubject {
  /** The revision of `items`; the body's, if anything in it is new. */
  readonly revision: number
  /** Bodies this one may be the same as but for the revision: then it keeps that one's revision, and so its hash. */
  readonly previous?: readonly { readonly revision: number; readonly sha256: string }[]
  /** May wait: a body is long, and the platform hashes faster than we do. */
  readonly digest: (text: string) => Digested | Promise<Digested>
  readonly renderer: Renderer
  /** The member `secrets`, sealed, as canonical JSON. Default: none. */
  readonly secrets?: string
}

/** What the audience gets, as of when this is called. Throws only when `items` were not checked before they were written. */
export async function buildSnapshot(items: Items, request: BuildRequest): Promise<BuiltSnapshot> {
  const { revision, previous = [], digest, renderer } = request
  const { textAt, externals } = composeSnapshot(items, request, renderer, request.secrets)
  for (const known of previous) {
    const text = textAt(known.revision)
    const digested = await digest(text)
    if (digested.sha256 === known.sha256) {
      return { text, ...digested, revision: known.revision, externals }
    }
  }
  const text = textAt(revision)
  return { text, ...(await digest(text)), revision, externals }
}

/** The body without hashing it. */
export function composeSnapshot(
  items: Items,
  subject: SnapshotSubject,
  renderer: Renderer,
  secrets = '{}',
): ComposedSnapshot {
  const { environment, audience, project } = subject
  const externals = new Map<string, ExternalText>()
  const references: string[] = []
  const schemas: string[] = []
  const configs = configMembers(items, subject, renderer, { externals, references, schemas })
  const keys = visibleKeys(items, 'flag', audience)
  const flags = flagMembers(items, keys, environment, renderer)
  const segments = segmentsFor(items, keys, environment, audience)
  // Written member by member, so that the same parts serve for either revision.
  const before =
    `{"audience":${canonicalize(audience)},"configs":${configs}` +
    `,"environment":${canonicalize(environment)},"flags":${flags}` +
    `,"format":${SNAPSHOT_FORMAT},"project":${canonicalize(project)}` +
    (references.length === 0 ? '' : `,"references":{${references.join()}}`) +
    `,"revision":`
  const versions = schemas.length === 0 ? '' : `,"schemas":{${schemas.join()}}`
  const after = `${versions},"secrets":${secrets},"segments":${canonicalize(segments)}}`
  return {
    textAt: (revision) => `${before}${revision}${after}`,
    externals: [...externals.values()].toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
  }
}

/** A renderer that remembers nothing. */
export function createRenderer(digest: Digest): Renderer {
  return {
    config: (items, name, environment) => {
      const resolution = resolveConfig(items, name, environment)
      const [fault] = resolution?.faults ?? []
      if (resolution === undefined || fault !== undefined) {
        throw new Error(`stored config ${name} does not resolve: ${fault?.message ?? 'not there'}`)
      }
      const { document, places, uses } = resolution
      const text = flat(canonicalize(document))
      const references = places === undefined ? {} : { references: canonicalize(places) }
      // A UTF-16 unit takes at most 3 bytes: most texts need neither counting nor a hash.
      const mayBeLong = text.length * 3 > MAX_INLINE_CONFIG_BYTES
      const schema = items.schema(name)
      const version = schema === undefined ? {} : { version: versionText(schema) }
      const digested = mayBeLong && { digested: digest(text) }
      return { text, ...digested, ...references, ...version, uses }
    },
    flag: (base, settings) => flat(canonicalize(flatten(base, settings))),
  }
}

function versionText({ version, migrations = [] }: SchemaItem): string {
  const ways = waysFrom(migrations, version)
  return flat(canonicalize(ways.length === 0 ? { version } : { version, migrations: ways }))
}

/**
 * The same text in one piece. V8 keeps what was concatenated as a tree, and joining a thousand remembered trees for each body
 * takes ten times what joining texts does; asking for a character lays it out once and for all (V8 13). The answer is kept:
 * a call whose answer nobody wants is left out as soon as the code is optimised.
 */
function flat(text: string): string {
  laidOut.character = text.charCodeAt(text.length - 1)
  return text
}

const laidOut = { character: 0 }

/** What is told of configs beside their documents. */
interface BesideConfigs {
  /** What is too long for the body. */
  readonly externals: Map<string, ExternalText>
  readonly references: string[]
  readonly schemas: string[]
}

/** The canonical text of `configs`; what else there is to tell goes to `beside`. */
function configMembers(
  items: Items,
  { environment, audience }: SnapshotSubject,
  renderer: Renderer,
  { externals, references, schemas }: BesideConfigs,
): string {
  const members = visibleKeys(items, 'config', audience).map((name) => {
    const rendered = renderer.config(items, name, environment)
    const { text, digested, version } = rendered
    if (version !== undefined) schemas.push(`${canonicalize(name)}:${version}`)
    if (rendered.references !== undefined) {
      references.push(`${canonicalize(name)}:${rendered.references}`)
    }
    if (digested === undefined || digested.size <= MAX_INLINE_CONFIG_BYTES)
      return `${canonicalize(name)}:${text}`
    const { sha256, size } = digested
    externals.set(sha256, { text, sha256, size })
    return `${canonicalize(name)}:${canonicalize({ $external: { sha256, size } })}`
  })
  return `{${members.join(',')}}`
}

/** The canonical text of `flags`. */
function flagMembers(
  items: Items,
  keys: readonly string[],
  environment: string,
  renderer: Renderer,
): string {
  const members = keys.flatMap((key) => {
    const base = items.flag(key)
    if (base === undefined) return []
    const settings = items.flagEnvironment(key, environment)
    return [`${canonicalize(key)}:${renderer.flag(base, settings)}`]
  })
  return `{${members.join(',')}}`
}

/** Keys the audience sees, without archived flags, sorted by UTF-16 code units as canonical JSON wants them. */
export function visibleKeys(
  items: Items,
  kind: Extract<ItemKind, 'config' | 'flag'>,
  audience: Audience,
): readonly string[] {
  const keys: string[] = []
  for (const { key, layer } of items.refs(kind)) {
    if (layer !== BASE_LAYER) continue
    if (kind === 'config' && audience === 'server') {
      // All of them, and none is read for that.
      keys.push(key)
      continue
    }
    const item = kind === 'flag' ? items.flag(key) : items.config(key)
    if (item === undefined || !isVisible(item.visibility, audience)) continue
    if (!('archived' in item && item.archived)) keys.push(key)
  }
  return keys.toSorted()
}

function isVisible(visibility: Visibility | undefined, audience: Audience): boolean {
  return audience === 'server' || visibility === 'client'
}

/** What of the body takes part in evaluation, as an object; configs and secrets are left out. */
export function evaluatedBody(
  items: Items,
  subject: SnapshotSubject,
  revision: number,
): SnapshotBody {
  const { environment, audience, project } = subject
  const keys = visibleKeys(items, 'flag', audience)
  const flags = keys.flatMap((key) => {
    const base = items.flag(key)
    return base ? [[key, flatten(base, items.flagEnvironment(key, environment))] as const] : []
  })
  return {
    format: SNAPSHOT_FORMAT,
    project,
    environment,
    audience,
    revision,
    configs: {},
    flags: Object.fromEntries(flags),
    segments: segmentsFor(items, keys, environment, audience),
    secrets: {},
  }
}

/** A flag as one environment sees it; undefined when there is none. */
export function flagIn(items: Items, key: string, environment: string): Flag | undefined {
  const base = items.flag(key)
  return base && flatten(base, items.flagEnvironment(key, environment))
}

/** A flag as one environment sees it; without settings there it is off. */
function flatten(base: FlagItem, settings: FlagEnvironmentItem = { enabled: false }): Flag {
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
