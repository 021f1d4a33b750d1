/** A JSON Schema as a Standard Schema (standardschema.dev), which `createClient` takes for a config. */
import type { JsonValue } from '../core/json.ts'
import { parsePointer } from '../core/pointer.ts'
import type { CompileOptions } from './compile.ts'
import { checkInvariants } from './invariants.ts'
import type { Invariant } from '../core/change-set.ts'
import { compileSchema } from './validate.ts'

export interface JsonSchemaOptions extends CompileOptions {
  /** What must hold between places. Default: nothing. */
  readonly invariants?: readonly Invariant[]
}

/** As `StandardSchemaV1<unknown, T>`; written out, since the SDK has no dependencies. */
export interface JsonSchemaStandard<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'driftless'
    readonly validate: (value: unknown) =>
      | { readonly value: T; readonly issues?: undefined }
      | {
          readonly issues: readonly { readonly message: string; readonly path: readonly string[] }[]
        }
    readonly types?: { readonly input: unknown; readonly output: T }
  }
}

/**
 * Makes a checker of `schema`, the very one that the platform runs when something is published. `T` is what the
 * application takes the document for; nothing is derived from the schema.
 *
 * @throws TypeError when `schema` cannot be read, naming the first place.
 */
export function jsonSchema<T = unknown>(
  schema: JsonValue,
  options: JsonSchemaOptions = {},
): JsonSchemaStandard<T> {
  const compiled = compileSchema(schema, options)
  if (!compiled.ok) {
    const [first] = compiled.faults
    throw new TypeError(`schema ${first?.path ?? ''}: ${first?.message ?? ''}`)
  }
  const { invariants = [] } = options
  return {
    '~standard': {
      version: 1,
      vendor: 'driftless',
      validate(value) {
        // What a snapshot holds is JSON; of anything else no schema promises much, and nothing throws.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
        const document = value as JsonValue
        const issues = [
          ...compiled.schema.validate(document),
          ...checkInvariants(invariants, document),
        ]
        if (issues.length > 0) {
          return {
            issues: issues.map(({ path, message }) => ({
              message,
              path: parsePointer(path) ?? [],
            })),
          }
        }
        // The schema says so; the application says which type that is.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
        return { value: value as T }
      },
    },
  }
}
