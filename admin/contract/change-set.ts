/** The change set: parses JSON into exactly the types of the core's `change-set.ts`. Nobody checks these shapes again. */
import type { ChangeSet, Operation } from '#core'
import { isJsonObject } from '#core'
import * as v from 'valibot'
import { configOverrideMembers, configPatchMembers, putConfigMembers } from './config.ts'
import { putSchemaMembers } from './config-schema.ts'
import { environmentMembers, environmentPatchMembers } from './environment.ts'
import { flagEnvironmentMembers, flagEnvironmentPatch, flagPatch, putFlagMembers } from './flag.ts'
import { acknowledgeList } from './guard.ts'
import { MAX_OPERATIONS } from './limits.ts'
import { named, anObject, integer, itemName, reason, scopeName, strict } from './schema.ts'
import { mirrorMembers } from './mirror.ts'
import { putSegmentMembers } from './segment.ts'

/** The schema of each operation. */
export const operations = {
  createEnvironment: strict({
    op: v.literal('createEnvironment'),
    environment: scopeName,
    ...environmentMembers,
  }),
  updateEnvironment: strict({
    op: v.literal('updateEnvironment'),
    environment: scopeName,
    ...environmentPatchMembers,
  }),
  deleteEnvironment: strict({ op: v.literal('deleteEnvironment'), environment: scopeName }),
  putConfig: strict({ op: v.literal('putConfig'), name: itemName, ...putConfigMembers }),
  deleteConfig: strict({ op: v.literal('deleteConfig'), name: itemName }),
  putConfigOverride: strict({
    op: v.literal('putConfigOverride'),
    name: itemName,
    environment: scopeName,
    ...configOverrideMembers,
  }),
  patchConfig: strict({ op: v.literal('patchConfig'), name: itemName, ...configPatchMembers }),
  patchConfigOverride: strict({
    op: v.literal('patchConfigOverride'),
    name: itemName,
    environment: scopeName,
    ...configPatchMembers,
  }),
  deleteConfigOverride: strict({
    op: v.literal('deleteConfigOverride'),
    name: itemName,
    environment: scopeName,
  }),
  putFlag: strict({ op: v.literal('putFlag'), key: itemName, ...putFlagMembers }),
  patchFlag: strict({ op: v.literal('patchFlag'), key: itemName, patch: flagPatch }),
  deleteFlag: strict({ op: v.literal('deleteFlag'), key: itemName }),
  putFlagEnvironment: strict({
    op: v.literal('putFlagEnvironment'),
    key: itemName,
    environment: scopeName,
    ...flagEnvironmentMembers,
  }),
  patchFlagEnvironment: strict({
    op: v.literal('patchFlagEnvironment'),
    key: itemName,
    environment: scopeName,
    patch: flagEnvironmentPatch,
  }),
  deleteFlagEnvironment: strict({
    op: v.literal('deleteFlagEnvironment'),
    key: itemName,
    environment: scopeName,
  }),
  putSegment: strict({ op: v.literal('putSegment'), key: itemName, ...putSegmentMembers }),
  deleteSegment: strict({ op: v.literal('deleteSegment'), key: itemName }),
  putSchema: strict({ op: v.literal('putSchema'), name: itemName, ...putSchemaMembers }),
  deleteSchema: strict({ op: v.literal('deleteSchema'), name: itemName }),
  putMirror: strict({ op: v.literal('putMirror'), name: itemName, ...mirrorMembers }),
  deleteMirror: strict({ op: v.literal('deleteMirror'), name: itemName }),
} satisfies {
  readonly [Op in Operation['op']]: v.GenericSchema<unknown, Extract<Operation, { op: Op }>>
}

/** Names of all operations. */
export const OPERATIONS = Object.keys(operations)

/** Takes nothing; says which operations there are. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing passes
const unknownOperation = v.pipe(
  anObject,
  v.rawTransform<Readonly<Record<string, unknown>>, never>(({ dataset, addIssue, NEVER }) => {
    const input = { ...dataset.value }
    const path = { type: 'object' as const, origin: 'value' as const, input, key: 'op' }
    addIssue({
      message: `must be one of ${OPERATIONS.join(', ')}`,
      path: [{ ...path, value: input['op'] }],
    })
    return NEVER
  }),
) as v.GenericSchema<unknown, never> as v.GenericSchema<never>

/** As it is written; one that was parsed before may be sent as well. */
type OperationInput =
  | Operation
  | { [Op in Operation['op']]: v.InferInput<(typeof operations)[Op]> }[Operation['op']]

export const operation: v.GenericSchema<OperationInput, Operation> = named(
  'Operation',
  v.lazy((input) => {
    const op = isJsonObject(input) ? input['op'] : undefined
    return isOperation(op) ? operations[op] : unknownOperation
  }),
)

function isOperation(op: unknown): op is Operation['op'] {
  return typeof op === 'string' && Object.hasOwn(operations, op)
}

const changeSetMembers = {
  reason,
  operations: v.pipe(v.array(operation), v.minLength(1), v.maxLength(MAX_OPERATIONS)),
}

/** Parses into exactly a `ChangeSet`. */
export const changeSet: v.GenericSchema<unknown, ChangeSet> = strict(changeSetMembers)

/** The body of `POST …/changes`: `base`, the revision it was made on, counts as `If-Match` does. */
export const changesBody = strict({
  ...changeSetMembers,
  base: v.exactOptional(integer(0, Number.MAX_SAFE_INTEGER)),
  acknowledge: v.exactOptional(acknowledgeList),
})
