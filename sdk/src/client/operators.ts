/** Operators with much code, which most bodies do without: fetched when a body mentions one. */
import type { Operators } from '../core/operators.ts'

/** In canonical JSON no character of a name is escaped. */
const MENTION = /"(?:not)?(?:before|after|semver\w+|matches|ipInCidr)"/i

/**
 * What the flags in `body`, the canonical text of a snapshot, need beside the operators that every evaluator has. Where they
 * cannot be fetched, rules that ask them are passed over like those with an operator that is not known.
 */
export async function operatorsFor(body: Uint8Array): Promise<Operators | undefined> {
  if (!MENTION.test(new TextDecoder().decode(body))) return undefined
  try {
    return (await import('../core/more-operators.ts')).MORE_OPERATORS
  } catch {
    return undefined
  }
}
