/** Whether a GrowthBook condition can be read: what is not known here might mean anything, so it is refused. */
import { compilePattern, isJsonObject } from '#core'
import { hasOnlyOperators } from '#migrate/growthbook-condition.ts'
import { patternFromJavaScript } from '#migrate/javascript-pattern.ts'
import { textOf } from '#migrate/text.ts'
import { isArray } from './json.ts'
import { Untranslatable } from './translation.ts'
import { at } from './skipped.ts'
import type { JsonValue } from '#core'

const PATTERNS = ['$regex', '$regexi', '$notRegex', '$notRegexi']
const OPERATORS = new Set([
  ...PATTERNS,
  ...'$eq $ne $lt $lte $gt $gte $veq $vne $vlt $vlte $vgt $vgte $exists $type $not'.split(' '),
  ...'$in $ini $nin $nini $inGroup $notInGroup $all $alli $elemMatch $size'.split(' '),
])

/**
 * Adds the saved groups that are asked to `asked`.
 *
 * @throws Untranslatable for an operator that is not known, or a pattern that has no linear-time form.
 */
export function checkCondition(
  condition: JsonValue | undefined,
  path: string,
  asked: Set<string>,
): void {
  if (condition === undefined || !isJsonObject(condition)) {
    throw new Untranslatable(path, 'a condition must be an object')
  }
  for (const [name, value] of Object.entries(condition)) {
    const place = at(path, name)
    if (name === '$or' || name === '$nor' || name === '$and') {
      if (!isArray(value)) throw new Untranslatable(place, 'must be a list of conditions')
      for (const [i, one] of value.entries()) checkCondition(one, at(place, i), asked)
    } else if (name === '$not') checkCondition(value, place, asked)
    else if (name === '$savedGroup') {
      if (isJsonObject(value) && typeof value['id'] === 'string') asked.add(value['id'])
      else throw new Untranslatable(place, 'must be {id, attributeKey?}')
    } else if (name.startsWith('$')) throw new Untranslatable(place, 'this operator is not known')
    else checkValue(value, place, asked)
  }
}

function checkValue(value: JsonValue, path: string, asked: Set<string>): void {
  if (!isJsonObject(value) || !hasOnlyOperators(value)) return
  for (const [operator, operand] of Object.entries(value)) {
    const place = at(path, operator)
    if (!OPERATORS.has(operator)) throw new Untranslatable(place, 'this operator is not known')
    if (PATTERNS.includes(operator)) checkPattern(operand, place, operator.endsWith('i'))
    else if (operator === '$not' || operator === '$size') checkValue(operand, place, asked)
    else if (operator === '$inGroup' || operator === '$notInGroup') asked.add(textOf(operand))
    else if ((operator === '$all' || operator === '$alli') && isArray(operand)) {
      for (const [i, one] of operand.entries()) checkValue(one, at(place, i), asked)
    } else if (operator === '$elemMatch') {
      if (isJsonObject(operand) && hasOnlyOperators(operand)) checkValue(operand, place, asked)
      else checkCondition(operand, place, asked)
    }
  }
}

function checkPattern(operand: JsonValue, path: string, ignoresCase: boolean): void {
  const pattern =
    typeof operand === 'string' ? patternFromJavaScript(operand, ignoresCase) : undefined
  // What is no regular expression never matches, there as here.
  if (pattern === undefined) return
  try {
    compilePattern(pattern)
  } catch {
    throw new Untranslatable(
      path,
      'must be a regular expression that runs in linear time: without look-around, back-references or large counts',
    )
  }
}
