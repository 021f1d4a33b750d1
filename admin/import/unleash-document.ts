/**
 * The three JSON forms in which Unleash hands out its toggles, read as one: the client features document (`{version, features,
 * segments}`), the delta form (`{events}`, applied in order), and the export of the admin API (`{features,
 * featureStrategies, featureEnvironments, …}`), which is put together for one environment.
 */
import { isJsonObject } from '#core'
import { at, textOf } from './skipped.ts'
import type { JsonObject, JsonValue } from '#core'
import type { Placed, SkippedList } from './skipped.ts'
import type { Translation } from './translation.ts'

export interface UnleashDocument {
  /** By name; the name is a string. */
  readonly features: ReadonlyMap<string, Placed<JsonObject>>
  /** By id, which Unleash makes a number and compares strictly. */
  readonly segments: ReadonlyMap<unknown, Placed<JsonObject>>
}

const ENVELOPE = ['version', 'features', 'segments', 'query', 'meta']
/** Context fields and tags decide nothing. */
const EXPORT = [
  'featureStrategies',
  'featureEnvironments',
  'dependencies',
  'contextFields',
  'featureTags',
  'tagTypes',
]

/** What cannot be read is listed; the rest is read. Refused when it is not a document of Unleash at all. */
export function readUnleashDocument(
  document: unknown,
  environment: string,
  skipped: SkippedList,
): UnleashDocument | Refusal {
  if (!isJsonObject(document)) return refuse('', 'must be an object with the features of Unleash')
  const state: State = { features: new Map(), segments: new Map() }
  const { events, features, segments, featureStrategies } = document
  if (events !== undefined) {
    if (!Array.isArray(events)) return refuse('/events', 'must be a list of events')
    skipped.addUnknown({ value: document, path: '' }, ['events'])
    applyEvents(events, state, skipped)
    return state
  }
  if (!Array.isArray(features)) return refuse('/features', 'must be a list of features')
  const known = featureStrategies === undefined ? ENVELOPE : [...ENVELOPE, ...EXPORT]
  skipped.addUnknown({ value: document, path: '' }, known)
  addSegments(segments, '/segments', state.segments, skipped)
  addFeatures(features, '/features', state.features, skipped)
  if (featureStrategies !== undefined) {
    completeFromExport(document, environment, state.features, skipped)
  }
  return state
}

type Refusal = Extract<Translation, { readonly ok: false }>

function refuse(path: string, message: string): Refusal {
  return { ok: false, issues: [{ path, message }] }
}

interface State {
  readonly features: Map<string, Placed<JsonObject>>
  readonly segments: Map<unknown, Placed<JsonObject>>
}

function applyEvents(events: JsonValue | undefined, state: State, skipped: SkippedList): void {
  const { features, segments } = state
  for (const { value: event, path } of objectsOf(events, '/events', skipped)) {
    switch (textOf(event['type'])) {
      case 'hydration':
        features.clear()
        segments.clear()
        addFeatures(event['features'], at(path, 'features'), features, skipped)
        addSegments(event['segments'], at(path, 'segments'), segments, skipped)
        break
      case 'feature-updated':
        addFeature(event['feature'], at(path, 'feature'), features, skipped)
        break
      case 'feature-removed':
        features.delete(textOf(event['featureName']))
        break
      case 'segment-updated':
        addSegment(event['segment'], at(path, 'segment'), segments, skipped)
        break
      case 'segment-removed':
        segments.delete(event['segmentId'])
        break
      default:
        skipped.add(at(path, 'type'), 'this kind of event is not known; it was left out')
    }
  }
}

function addFeatures(
  list: JsonValue | undefined,
  path: string,
  features: State['features'],
  skipped: SkippedList,
): void {
  for (const { value, path: place } of objectsOf(list, path, skipped)) {
    const earlier = typeof value['name'] === 'string' ? features.get(value['name']) : undefined
    if (earlier) skipped.add(earlier.path, `its name is used again at ${place}, which counts`)
    addFeature(value, place, features, skipped)
  }
}

