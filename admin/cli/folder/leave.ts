/**
 * Places that the folder does not own, though the folder is the truth for the rest: somebody switches a flag in the dashboard, an
 * automation turns a limit. `leave` names them, and for these the declared is taken to be what is live. Pure.
 */
import { applyPatch, isJsonObject, type JsonObject, type JsonValue } from '#core'
import { editDocument } from '#formats'
import { changesBetween, isFormat, type ItemChange, type Place, placeId } from './differences.ts'
import { idOf, type Item, type Items } from './items.ts'

/**
 * Whether one of `patterns` names the place. `*` stands for anything within one step, `**` for any number of steps.
 *
 * matcher(['flag/{any}/production#/enabled'.replace('{any}', '*')])('flag/new-checkout/production#/enabled') // true
 */
export function matcher(patterns: readonly string[]): (place: string) => boolean {
  const expressions = patterns.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .split(/(\*\*|\*)/)
          .map((part) => {
            if (part === '**') return '.*'
            return part === '*' ? '[^/#]*' : part.replaceAll(/[\\^$+?.()|[\]{}]/g, String.raw`\$&`)
          })
          .join('')}(?:[/#].*)?$`,
      ),
  )
  return (place) => expressions.some((expression) => expression.test(place))
}

/** `declared` with every place that `patterns` name as it is in `live`. */
export function leaveAlone(live: Items, declared: Items, patterns: readonly string[]): Items {
  if (patterns.length === 0) return declared
  const isLeft = matcher(patterns)
  const kept = new Map(declared)
  for (const change of changesBetween(live, declared)) {
    const id = idOf(change.ref)
    const left = isLeft(id)
      ? change.places
      : change.places.filter((place) => isLeft(placeId(change.ref, place)))
    if (left.length === 0) continue
    const item =
      isLeft(id) || left.length === change.places.length ? live.get(id) : withPlaces(change, left)
    if (item === undefined) kept.delete(id)
    else kept.set(id, item)
  }
  return kept
}

/** The declared item with these places as they are live. A layer that exists on one side only stays as declared. */
function withPlaces({ ref, change, after = {} }: ItemChange, places: readonly Place[]): Item {
  if (change !== 'changed') return { ref, content: after }
  let content = after
  for (const place of places) content = withPlace(ref.kind === 'config', content, place)
  return { ref, content }
}

function withPlace(isConfig: boolean, content: JsonObject, { path, before }: Place): JsonObject {
  if (!isConfig) return patched(content, path, before)
  if (!path.startsWith('/') && path !== '') return patched(content, `/${path}`, before)
  const { source, format } = content
  if (typeof source !== 'string' || !isFormat(format)) return content
  const edited = editDocument(source, format, path, before)
  return edited.ok ? { ...content, source: edited.text } : content
}

function patched(content: JsonObject, path: string, value: JsonValue | undefined): JsonObject {
  try {
    const next = applyPatch(
      content,
      value === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value }],
    )
    return isJsonObject(next) ? next : content
  } catch {
    // Above the place stands something else now: there is nothing to keep it in.
    return content
  }
}
