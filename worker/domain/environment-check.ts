/** What an environment must be, taken by itself. */
import { MAX_DESCRIPTION_CHARACTERS } from './config-check.ts'
import { at, isBoolean, isObjectOf, isText } from './issues.ts'
import { ENVIRONMENT_NAME_RULE, isEnvironmentName } from './names.ts'
import { checkFreeze, checkGate, checkStrategy } from './release-check.ts'
import type { EnvironmentItem, JsonValue } from '#core'
import type { Issues } from './issues.ts'

export function isEnvironmentItem(
  value: JsonValue | undefined,
  path: string,
  issues: Issues,
): value is JsonValue & EnvironmentItem {
  return issues.passes(() => {
    const optional = ['parent', 'description', 'deployment', 'gate', 'freeze']
    if (!isObjectOf(value, path, issues, ['protected'], optional)) return
    const { parent, description, deployment, gate, freeze } = value
    isBoolean(value['protected'], at(path, 'protected'), issues)
    if (parent !== undefined && !isEnvironmentName(parent)) {
      issues.add(at(path, 'parent'), ENVIRONMENT_NAME_RULE)
    }
    if (description !== undefined) {
      isText(description, at(path, 'description'), issues, 0, MAX_DESCRIPTION_CHARACTERS)
    }
    if (deployment !== undefined) checkStrategy(deployment, at(path, 'deployment'), issues)
    if (gate !== undefined) checkGate(gate, at(path, 'gate'), issues)
    if (freeze !== undefined) checkFreeze(freeze, at(path, 'freeze'), issues)
  })
}
