/** The two operators that need much code, for an evaluator to be given: a client fetches them when a flag asks for one. */
import { parseCidr, parseIp } from './cidr.ts'
import { text } from './operators.ts'
import type { Operators } from './operators.ts'
import { compilePattern } from './pattern.ts'

export const TEXT_OPERATORS: Operators = {
  matches: text(compilePattern),
  ipInCidr: text((value) => {
    const contains = parseCidr(value)
    return contains && ((attribute) => contains(parseIp(attribute) ?? []))
  }),
}
