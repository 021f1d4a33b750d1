/** Environments of a project. */
import type { EnvironmentCheck, EnvironmentItem, ValidateHook } from '#core'
import * as v from 'valibot'
import { freezeWindows, gate, strategy } from './deployment.ts'
import {
  MAX_CHECKS,
  MAX_DESCRIPTION_CHARS,
  MAX_HOOKS,
  MAX_MESSAGE_CHARS,
  MAX_NAME_CHARS,
  MAX_POINTER_CHARS,
  MAX_URL_CHARS,
} from './limits.ts'
import { itemName, jsonValue, named, scopeName, strict, text } from './schema.ts'

const description = v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))

/** `operator`: one of conditions, or `isSecret`. */
const check: v.GenericSchema<EnvironmentCheck> = named(
  'EnvironmentCheck',
  strict({
    /** `*`: all configs that have something at the path. */
    config: v.union([itemName, v.literal('*')]),
    path: v.pipe(v.string(), v.maxLength(MAX_POINTER_CHARS)),
    operator: text(MAX_NAME_CHARS),
    value: v.exactOptional(jsonValue),
    message: v.exactOptional(text(MAX_MESSAGE_CHARS)),
  }),
)
const checks = v.pipe(v.array(check), v.maxLength(MAX_CHECKS))

/** docs/webhooks.md says where `url` may lead. */
const validateHook: v.GenericSchema<ValidateHook> = named(
  'ValidateHook',
  strict({ name: text(MAX_NAME_CHARS), url: text(MAX_URL_CHARS) }),
)
const validate = v.pipe(v.array(validateHook), v.maxLength(MAX_HOOKS))

/** `protected` defaults to false. */
export const environmentMembers = {
  parent: v.exactOptional(scopeName),
  protected: v.optional(v.boolean(), false),
  requireSchema: v.exactOptional(v.boolean()),
  checks: v.exactOptional(checks),
  /** Default: as `protected`. */
  guard: v.exactOptional(v.boolean()),
  description: v.exactOptional(description),
  /** Default: `linear-20-6m` where `protected`, else `all-at-once`. */
  deployment: v.exactOptional(strategy),
  gate: v.exactOptional(gate),
  freeze: v.exactOptional(freezeWindows),
  validate: v.exactOptional(validate),
}

/** `null` removes. */
export const environmentPatchMembers = {
  parent: v.exactOptional(v.nullable(scopeName)),
  protected: v.exactOptional(v.boolean()),
  requireSchema: v.exactOptional(v.nullable(v.boolean())),
  checks: v.exactOptional(v.nullable(checks)),
  guard: v.exactOptional(v.nullable(v.boolean())),
  description: v.exactOptional(v.nullable(description)),
  deployment: v.exactOptional(v.nullable(strategy)),
  gate: v.exactOptional(v.nullable(gate)),
  freeze: v.exactOptional(v.nullable(freezeWindows)),
  validate: v.exactOptional(v.nullable(validate)),
}

export const environmentItem: v.GenericSchema<EnvironmentItem> = named(
  'EnvironmentItem',
  strict({
    ...environmentMembers,
    protected: v.boolean(),
  }),
)
