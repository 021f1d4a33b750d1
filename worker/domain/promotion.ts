/**
 * Promoting: what one environment has becomes what another has, as operations like anybody's. Afterwards each config that was
 * promoted resolves to the same document in both, but for what it refers to, and each flag has the same settings.
 */
import { canonicalize, equalJson, mergeLayers } from '#core'
import { printDocument } from '#formats'
import { applyChangeSet, checkReason, settle } from './change-set.ts'
import { fail, ok } from './errors.ts'
import { Issues } from './issues.ts'
import { BASE_LAYER, environmentLayer, itemsOver, WorkingItems } from './items.ts'
import { configLayers, documentOf, resolveLayers } from './layers.ts'
import { overrideBetween } from './override-between.ts'
import type { ConfigOverrideItem, JsonValue, Operation } from '#core'
import type { Result } from './errors.ts'
import type { Items, ItemSource } from './items.ts'
import type { Ports } from './operation-step.ts'

export interface PromotedItem {
  readonly kind: 'config' | 'flag'
  readonly key: string
}

export interface PromotionRequest {
  readonly from: string
  readonly to: string
  /** Absent: every config and flag. */
  readonly items?: readonly PromotedItem[]
  readonly reason: string
}

/** The items with the promotion done; `not_found` names an environment or item that is not there. */
export function applyPromotion(
  source: ItemSource,
  request: PromotionRequest,
  ports: Ports,
): Result<WorkingItems> {
  const issues = new Issues()
  checkReason(request.reason, issues)
  if (request.from === request.to) issues.add('/to', 'must be another environment than from')
  if (issues.list.length > 0) return fail({ reason: 'invalid', issues: issues.list })
  const operations = promotionOperations(itemsOver(source), request)
  if (!operations.ok) return operations
  // Nothing to do is no fault of the caller: he may promote every night.
  if (operations.value.length === 0) return settle(new WorkingItems(source), source, ports.digest)
  return applyChangeSet(source, { reason: request.reason, operations: operations.value }, ports)
}

function promotionOperations(
  items: Items,
  { from, to, items: chosen }: PromotionRequest,
): Result<readonly Operation[]> {
  for (const name of [from, to]) {
    if (items.environment(name) === undefined) {
      return fail({ reason: 'not_found', noun: 'environment', name })
    }
  }
  const operations: Operation[] = []
  for (const { kind, key } of chosen ?? everything(items)) {
    const isThere = kind === 'config' ? items.config(key) : items.flag(key)
    if (isThere === undefined) return fail({ reason: 'not_found', noun: kind, name: key })
    const operation =
      kind === 'config'
        ? configOperation(items, key, from, to)
        : flagOperation(items, key, from, to)
    if (operation !== undefined) operations.push(operation)
  }
  return ok(operations)
}

function everything(items: Items): readonly PromotedItem[] {
  const all: PromotedItem[] = []
  for (const kind of ['config', 'flag'] as const) {
    for (const { key, layer } of items.refs(kind)) if (layer === BASE_LAYER) all.push({ kind, key })
  }
  return all.toSorted((a, b) => (`${a.kind}/${a.key}` < `${b.kind}/${b.key}` ? -1 : 1))
}

function configOperation(
  items: Items,
  name: string,
  from: string,
  environment: string,
): Operation | undefined {
  const target = resolveLayers(configLayers(items, name, from))
  const own = items.override(name, environment)
  const layers = configLayers(items, name, environment)
  const below = layers
    .filter(({ layer }) => layer !== environmentLayer(environment))
    .map(documentOf)
  const put = (item: ConfigOverrideItem): Operation | undefined =>
    own !== undefined && canonicalize(own) === canonicalize(item)
      ? undefined
      : { op: 'putConfigOverride', name, environment, ...item }
  // The text as it was written, comments included, where that is all it takes.
  const written = items.override(name, from)
  const override = overrideBetween(mergeLayers(below), target)
  const isInherited = layers.some(({ layer }) => layer === environmentLayer(from))
  if (written !== undefined && !(isInherited && override === undefined)) {
    if (leadsTo(below, written, target)) return put(written)
  }
  if (override !== undefined) return put(printed(override, written?.format ?? 'json'))
  return own === undefined ? undefined : { op: 'deleteConfigOverride', name, environment }
}

function leadsTo(
  below: readonly JsonValue[],
  item: ConfigOverrideItem,
  target: JsonValue,
): boolean {
  return equalJson(mergeLayers([...below, documentOf({ layer: 'env:', item })]), target)
}

function printed(override: JsonValue, format: ConfigOverrideItem['format']): ConfigOverrideItem {
  try {
    return { format, source: printDocument(override, format) }
  } catch {
    // A format that cannot hold it, such as TOML for null.
    return { format: 'json', source: printDocument(override, 'json') }
  }
}

function flagOperation(
  items: Items,
  key: string,
  from: string,
  environment: string,
): Operation | undefined {
  const settings = items.flagEnvironment(key, from)
  const own = items.flagEnvironment(key, environment)
  if (settings === undefined) {
    return own === undefined ? undefined : { op: 'deleteFlagEnvironment', key, environment }
  }
  const isSame = own !== undefined && canonicalize(own) === canonicalize(settings)
  return isSame ? undefined : { op: 'putFlagEnvironment', key, environment, ...settings }
}
