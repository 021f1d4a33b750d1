/**
 * ConfigCat's config JSON v6 (`{p, s?, f}`, what its CDN answers) → flags. A setting that means exactly the same here is a flag
 * of its name (`keyFromName` in #core where that is no key of ours); one that does not is left out whole, and listed, and so is
 * every setting that asks it. Segments stand in the rules that ask them, since being in one may be undecided there.
 *
 * Buckets stay ConfigCat's, and so do comparisons of numbers, versions, lists and hashes: pass `bucketers`, and make contexts by
 * `contextFrom('configcat', …)`, both from `@driftless/sdk/migrate`. The measure is ConfigCat's JavaScript SDK (1.1). As
 * attributes, a list of other things than texts counts as the text JavaScript makes of it, and a date has no text. A config says nothing of who may see it:
 * all is imported for servers.
 */
import { isJsonObject, keyFromName } from '#core'
import { flagOf, readSetting, type Setting, type SettingScope } from './configcat-setting.ts'
import { elementsOf, objectAt } from './json.ts'
import { orSkip } from './or-skip.ts'
import { at, SkippedList } from './skipped.ts'
import { Untranslatable } from './translation.ts'
import type { JsonObject, JsonValue, Operation } from '#core'
import type { Placed } from './skipped.ts'
import type { ImportRequest, Translation } from './translation.ts'

export function fromConfigCat(document: JsonValue, { environment }: ImportRequest): Translation {
  if (!isJsonObject(document)) return refuse('', 'must be a config JSON of ConfigCat: an object')
  const { f: settings, p: preferences = {}, s: list = [] } = document
  if (settings === undefined || !isJsonObject(settings)) {
    return refuse('/f', 'must be an object of settings by key, as in config JSON v6')
  }
  if (!isJsonObject(preferences)) return refuse('/p', 'must be an object')
  const segments = segmentsOf(list)
  if (segments === undefined) return refuse('/s', 'must be a list of segments')
  const skipped = new SkippedList()
  skipped.addUnknown({ value: document, path: '' }, ['p', 's', 'f'])
  skipped.addUnknown({ value: preferences, path: '/p' }, ['u', 'r', 's'])
  const { s: salt } = preferences
  const made = translateSettings(settings, {
    environment,
    segments,
    skipped,
    salt: typeof salt === 'string' ? salt : undefined,
  })
  return {
    ok: true,
    operations: made.map(({ value }) => value),
    skipped: skipped.list,
    sources: made.map(({ path }) => path),
  }
}

function refuse(path: string, message: string): Translation {
  return { ok: false, issues: [{ path, message }] }
}

function segmentsOf(list: JsonValue): readonly Placed<JsonObject>[] | undefined {
  try {
    return elementsOf(list ?? [], '/s').map(objectAt)
  } catch (error) {
    if (error instanceof Untranslatable) return undefined
    throw error
  }
}

/** Each setting is read once, those that others ask before them. */
function translateSettings(
  settings: JsonObject,
  scope: Omit<SettingScope, 'name' | 'settingOf'>,
): readonly Placed<Operation>[] {
  const { skipped } = scope
  const known = new Map<string, Setting | undefined>()
  const underWay = new Set<string>()
  const placedOf = (name: string): Placed<JsonObject> =>
    objectAt({ value: settings[name], path: at('/f', name) })

  function scopeOf(name: string): SettingScope {
    return { ...scope, name, settingOf: asked }
  }

  function asked(name: string, place: string): Setting {
    if (!Object.hasOwn(settings, name)) throw new Untranslatable(place, 'there is no such setting')
    if (underWay.has(name)) throw new Untranslatable(place, 'it leads back to where it is asked')
    const setting = find(name)
    if (setting === undefined) throw new Untranslatable(place, 'this setting was left out')
    return setting
  }

  function find(name: string): Setting | undefined {
    if (known.has(name)) return known.get(name)
    underWay.add(name)
    const read = (): Setting => readSetting(name, placedOf(name), scopeOf(name))
    const setting = orSkip(read, at('/f', name), 'the setting was left out', skipped)
    underWay.delete(name)
    known.set(name, setting)
    return setting
  }

  return Object.keys(settings).flatMap((name) => {
    const setting = find(name)
    if (setting === undefined) return []
    const path = at('/f', name)
    const make = (): readonly Operation[] => {
      const key = keyFromName(name)
      if (key === undefined) throw new Untranslatable(path, 'its name cannot be written as a key')
      return flagOf(key, setting, placedOf(name), scopeOf(name))
    }
    const operations = orSkip(make, path, 'the setting was left out', skipped) ?? []
    return operations.map((value) => ({ value, path }))
  })
}
