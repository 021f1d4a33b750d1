/** What an environment must be, taken by itself. */
import { MAX_DESCRIPTION_CHARACTERS } from './config-check.ts'
import { parsePointer } from '#core'
import { checkCondition } from './condition-check.ts'
import { at, isBoolean, isList, isObjectOf, isText } from './issues.ts'
import { ENVIRONMENT_NAME_RULE, isEnvironmentName, isItemName, ITEM_NAME_RULE } from './names.ts'
import { checkHooks } from './hook-check.ts'
import { checkFreeze, checkGate, checkStrategy } from './release-check.ts'
import type { EnvironmentItem, JsonValue } from '#core'
import type { Issues } from './issues.ts'

const OPTIONAL = [
  'parent',
  'requireSchema',
  'checks',
  'guard',
  'description',
  'deployment',
  'gate',
  'freeze',
  'validate',
]
const MAX_CHECKS = 100
/** Beside the operators of conditions: the value is a reference to a secret. */
export const IS_SECRET = 'isSecret'

/** `localHooks`: whether hooks on this computer may be named. */
export function isEnvironmentItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
  localHooks = false,
): value is JsonValue & EnvironmentItem {
  return issues.passes(() => {
    if (!isObjectOf(value, path, issues, ['protected'], OPTIONAL)) return
    const { parent, description, requireSchema, checks, guard } = value
    const { deployment, gate, freeze, validate } = value
    isBoolean(value['protected'], at(path, 'protected'), issues)
    if (parent !== undefined && !isEnvironmentName(parent)) {
      issues.add(at(path, 'parent'), ENVIRONMENT_NAME_RULE)
    }
    if (requireSchema !== undefined) isBoolean(requireSchema, at(path, 'requireSchema'), issues)
    if (checks !== undefined) checkChecks(checks, at(path, 'checks'), issues)
    if (guard !== undefined) isBoolean(guard, at(path, 'guard'), issues)
    if (description !== undefined) {
      isText(description, at(path, 'description'), issues, 0, MAX_DESCRIPTION_CHARACTERS)
    }
    if (deployment !== undefined) checkStrategy(deployment, at(path, 'deployment'), issues)
    if (gate !== undefined) checkGate(gate, at(path, 'gate'), issues)
    if (freeze !== undefined) checkFreeze(freeze, at(path, 'freeze'), issues)
    if (validate !== undefined) checkHooks(validate, at(path, 'validate'), issues, localHooks)
  })
}

function checkChecks(value: JsonValue, path: string, issues: Issues): void {
  if (!isList(value, path, issues, MAX_CHECKS)) return
  for (const [index, check] of value.entries()) {
    const here = at(path, index)
    const optional = ['value', 'message']
    if (!isObjectOf(check, here, issues, ['config', 'path', 'operator'], optional)) continue
    const { config, path: pointer, operator, value: operand, message } = check
    if (config !== '*' && !isItemName(config)) {
      issues.add(at(here, 'config'), `${ITEM_NAME_RULE}, or *`)
    }
    if (typeof pointer !== 'string' || parsePointer(pointer) === undefined) {
      issues.add(at(here, 'path'), 'must be a JSON pointer such as /server/reload')
    }
    if (message !== undefined) isText(message, at(here, 'message'), issues, 1, 1_000)
    if (operator !== IS_SECRET) {
      const condition = {
        attribute: 'value',
        operator: operator ?? null,
        ...(operand !== undefined && { value: operand }),
      }
      checkCondition(condition, here, issues, 'document')
    } else if (operand !== undefined) issues.add(at(here, 'value'), 'must be absent for isSecret')
  }
}
