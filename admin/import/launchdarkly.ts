/**
 * LaunchDarkly's SDK data (`{flags, segments}`, as polled, streamed as `{data}`, or written to a file, `flagValues` too) →
 * flags and segments of the same keys, variants named by their index. What means exactly the same here is imported; a flag
 * or segment that does not is left out whole, and listed, and so is what asks it.
 *
 * Buckets stay LaunchDarkly's: pass `bucketers`, and make contexts by `contextFrom('launchdarkly', …)`, both from
 * `@driftless/sdk/migrate`. The measure is LaunchDarkly's Node server SDK (9.13); dates and patterns are RFC 3339 and RE2, as
 * LaunchDarkly documents them. Events and experiments' tracking are not carried over.
 */
import { isJsonObject, keyFromName } from '#core'
import { member, objectAt, present } from './json.ts'
import { translateFlag } from './launchdarkly-flag.ts'
import { translateSegment } from './launchdarkly-segment.ts'
import { orSkip } from './or-skip.ts'
import { at, SkippedList } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { JsonObject, JsonValue, Operation } from '#core'
import type { TranslatedFlag } from './launchdarkly-flag.ts'
import type { Placed } from './skipped.ts'
import type { ImportRequest, Translation } from './translation.ts'

const MAX_SEGMENT_DEPTH = 6

export function fromLaunchDarkly(document: JsonValue, request: ImportRequest): Translation {
  const skipped = new SkippedList()
  const read = readDocument({ value: document, path: '' }, skipped)
  if ('ok' in read) return read
  const importer = new Importer(read, request, skipped)
  for (const name of Object.keys(read.segments.value)) importer.segment(name)
  for (const name of Object.keys(read.flags.value)) importer.flag(name)
  const { made } = importer
  return {
    ok: true,
    operations: made.map(({ operation }) => operation),
    skipped: skipped.list,
    sources: made.map(({ path }) => path),
  }
}

interface LaunchDarklyDocument {
  readonly flags: Placed<JsonObject>
  readonly segments: Placed<JsonObject>
}

type Refusal = Extract<Translation, { readonly ok: false }>

function readDocument(
  { value, path }: Placed,
  skipped: SkippedList,
): LaunchDarklyDocument | Refusal {
  if (!isJsonObject(value)) return refuse(path, 'must be the data of a LaunchDarkly SDK: an object')
  if (Object.hasOwn(value, 'data') && !Object.hasOwn(value, 'flags')) {
    skipped.addUnknown({ value, path }, ['data', 'path'])
    return readDocument({ value: value['data'] ?? null, path: at(path, 'data') }, skipped)
  }
  skipped.addUnknown({ value, path }, ['flags', 'segments', 'flagValues'])
  const lists = ['flags', 'segments', 'flagValues'].map((name) => ({
    value: present(value, name) ?? {},
    path: at(path, name),
  }))
  for (const list of lists) {
    if (!isJsonObject(list.value)) return refuse(list.path, 'must be an object by key')
  }
  if (!Object.hasOwn(value, 'flags') && !Object.hasOwn(value, 'flagValues')) {
    return refuse(at(path, 'flags'), 'is missing: an object of flags by key')
  }
  const [flags, segments, values] = lists.map((list) => objectAt(list))
  if (flags === undefined || segments === undefined || values === undefined)
    return refuse(path, 'is empty')
  const simple = Object.entries(values.value).map(([key, variation]) => [
    key,
    alwaysServing(variation),
  ])
  return { flags: { ...flags, value: { ...Object.fromEntries(simple), ...flags.value } }, segments }
}

function refuse(path: string, message: string): Refusal {
  return { ok: false, issues: [{ path, message }] }
}

/** What a file means by a value alone. */
function alwaysServing(value: JsonValue): JsonObject {
  return { on: true, variations: [value], fallthrough: { variation: 0 } }
}

interface Segment {
  readonly key: string
  /** How many references between segments follow each other from here. */
  readonly depth: number
}

/** Translates each item once, those that others ask before them. */
class Importer {
  readonly made: { readonly operation: Operation; readonly path: string }[] = []
  readonly #document: LaunchDarklyDocument
  readonly #environment: string
  readonly #skipped: SkippedList
  readonly #flags = new Map<string, TranslatedFlag | undefined>()
  readonly #segments = new Map<string, Segment | undefined>()
  readonly #underWay = new Set<string>()

  constructor(
    document: LaunchDarklyDocument,
    { environment }: ImportRequest,
    skipped: SkippedList,
  ) {
    this.#document = document
    this.#environment = environment
    this.#skipped = skipped
  }

  flag(name: string): TranslatedFlag | undefined {
    const { flags } = this.#document
    return this.#once(this.#flags, flags, name, 'flag', (key, placed) => {
      const flag = translateFlag(name, key, placed, {
        environment: this.#environment,
        skipped: this.#skipped,
        segmentOf: (other, place) => this.#segmentAt(other, place)?.key ?? null,
        flagOf: (other, place) =>
          this.#asked(flags, other, `flag ${other}`, place, () => this.flag(other)),
      })
      for (const operation of flag.operations) this.made.push({ operation, path: placed.path })
      return flag
    })
  }

  segment(name: string): Segment | undefined {
    return this.#once(this.#segments, this.#document.segments, name, 'segment', (key, placed) => {
      let depth = 0
      const operation = translateSegment(name, key, placed, {
        skipped: this.#skipped,
        segmentOf: (other, place) => {
          const segment = this.#segmentAt(other, place)
          if (segment !== null) depth = Math.max(depth, segment.depth + 1)
          return segment?.key ?? null
        },
      })
      if (depth > MAX_SEGMENT_DEPTH) {
        throw new Untranslatable(
          placed.path,
          `segments refer to each other more than ${MAX_SEGMENT_DEPTH} deep`,
        )
      }
      this.made.push({ operation, path: placed.path })
      return { key, depth }
    })
  }

  #segmentAt(name: string, place: string): Segment | null {
    const { segments } = this.#document
    return this.#asked(segments, name, `segment ${name}`, place, () => this.segment(name))
  }

  /** Null for what the document does not have, or only as deleted. */
  #asked<T>(
    all: Placed<JsonObject>,
    name: string,
    label: string,
    place: string,
    find: () => T | undefined,
  ): T | null {
    const item = member(all.value, name)
    if (item === undefined || isDeleted(item)) return null
    if (this.#underWay.has(label))
      throw new Untranslatable(place, 'leads back to where it is asked')
    const found = find()
    if (found === undefined) throw new Untranslatable(place, 'this was left out')
    return found
  }

  #once<T>(
    known: Map<string, T | undefined>,
    { value: all, path }: Placed<JsonObject>,
    name: string,
    what: 'flag' | 'segment',
    translate: (key: string, placed: Placed<JsonObject>) => T,
  ): T | undefined {
    if (known.has(name)) return known.get(name)
    const place = at(path, name)
    const label = `${what} ${name}`
    this.#underWay.add(label)
    const item = orSkip(
      () => {
        const placed = objectAt({ value: member(all, name), path: place })
        if (isDeleted(placed.value)) throw new Untranslatable(at(place, 'deleted'), 'it is deleted')
        const key = keyFromName(name)
        if (key === undefined)
          throw new Untranslatable(place, 'its name cannot be written as a key')
        return translate(key, placed)
      },
      place,
      `the ${what} was left out`,
      this.#skipped,
    )
    this.#underWay.delete(label)
    known.set(name, item)
    return item
  }
}

function isDeleted(item: JsonValue): boolean {
  return isJsonObject(item) && Boolean(item['deleted'])
}
