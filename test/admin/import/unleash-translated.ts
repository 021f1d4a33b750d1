/** Shared by the tests of the Unleash importer: documents in, operations out. */
import type { JsonValue, Operation } from '#core'
import { importFrom, type Skipped } from '../../../admin/import/index.ts'

export interface Translated {
  readonly operations: readonly Operation[]
  readonly sources: readonly string[]
  readonly skipped: readonly Skipped[]
}

export type Members = Readonly<Record<string, JsonValue>>

/** Throws when the document is refused. */
export function translate(document: JsonValue): Translated {
  const translation = importFrom('unleash', document, { environment: 'production' })
  if (!translation.ok) throw new Error(JSON.stringify(translation.issues))
  return translation
}

/** A document of one feature `f` that is enabled. */
export function feature(parts: Members): JsonValue {
  return {
    version: 2,
    features: [{ name: 'f', enabled: true, strategies: [{ name: 'default' }], ...parts }],
  }
}

export function flag(
  { operations }: Translated,
  key: string,
): Extract<Operation, { op: 'putFlag' }> | undefined {
  return operations.filter((one) => one.op === 'putFlag').find((one) => one.key === key)
}

export function settings(
  { operations }: Translated,
  key: string,
): Extract<Operation, { op: 'putFlagEnvironment' }> | undefined {
  return operations.filter((one) => one.op === 'putFlagEnvironment').find((one) => one.key === key)
}

export function paths({ skipped }: Translated): readonly string[] {
  return skipped.map(({ path }) => path)
}
