/** What the release settings of an environment must be: strategy, gate, freeze. docs/deployments.md says what they do. */
import { MAX_REASON_CHARACTERS } from './limits.ts'
import { at, isIntegerIn, isList, isObjectOf, isOneOf, isText } from './issues.ts'
import { isStrategyName, STRATEGY_NAMES } from './strategy.ts'
import type { JsonValue } from '#core'
import type { Issues } from './issues.ts'

const MAX_MINUTES = 10_080
const MAX_WINDOWS = 100
const MAX_TIME_MS = 8.64e15
const MAX_COUNT = 1_000_000_000

export function checkStrategy(value: JsonValue, path: string, issues: Issues): void {
  if (typeof value === 'string') {
    if (!isStrategyName(value)) {
      issues.add(path, `must be one of ${STRATEGY_NAMES.join(', ')}, or numbers of your own`)
    }
    return
  }
  if (!isObjectOf(value, path, issues, ['growth', 'factor', 'minutes', 'bake'])) return
  isOneOf(value['growth'], at(path, 'growth'), issues, ['LINEAR', 'EXPONENTIAL'])
  isIntegerIn(value['factor'], at(path, 'factor'), issues, 1, 100)
  isNumberIn(value['minutes'], at(path, 'minutes'), issues, 0, MAX_MINUTES)
  isNumberIn(value['bake'], at(path, 'bake'), issues, 0, MAX_MINUTES)
}

export function checkGate(value: JsonValue, path: string, issues: Issues): void {
  const members = ['failedPercent', 'failedInstances', 'action']
  if (!isObjectOf(value, path, issues, [], members)) return
  const { failedPercent, failedInstances, action } = value
  if (failedPercent !== undefined) {
    isNumberIn(failedPercent, at(path, 'failedPercent'), issues, 0, 100)
  }
  if (failedInstances !== undefined) {
    isIntegerIn(failedInstances, at(path, 'failedInstances'), issues, 1, MAX_COUNT)
  }
  if (action !== undefined) {
    isOneOf(action, at(path, 'action'), issues, ['rollback', 'pause', 'notify'])
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
