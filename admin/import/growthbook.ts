/**
 * GrowthBook's SDK payload (`{features, savedGroups?, …}`) → flags and segments. A feature that means exactly the same here
 * is a flag of its name (`keyFromName` in #core where that is no key of ours), each of its values a variant named after
 * itself; one that does not is left out whole, and listed, and so is every feature that asks it.
 *
 * Conditions and hashes stay GrowthBook's: pass `bucketers`, and make contexts by `contextFrom('growthbook', …)`, both from
 * `@driftless/sdk/migrate`. The measure is GrowthBook's JavaScript SDK (1.8) without sticky buckets, forced variations and
 * URL overrides. Hash attributes must be strings or numbers. A payload says nothing of who may see a feature: all are
 * imported for servers.
 */
import { isJsonObject, keyFromName } from '#core'
import { translateFeature } from './growthbook-feature.ts'
import { SavedGroups } from './growthbook-groups.ts'
import { isArray, member, objectAt } from './json.ts'
import { orSkip } from './or-skip.ts'
import { at, SkippedList } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { JsonObject, JsonValue, Operation } from '#core'
import type { Feature } from './growthbook-feature.ts'
import type { ImportRequest, Translation } from './translation.ts'

const MEMBERS = ['features', 'savedGroups', 'dateUpdated', 'status']
/** What GrowthBook hands out besides, with what becomes of it. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  encryptedFeatures:
    'decrypt it first (`decryptGrowthBook` in @driftless/sdk/migrate) and import what comes out as `features`',
  encryptedSavedGroups:
    'decrypt it first, as `savedGroups`; features that ask these groups were left out',
  encryptedExperiments: 'visual experiments and URL redirects have no counterpart here',
  contextualBandits:
    'contextual bandits change their weights at GrowthBook; features with one were left out',
  encryptedContextualBandits:
    'contextual bandits change their weights at GrowthBook; features with one were left out',
}

export function fromGrowthBook(document: JsonValue, { environment }: ImportRequest): Translation {
  if (!isJsonObject(document))
    return refuse('', 'must be the payload of a GrowthBook SDK connection: an object')
  const skipped = new SkippedList()
  skipped.addUnknown({ value: document, path: '' }, [
    ...MEMBERS,
    ...Object.keys(LEFT_OUT),
    'experiments',
  ])
  for (const [name, consequence] of Object.entries(LEFT_OUT)) {
    if (document[name]) skipped.add(at('', name), consequence)
  }
  const { experiments } = document
  for (const i of (isArray(experiments) ? experiments : []).keys()) {
    skipped.add(
      at('/experiments', i),
      'visual experiments and URL redirects have no counterpart here',
    )
  }
  const isEncrypted = Boolean(document['encryptedFeatures'])
  const features = document['features'] ?? (isEncrypted ? {} : undefined)
  const savedGroups = document['savedGroups'] ?? {}
  if (features === undefined || !isJsonObject(features))
    return refuse('/features', 'must be an object of features by name')
  if (!isJsonObject(savedGroups))
    return refuse('/savedGroups', 'must be an object of saved groups by id')
  const groups = new SavedGroups(savedGroups, Boolean(document['encryptedSavedGroups']))
  const translated = translateFeatures(features, groups, environment, skipped)
  groups.listUnused(skipped)
  const made = [
    ...groups.operations(),
    ...translated.flatMap(({ operations, path }) =>
      operations.map((operation) => ({ operation, path })),
    ),
  ]
  return {
    ok: true,
    operations: made.map(({ operation }) => operation),
    skipped: skipped.list,
    sources: made.map(({ path }) => path),
  }
}

function refuse(path: string, message: string): Translation {
  return { ok: false, issues: [{ path, message }] }
}

interface Made {
  readonly operations: readonly Operation[]
  readonly path: string
}

/** Each feature once, those that others ask before them. */
function translateFeatures(
  features: JsonObject,
  groups: SavedGroups,
  environment: string,
  skipped: SkippedList,
): readonly Made[] {
  const made: Made[] = []
  const known = new Map<string, Feature | undefined>()
  const depths = new Map<string, number>()
  const underWay = new Set<string>()

  function translate(name: string, path: string): Feature {
    const key = keyFromName(name)
    if (key === undefined) throw new Untranslatable(path, 'its name cannot be written as a key')
    const placed = objectAt({ value: member(features, name), path })
    const feature = translateFeature(name, key, placed, {
      environment,
      groups,
      skipped,
      depthOf: (flag) => depths.get(flag) ?? 0,
      parentOf: (other, place) => {
        if (!Object.hasOwn(features, other)) return null
        if (underWay.has(other))
          throw new Untranslatable(place, 'its prerequisites lead back to it')
        const parent = find(other)
        if (parent === undefined) throw new Untranslatable(place, 'this feature was left out')
        return parent
      },
    })
    depths.set(key, feature.depth)
    made.push({ operations: feature.operations, path })
    return feature
  }

  function find(name: string): Feature | undefined {
    if (!known.has(name)) {
      const path = at('/features', name)
      underWay.add(name)
      known.set(
        name,
        orSkip(() => translate(name, path), path, 'the feature was left out', skipped),
      )
      underWay.delete(name)
    }
    return known.get(name)
  }

  for (const name of Object.keys(features)) find(name)
  return made
}
