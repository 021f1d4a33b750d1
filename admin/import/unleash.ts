/**
 * Unleash → flags and segments. Every toggle becomes a boolean flag of its name (`isEnabled`); one with variants also a flag
 * `<key>.variant` (`getVariant`, see unleash-variants.ts), whose `feature_enabled` is the boolean flag. A toggle that others
 * want *off* also gets `<key>.off`. Names that are no keys of ours are written out reversibly (`keyFromName` in #core).
 *
 * Buckets, operators and contexts stay Unleash's: pass `bucketers`, and make contexts by `contextFrom('unleash', …)`, both
 * from `@driftless/sdk/migrate`. The measure is Unleash's Node SDK; what it cannot tell or we cannot carry is listed and
 * never switches anything on. Left out without a word, as it decides nothing: dates, favourites, tags, titles.
 */
import { SkippedList } from './skipped.ts'
import { dependenciesOf } from './unleash-dependencies.ts'
import { readUnleashDocument } from './unleash-document.ts'
import { translateSegments } from './unleash-segments.ts'
import { describe, translateToggles } from './unleash-toggle.ts'
import { DISABLED } from './unleash-variants.ts'
import type { JsonValue, Operation } from '#core'
import type { Placed } from './skipped.ts'
import type { ImportRequest, Translation } from './translation.ts'
import type { Toggle } from './unleash-toggle.ts'

const BOOLEAN = {
  type: 'boolean',
  variants: { on: true, off: false },
  visibility: 'server',
} as const

/**
 * @param document what Unleash's client API, delta API or export answered, parsed. Never throws; refused when it is none
 * of these.
 */
export function fromUnleash(document: JsonValue, { environment }: ImportRequest): Translation {
  const skipped = new SkippedList()
  const read = readUnleashDocument(document, environment, skipped)
  if ('issues' in read) return read
  const segments = translateSegments(read.segments, skipped)
  const toggles = translateToggles(read.features, segments.keys, skipped)
  const flags: Placed<Operation>[] = []
  const settings: Placed<Operation>[] = []
  const inverted = new Set<Toggle>()
  const add = (path: string, flag: Operation, setting: Operation): void => {
    flags.push({ value: flag, path })
    settings.push({ value: setting, path })
  }
  for (const toggle of toggles.values()) {
    const dependencies = dependenciesOf(toggle, toggles, skipped)
    for (const parent of dependencies.wantedOff) inverted.add(parent)
    const { key, feature } = toggle
    const isEnabled = feature.value['enabled'] === true && !dependencies.isImpossible
    add(
      feature.path,
      { op: 'putFlag', key, ...BOOLEAN, ...OFF_BY_DEFAULT, ...describe(toggle, skipped) },
      {
        op: 'putFlagEnvironment',
        key,
        environment,
        enabled: isEnabled,
        ...(toggle.isAlwaysOn ? { defaultVariant: 'on' } : {}),
        prerequisites: dependencies.prerequisites,
        rules: toggle.rules,
      },
    )
  }
  for (const { key, feature, variants } of toggles.values()) {
    if (variants === undefined) continue
    add(
      feature.path,
      {
        op: 'putFlag',
        key: variants.key,
        type: 'object',
        variants: variants.table.variants,
        visibility: 'server',
        offVariant: DISABLED,
        defaultVariant: DISABLED,
        description: `Which variant of "${key}".`,
      },
      {
        op: 'putFlagEnvironment',
        key: variants.key,
        environment,
        enabled: true,
        prerequisites: [{ flag: key, variants: ['on'] }],
        rules: variants.rules,
      },
    )
  }
  for (const { key, offKey, feature } of inverted) {
    add(
      feature.path,
      {
        op: 'putFlag',
        key: offKey,
        ...BOOLEAN,
        // A prerequisite that is not met serves `offVariant`: on exactly where the other is not.
        offVariant: 'on',
        defaultVariant: 'off',
        description: `On where "${key}" is off, for the flags that depend on that.`,
      },
      {
        op: 'putFlagEnvironment',
        key: offKey,
        environment,
        enabled: true,
        prerequisites: [{ flag: key, variants: ['on'] }],
      },
    )
  }
  const all = [...segments.operations, ...flags, ...settings]
  return {
    ok: true,
    operations: all.map(({ value }) => value),
    sources: all.map(({ path }) => path),
    skipped: skipped.list,
  }
}

const OFF_BY_DEFAULT = { offVariant: 'off', defaultVariant: 'off' } as const
