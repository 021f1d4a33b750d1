/** What a comparison gives for an attribute that is missing or null, where we and JsonLogic differ. */
import { both, either, type Formula } from './formula.ts'
import type { Attribute, Primitive } from './json-logic.ts'

/**
 * `condition` made to give on a missing attribute, and on null, what JsonLogic gives there: for it both are the
 * attribute's fallback.
 *
 * @param ours what `condition` gives there.
 * @param theirs what JsonLogic's comparison gives for a known value.
 */
export function asInJsonLogic(
  condition: Formula,
  { name: attribute, fallback }: Attribute,
  ours: boolean,
  theirs: (value: Primitive) => boolean,
): Formula {
  if (theirs(fallback) === ours) return condition
  return ours
    ? both({ attribute, operator: 'exists' }, condition)
    : either(condition, { attribute, operator: 'notExists' })
}