function addFeature(
  value: JsonValue | undefined,
  path: string,
  features: State['features'],
  skipped: SkippedList,
): void {
  const name = value !== undefined && isJsonObject(value) ? value['name'] : undefined
  if (value === undefined || !isJsonObject(value) || typeof name !== 'string') {
    skipped.add(path, 'a feature must be an object with a name; it was left out')
  } else if (value['archived'] === true) {
    skipped.add(path, 'the feature is archived; it was left out')
  } else {
    features.set(name, { value, path })
  }
}

function addSegments(
  list: JsonValue | undefined,
  path: string,
  segments: State['segments'],
  skipped: SkippedList,
): void {
  if (list === undefined || list === null) return
  for (const { value, path: place } of objectsOf(list, path, skipped)) {
    addSegment(value, place, segments, skipped)
  }
}

function addSegment(
  value: JsonValue | undefined,
  path: string,
  segments: State['segments'],
  skipped: SkippedList,
): void {
  const id = value !== undefined && isJsonObject(value) ? value['id'] : undefined
  if (
    value === undefined ||
    !isJsonObject(value) ||
    (typeof id !== 'number' && typeof id !== 'string')
  ) {
    skipped.add(path, 'a segment must be an object with an id; it was left out')
  } else {
    segments.set(id, { value, path })
  }
}

/** An export keeps what a feature does in an environment beside it. */
function completeFromExport(
  document: JsonObject,
  environment: string,
  features: State['features'],
  skipped: SkippedList,
): void {
  const settings = objectsOf(document['featureEnvironments'], '/featureEnvironments', skipped)
  const environments = new Set(settings.map(({ value }) => value['environment']))
  // An export is of one environment, whatever it is called here; of several, the one with our name counts.
  const isMeant = ({ value }: Placed<JsonObject>): boolean =>
    environments.size <= 1 || (value['environment'] ?? environment) === environment
  for (const { value, path } of settings) {
    const feature = features.get(textOf(value['featureName'] ?? value['name']))
    if (!feature) {
      skipped.add(path, 'its feature is not in the document; it was left out')
    } else if (isMeant({ value, path })) {
      const { enabled = false, variants } = value
      const own = Array.isArray(variants) && variants.length > 0 ? { variants } : {}
      features.set(textOf(feature.value['name']), {
        value: { ...feature.value, enabled, ...own },
        path: feature.path,
      })
    } else {
      skipped.add(path, `it is about another environment than ${environment}; it was left out`)
    }
  }
  const strategies = new Map<string, JsonObject[]>()
  const listed = objectsOf(document['featureStrategies'], '/featureStrategies', skipped)
  for (const placed of listed.toSorted((a, b) => order(a) - order(b))) {
    const name = textOf(placed.value['featureName'])
    if (isMeant(placed)) strategies.set(name, [...(strategies.get(name) ?? []), placed.value])
    else
      skipped.add(
        placed.path,
        `it is about another environment than ${environment}; it was left out`,
      )
  }
  const dependencies = new Map<string, JsonValue>()
  if (document['dependencies'] !== undefined) {
    for (const { value } of objectsOf(document['dependencies'], '/dependencies', skipped)) {
      dependencies.set(textOf(value['feature']), value['dependencies'] ?? [])
    }
  }
  for (const [name, { value, path }] of features) {
    features.set(name, {
      value: {
        ...value,
        strategies: strategies.get(name) ?? [],
        dependencies: dependencies.get(name) ?? [],
      },
      path,
    })
  }
}

function order({ value }: Placed<JsonObject>): number {
  return typeof value['sortOrder'] === 'number' ? value['sortOrder'] : 0
}

function objectsOf(
  list: JsonValue | undefined,
  path: string,
  skipped: SkippedList,
): readonly Placed<JsonObject>[] {
  if (!Array.isArray(list)) {
    skipped.add(path, 'must be a list')
    return []
  }
  const objects: Placed<JsonObject>[] = []
  for (const [index, value] of list.entries()) {
    if (isJsonObject(value)) objects.push({ value, path: at(path, index) })
    else skipped.add(at(path, index), 'must be an object; it was left out')
  }
  return objects
}
