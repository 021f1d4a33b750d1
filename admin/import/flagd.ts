/**
 * flagd's flag definitions (https://flagd.dev/schema/v0/flags.json, also the daemon's list form): states, variants,
 * default variants, metadata; targeting is `flagd-targeting.ts`. A document that breaks that schema is refused. A flag whose
 * targeting is not exactly expressible here is left out whole, and listed. So is one whose targeting breaks the schema, unless
 * what flagd makes of it is known; when all there is was made of broken targeting, the document is refused, too.
 */
import { formatPointer, isJsonObject } from '#core'
import type { FlagType, JsonObject, JsonValue, Operation } from '#core'
import { ITEM_NAME, MAX_DESCRIPTION_CHARS, MAX_VARIANT_NAME_CHARS } from '../contract/limits.ts'
import type { Issue } from '../contract/schema.ts'
import { rulesOf, startTranslating, type TargetingScope } from './flagd-targeting.ts'
import { targetingFault } from './flagd-valid.ts'
import {
  type ImportRequest,
  type Skipped,
  type Translation,
  Untranslatable,
} from './translation.ts'

/** One flag of the document, its shape checked. */
interface FlagdFlag {
  readonly key: string
  readonly path: string
  readonly type: FlagType
  readonly variants: JsonObject
  readonly enabled: boolean
  /** Absent or null in the document: the code's own default is served. */
  readonly defaultVariant: string | null
  readonly targeting: JsonObject | null
  readonly description: string | null
  readonly metadata: Metadata
  /** Members that no schema of flagd's names. */
  readonly unknown: readonly Skipped[]
}

type Metadata = Readonly<Record<string, string | number | boolean>>

export function fromFlagd(document: JsonValue, request: ImportRequest): Translation {
  const issues: Issue[] = []
  const flags = readDocument(document, issues)
  if (issues.length > 0) return { ok: false, issues }

  const operations: Operation[] = []
  const sources: string[] = []
  const skipped: Skipped[] = unknownMembers(document, '', TOP_MEMBERS)
  const broken: Issue[] = []
  let isRefused = true
  const evaluators = isJsonObject(document) ? document['$evaluators'] : undefined
  const scope = startTranslating(isJsonObject(evaluators) ? evaluators : {})
  for (const flag of flags) {
    const fault = flag.targeting && targetingFault(flag.targeting, `${flag.path}/targeting`)
    if (fault) broken.push(fault)
    const made = operationsOf(flag, request, scope, skipped, fault)
    if (made.length > 0 && (!fault || !flag.enabled)) isRefused = false
    for (const operation of made) {
      operations.push(operation)
      sources.push(flag.path)
    }
  }
  if (isRefused && broken.length > 0) return { ok: false, issues: broken }
  return { ok: true, operations, skipped: unique(skipped), sources }
}

/** What stands in an evaluator is met once for each flag that refers to it. */
function unique(skipped: readonly Skipped[]): readonly Skipped[] {
  return [...new Map(skipped.map((one) => [`${one.path}\n${one.reason}`, one])).values()]
}

