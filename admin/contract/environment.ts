/** Environments of a project. */
import type { EnvironmentItem } from '#core'
import * as v from 'valibot'
import { freezeWindows, gate, strategy } from './deployment.ts'
import { MAX_DESCRIPTION_CHARS } from './limits.ts'
import { named, scopeName, strict } from './schema.ts'

const description = v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))

/** `protected` defaults to false. */
export const environmentMembers = {
  parent: v.exactOptional(scopeName),
  protected: v.optional(v.boolean(), false),
  description: v.exactOptional(description),
  /** Default: `linear-20-6m` where `protected`, else `all-at-once`. */
  deployment: v.exactOptional(strategy),
  gate: v.exactOptional(gate),
  freeze: v.exactOptional(freezeWindows),
}

/** `null` removes. */
export const environmentPatchMembers = {
  parent: v.exactOptional(v.nullable(scopeName)),
  protected: v.exactOptional(v.boolean()),
  description: v.exactOptional(v.nullable(description)),
  deployment: v.exactOptional(v.nullable(strategy)),
  gate: v.exactOptional(v.nullable(gate)),
  freeze: v.exactOptional(v.nullable(freezeWindows)),
}

export const environmentItem: v.GenericSchema<EnvironmentItem> = named(
  'EnvironmentItem',
  strict({
    ...environmentMembers,
    protected: v.boolean(),
  }),
)
