/** JSON Schema over documents: draft-07, 2019-09 and 2020-12, without code from texts, without a network, in bounded time. */
import type { JsonValue } from '../core/json.ts'
import { compileRoot } from './compile.ts'
import type { CompileOptions, SchemaFault } from './compile.ts'
import { OutOfFuel } from './pattern.ts'
import { Run, TooDeep } from './run.ts'
import type { Opaque, SchemaIssue } from './run.ts'

/**
 * What one document may cost: about one for each schema asked of each place and for every few characters matched. A
 * document of 10 MiB against a plain schema takes some millions; more than this takes seconds.
 */
export const MAX_FUEL = 20_000_000

export interface ValidateOptions {
  /** Default {@link MAX_FUEL}. Goes down by what the validation cost. */
  readonly fuel?: { left: number }
  /** What of a text is not known yet. Default: all is known. */
  readonly opaque?: Opaque | undefined
  /** Whether members that are required must not be null or a blank text either. Default false. */
  readonly noBlanks?: boolean | undefined
}

export interface CompiledSchema {
  /** What is wrong with the document, at most 100 of it; empty when it fits. Never throws. */
  validate(document: JsonValue, options?: ValidateOptions): readonly SchemaIssue[]
}

export type Compiled =
  | { readonly ok: true; readonly schema: CompiledSchema }
  | { readonly ok: false; readonly faults: readonly SchemaFault[] }

/**
 * Compiles `schema`; what it cannot be, or leads nowhere, is a fault with its place. Never throws.
 *
 * compileSchema({ type: 'object', required: ['port'] })
 */
export function compileSchema(schema: JsonValue, options: CompileOptions = {}): Compiled {
  const { node, faults } = compileRoot(schema, options)
  if (faults.length > 0) return { ok: false, faults }
  return {
    ok: true,
    schema: {
      validate(document, { fuel = { left: MAX_FUEL }, opaque, noBlanks = false } = {}) {
        const run = new Run(fuel, opaque, noBlanks)
        try {
          node.check(document, undefined, run, undefined)
        } catch (error) {
          const message = limitOf(error)
          if (message === undefined) throw error
          const issue = { path: '', message, keyword: 'limit', schemaPath: '' }
          return [...run.issues, issue]
        }
        return run.issues
      },
    },
  }
}

function limitOf(error: unknown): string | undefined {
  if (error instanceof OutOfFuel) {
    return 'costs too much to check: the schema asks too many alternatives, or its patterns are too large'
  }
  if (error instanceof TooDeep) {
    return 'cannot be checked: the schema nests too deep here, or refers to itself without end'
  }
  return undefined
}