/** The operations of one flag; none, and why, when it would not mean the same. */
function operationsOf(
  flag: FlagdFlag,
  { environment }: ImportRequest,
  scope: TargetingScope,
  skipped: Skipped[],
  broken: Issue | null | undefined,
): readonly Operation[] {
  const { key, type, variants, metadata, enabled, defaultVariant } = flag
  const fault = nameFault(flag)
  if (fault !== null) {
    skipped.push({ ...fault, reason: `${fault.reason}; the flag was left out` })
    return []
  }
  const targeting = translateTargeting(flag, scope, skipped, broken)
  if (targeting === 'left out') return []
  const description = descriptionOf(flag, skipped)
  skipped.push(...flag.unknown)
  return [
    {
      op: 'putFlag',
      key,
      type,
      variants,
      visibility: 'server',
      ...(description !== null && { description }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
    {
      // What another environment serves is another document's to say: defaults go with the environment.
      op: 'putFlagEnvironment',
      key,
      environment,
      enabled,
      ...(defaultVariant !== null && !targeting.isDefaultServed && { defaultVariant }),
      ...(targeting.rules.length > 0 && { rules: targeting.rules }),
    },
  ]
}

const WITHOUT_RULES = { rules: [], isDefaultServed: false } as const

function translateTargeting(
  flag: FlagdFlag,
  scope: TargetingScope,
  skipped: Skipped[],
  broken: Issue | null | undefined,
) {
  const { targeting, path, key, variants, defaultVariant } = flag
  if (targeting === null) return WITHOUT_RULES
  try {
    const { notes, ...translated } = rulesOf(
      targeting,
      { path: `${path}/targeting`, key, variants, defaultVariant },
      scope,
    )
    skipped.push(...notes)
    if (broken) {
      const reason = `${broken.message}; the flag was imported as flagd answers it nevertheless`
      skipped.push({ path: broken.path, reason })
    }
    return translated
  } catch (thrown) {
    if (!(thrown instanceof Untranslatable)) throw thrown
    const error = broken ? new Untranslatable(broken.path, broken.message) : thrown
    if (flag.enabled) {
      skipped.push({ path: error.path, reason: `${error.message}; the flag was left out` })
      return 'left out'
    }
    // Nobody is served by a disabled flag, so nothing changes for anybody.
    skipped.push({
      path: error.path,
      reason: `${error.message}; the flag is disabled and was imported without its targeting`,
    })
    return WITHOUT_RULES
  }
}

/** A name that flagd takes and we do not; nothing is renamed, since code asks for it by this name. */
function nameFault({ key, path, variants, defaultVariant }: FlagdFlag): Skipped | null {
  if (!ITEM_NAME.test(key)) {
    return {
      path,
      reason:
        'the key must be 1 to 128 letters, digits, ".", "_" and "-", beginning with a letter or digit',
    }
  }
  const long = Object.keys(variants).find((name) => name.length > MAX_VARIANT_NAME_CHARS)
  if (long !== undefined) {
    return { path: `${path}/variants`, reason: 'a variant has a name over 128 characters' }
  }
  if (defaultVariant !== null && !Object.hasOwn(variants, defaultVariant)) {
    return { path: `${path}/defaultVariant`, reason: 'it is none of the variants' }
  }
  return null
}

function descriptionOf({ description, path }: FlagdFlag, skipped: Skipped[]): string | null {
  if (description === null || description.length <= MAX_DESCRIPTION_CHARS) return description
  const reason = `a description has at most ${MAX_DESCRIPTION_CHARS} characters; imported without it`
  skipped.push({ path: `${path}/description`, reason })
  return null
}

const TOP_MEMBERS = ['$schema', 'flags', '$evaluators', 'metadata']
const FLAG_MEMBERS = [
  'key',
  'state',
  'variants',
  'defaultVariant',
  'targeting',
  'metadata',
  'description',
  '$schema',
]

function unknownMembers(value: JsonValue, path: string, known: readonly string[]): Skipped[] {
  if (!isJsonObject(value)) return []
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: path + formatPointer([name]), reason: 'unknown to us; not imported' }))
}

/** What flagd's providers take; only the daemon takes a list, by `flagd.json`. */
const PROVIDER_SCHEMA = /(?:^|\/)flags\.json$/

function readDocument(document: JsonValue, issues: Issue[]): readonly FlagdFlag[] {
  if (!isJsonObject(document)) {
    issues.push({ path: '', message: 'must be an object with "flags"' })
    return []
  }
  const evaluators = document['$evaluators']
  if (evaluators !== undefined && !isJsonObject(evaluators)) {
    issues.push({ path: '/$evaluators', message: 'must be an object' })
  }
  const shared = readMetadata(document['metadata'], '/metadata', issues)
  const { $schema, flags } = document
  if (Array.isArray(flags) && typeof $schema === 'string' && PROVIDER_SCHEMA.test($schema)) {
    issues.push({ path: '/flags', message: 'must be an object by the schema that "$schema" names' })
    return []
  }
  return flagEntries(flags, issues).flatMap(({ key, path, flag }) => {
    const read = readFlag(key, path, flag, shared, issues)
    return read === null ? [] : [read]
  })
}

interface FlagEntry {
  readonly key: string
  readonly path: string
  readonly flag: JsonValue
}

