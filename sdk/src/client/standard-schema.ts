/**
 * Standard Schema 1 (https://standardschema.dev): what valibot, zod, arktype and others have in common. Types alone, as the
 * specification offers them for copying; no library is needed.
 */

/** A schema of any library that implements it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
      options?: StandardOptions,
    ) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What libraries may be told beside the value, by their own names. */
export interface StandardOptions {
  readonly libraryOptions?: Readonly<Record<string, unknown>> | undefined
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Config name → the schema its document must fit. */
export type ConfigSchemas = Readonly<Record<string, StandardSchema>>

/** Of a client without schemas. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- its keys are none, which is what is meant
export type NoSchemas = Readonly<Record<never, never>>

/** What a schema lets through. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['output']
