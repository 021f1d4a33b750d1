/** What the release settings of an environment must be: strategy, gate, freeze. docs/deployments.md says what they do. */
import { MAX_REASON_CHARACTERS } from './limits.ts'
import { at, isIntegerIn, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { isStrategyName, STRATEGY_NAMES } from './strategy.ts'
import { isJsonObject, MAX_SAMPLE, METRIC_NAME } from '#core'
import type { JsonObject, JsonValue } from '#core'
import type { Issues } from './issues.ts'

const MAX_MINUTES = 10_080
const MAX_WINDOWS = 100
const MAX_TIME_MS = 8.64e15
const MAX_COUNT = 1_000_000_000
const MAX_RINGS = 16
const MAX_RINGS_CHARACTERS = 4_096
/** As labels are in SNAPSHOT.md §4.2. */
const MAX_LABELS = 16
const MAX_LABEL_NAME = 64
const MAX_LABEL_VALUE = 128
const MAX_VALUES = 100
const MAX_THRESHOLDS = 16
const MAX_RATIO = 1_000

export function checkStrategy(value: JsonValue, path: string, issues: Issues): void {
  if (typeof value === 'string') {
    if (!isStrategyName(value)) {
      issues.add(path, `must be one of ${STRATEGY_NAMES.join(', ')}, or numbers of your own`)
    }
    return
  }
  if (!isObjectOf(value, path, issues, ['growth', 'factor', 'minutes', 'bake'], ['rings'])) return
  isOneOf(value['growth'], at(path, 'growth'), issues, ['LINEAR', 'EXPONENTIAL'])
  isIntegerIn(value['factor'], at(path, 'factor'), issues, 1, 100)
  isNumberIn(value['minutes'], at(path, 'minutes'), issues, 0, MAX_MINUTES)
  isNumberIn(value['bake'], at(path, 'bake'), issues, 0, MAX_MINUTES)
  if (value['rings'] !== undefined) checkRings(value['rings'], at(path, 'rings'), issues)
}

function checkRings(value: JsonValue, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_RINGS)) return
  const { length } = JSON.stringify(value)
  if (value.length === 0) issues.add(path, 'must have at least one ring')
  // They stand in every manifest, which has a bound of its own.
  if (length > MAX_RINGS_CHARACTERS) {
    issues.add(path, `must have at most ${MAX_RINGS_CHARACTERS} characters of JSON, has ${length}`)
  }
  const names = new Set<string>()
  for (const [index, ring] of value.entries()) {
    const here = at(path, index)
    if (!isObjectOf(ring, here, issues, ['name', 'labels'])) continue
    const { name, labels } = ring
    if (isText(name, at(here, 'name'), issues, 1, MAX_LABEL_NAME)) {
      if (names.has(name)) issues.add(at(here, 'name'), 'is the name of another ring')
      names.add(name)
    }
    if (labels !== undefined && isJsonObject(labels))
      checkLabels(labels, at(here, 'labels'), issues)
    else issues.add(at(here, 'labels'), 'must be an object: label → list of values')
  }
}

function checkLabels(labels: JsonObject, path: string, issues: Issues): void {
  const entries = Object.entries(labels)
  if (entries.length === 0 || entries.length > MAX_LABELS) {
    issues.add(path, `must name 1 to ${MAX_LABELS} labels`)
  }
  for (const [name, values] of entries) {
    const here = at(path, name.slice(0, MAX_LABEL_NAME))
    if (name === '' || name.length > MAX_LABEL_NAME) {
      issues.add(here, `a label has 1 to ${MAX_LABEL_NAME} characters`)
    }
    if (!isList(values, here, issues, MAX_VALUES)) continue
    if (values.length === 0) issues.add(here, 'must have at least one value')
    for (const [index, one] of values.entries()) {
      isText(one, at(here, index), issues, 0, MAX_LABEL_VALUE)
    }
  }
}

export function checkGate(value: JsonValue, path: string, issues: Issues): void {
  const members = ['failedPercent', 'failedInstances', 'metrics', 'action']
  if (!isObjectOf(value, path, issues, [], members)) return
  const { failedPercent, failedInstances, metrics, action } = value
  if (failedPercent !== undefined) {
    isNumberIn(failedPercent, at(path, 'failedPercent'), issues, 0, 100)
  }
  if (failedInstances !== undefined) {
    isIntegerIn(failedInstances, at(path, 'failedInstances'), issues, 1, MAX_COUNT)
  }
  if (metrics !== undefined) checkThresholds(metrics, at(path, 'metrics'), issues)
  if (action !== undefined) {
    isOneOf(action, at(path, 'action'), issues, ['rollback', 'pause', 'notify'])
  }
}

function checkThresholds(value: JsonValue, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_THRESHOLDS)) return
  for (const [index, threshold] of value.entries()) {
    const place = at(path, index)
    const optional = ['max', 'relativeToStable', 'minSamples']
    if (!isObjectOf(threshold, place, issues, ['metric', 'kind'], optional)) continue
    const { metric, kind, max, relativeToStable, minSamples } = threshold
    if (typeof metric !== 'string' || !METRIC_NAME.test(metric)) {
      issues.add(at(place, 'metric'), `must match ${METRIC_NAME.source}`)
    }
    isOneOf(kind, at(place, 'kind'), issues, ['rate', 'mean', 'p95'])
    if (max === undefined && relativeToStable === undefined) {
      issues.add(place, 'must have max, relativeToStable or both')
    }
    if (max !== undefined) isNumberIn(max, at(place, 'max'), issues, 0, MAX_SAMPLE)
    if (relativeToStable !== undefined) {
      isNumberIn(relativeToStable, at(place, 'relativeToStable'), issues, 1, MAX_RATIO)
    }
    if (minSamples !== undefined) {
      isIntegerIn(minSamples, at(place, 'minSamples'), issues, 1, MAX_COUNT)
    }
  }
}

export function checkFreeze(value: JsonValue, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_WINDOWS)) return
  for (const [index, window] of value.entries()) {
    const place = at(path, index)
    if (!isObjectOf(window, place, issues, ['fromMs', 'toMs'], ['reason'])) continue
    const { fromMs, toMs, reason } = window
    const areTimes =
      isIntegerIn(fromMs, at(place, 'fromMs'), issues, 0, MAX_TIME_MS) &&
      isIntegerIn(toMs, at(place, 'toMs'), issues, 0, MAX_TIME_MS)
    if (areTimes && fromMs >= toMs) issues.add(at(place, 'toMs'), 'must be after fromMs')
    if (reason !== undefined) {
      isText(reason, at(place, 'reason'), issues, 1, MAX_REASON_CHARACTERS)
    }
  }
}

function isNumberIn(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  min: number,
  max: number,
): void {
  if (typeof value === 'number' && value >= min && value <= max) return
  issues.add(path, `must be a number from ${min} to ${max}`)
}
