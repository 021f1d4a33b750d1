/** Operators with much code, which most bodies do without: fetched when a body mentions one. */
import type { Operators } from '../core/operators.ts'

const TEXT_OPERATOR = /"(?:matches|notMatches|ipInCidr|notIpInCidr)"/

/**
 * What the flags in `body`, the canonical text of a snapshot, need beside the operators that every evaluator has. Where they
 * cannot be fetched, rules that ask them are passed over like those with an operator that is not known.
 */
export async function operatorsFor(body: Uint8Array): Promise<Operators | undefined> {
  if (!TEXT_OPERATOR.test(new TextDecoder().decode(body))) return undefined
  try {
    return (await import('../core/text-operators.ts')).TEXT_OPERATORS
  } catch {
    return undefined
  }
}
