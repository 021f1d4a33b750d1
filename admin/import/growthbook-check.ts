/**
 * Whether a GrowthBook condition can be read. An operator that is not known never holds, as in GrowthBook's SDK, and is listed;
 * where something is negated around it, it is refused: not being understood must not switch something on.
 */
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

/** Adds what was imported although it was not understood. */
export type Note = (path: string, reason: string) => void

const refuse: Note = (path) => {
  throw new Untranslatable(path, 'this operator is not known')
}

/**
 * Adds the saved groups that are asked to `asked`.
 *
 * @param note Absent: what is not known is refused wherever it stands.
 * @throws Untranslatable for an operator that is not known, or a pattern that has no linear-time form.
 */
export function checkCondition(
  condition: JsonValue | undefined,
  path: string,
  asked: Set<string>,
  note: Note = refuse,
): void {
  if (condition === undefined || !isJsonObject(condition)) {
    throw new Untranslatable(path, 'a condition must be an object')
  }
  for (const [name, value] of Object.entries(condition)) {
    const place = at(path, name)
    if (name === '$or' || name === '$nor' || name === '$and') {
      if (!isArray(value)) throw new Untranslatable(place, 'must be a list of conditions')
      const inner = name === '$nor' ? refuse : note
      for (const [i, one] of value.entries()) checkCondition(one, at(place, i), asked, inner)
    } else if (name === '$not') checkCondition(value, place, asked)
    else if (name === '$savedGroup') {
      if (isJsonObject(value) && typeof value['id'] === 'string') asked.add(value['id'])
      else throw new Untranslatable(place, 'must be {id, attributeKey?}')
    } else {
      if (name.startsWith('$'))
        note(place, 'no operator that is known: the attribute of this name, as in GrowthBook’s SDK')
      checkValue(value, place, asked, note)
    }
  }
}

function checkValue(value: JsonValue, path: string, asked: Set<string>, note: Note): void {
  if (!isJsonObject(value) || !hasOnlyOperators(value)) return
  for (const [operator, operand] of Object.entries(value)) {
    const place = at(path, operator)
    if (!OPERATORS.has(operator))
      note(place, 'this operator is not known: it never holds, as in GrowthBook’s SDK')
    if (PATTERNS.includes(operator)) checkPattern(operand, place, operator.endsWith('i'))
    else if (operator === '$not') checkValue(operand, place, asked, refuse)
    else if (operator === '$size') checkValue(operand, place, asked, note)
    else if (operator === '$inGroup' || operator === '$notInGroup') asked.add(textOf(operand))
    else if ((operator === '$all' || operator === '$alli') && isArray(operand)) {
      for (const [i, one] of operand.entries()) checkValue(one, at(place, i), asked, note)
    } else if (operator === '$elemMatch') {
      if (isJsonObject(operand) && hasOnlyOperators(operand))
        checkValue(operand, place, asked, note)
      else checkCondition(operand, place, asked, note)
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