/** The flags with their keys: a map, or the daemon's list of flags that each hold their `key`. */
function flagEntries(flags: JsonValue | undefined, issues: Issue[]): readonly FlagEntry[] {
  if (isJsonObject(flags)) {
    return Object.entries(flags).map(([key, flag]) => ({
      key,
      path: formatPointer(['flags', key]),
      flag,
    }))
  }
  if (!Array.isArray(flags)) {
    issues.push({
      path: '/flags',
      message: 'must be an object of flags, or a list of flags with keys',
    })
    return []
  }
  const seen = new Set<string>()
  return flags.flatMap((flag: JsonValue, at) => {
    const path = `/flags/${at}`
    const key = isJsonObject(flag) ? flag['key'] : undefined
    if (typeof key !== 'string' || key === '') {
      issues.push({ path: `${path}/key`, message: 'must be a text' })
      return []
    }
    if (seen.has(key)) issues.push({ path: `${path}/key`, message: 'is there twice' })
    seen.add(key)
    return [{ key, path, flag }]
  })
}

function readFlag(
  key: string,
  path: string,
  flag: JsonValue,
  shared: Metadata,
  issues: Issue[],
): FlagdFlag | null {
  if (!isJsonObject(flag)) {
    issues.push({ path, message: 'must be an object' })
    return null
  }
  const before = issues.length
  const { state, variants, defaultVariant = null, targeting = null, description = null } = flag
  if (state !== 'ENABLED' && state !== 'DISABLED') {
    issues.push({ path: `${path}/state`, message: 'must be "ENABLED" or "DISABLED"' })
  }
  const type = typeOfVariants(variants, `${path}/variants`, issues)
  if (defaultVariant !== null && typeof defaultVariant !== 'string') {
    issues.push({ path: `${path}/defaultVariant`, message: 'must be a text or null' })
  }
  if (targeting !== null && !isJsonObject(targeting)) {
    issues.push({ path: `${path}/targeting`, message: 'must be an object' })
  }
  if (description !== null && typeof description !== 'string') {
    issues.push({ path: `${path}/description`, message: 'must be a text' })
  }
  const metadata = readMetadata(flag['metadata'], `${path}/metadata`, issues)
  if (issues.length > before || type === null || !isJsonObject(variants)) return null
  return {
    key,
    path,
    type,
    variants,
    enabled: state === 'ENABLED',
    defaultVariant: typeof defaultVariant === 'string' ? defaultVariant : null,
    // `{}` is flagd's way to say that there is none.
    targeting: isJsonObject(targeting) && Object.keys(targeting).length > 0 ? targeting : null,
    description: typeof description === 'string' ? description : null,
    metadata: { ...shared, ...metadata },
    unknown: unknownMembers(flag, path, FLAG_MEMBERS),
  }
}

/** The one type of all variants. Lists are no flagd type: its schema knows boolean, string, number and object. */
function typeOfVariants(
  variants: JsonValue | undefined,
  path: string,
  issues: Issue[],
): FlagType | null {
  const names = isJsonObject(variants) ? Object.entries(variants) : []
  const [first] = names
  if (first === undefined) {
    issues.push({ path, message: 'must be an object with at least one variant' })
    return null
  }
  const type = typeOfValue(first[1])
  const odd = names.find(([, value]) => typeOfValue(value) !== type || type === null)
  if (odd === undefined) return type
  issues.push({
    path: path + formatPointer([odd[0]]),
    message:
      type === null || typeOfValue(odd[1]) === null
        ? 'must be true or false, a text, a number or an object'
        : `must be of the type of the first variant (${type})`,
  })
  return null
}

function typeOfValue(value: JsonValue): FlagType | null {
  if (isJsonObject(value)) return 'object'
  const type = typeof value
  return type === 'boolean' || type === 'string' || type === 'number' ? type : null
}

function readMetadata(value: JsonValue | undefined, path: string, issues: Issue[]): Metadata {
  if (value === undefined) return {}
  if (!isJsonObject(value)) {
    issues.push({ path, message: 'must be an object' })
    return {}
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean') {
        return [[name, member] as const]
      }
      const message = 'must be a text, a number, true or false'
      issues.push({ path: path + formatPointer([name]), message })
      return []
    }),
  )
}
