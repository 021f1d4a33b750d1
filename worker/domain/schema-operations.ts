/** Operations on schemas: put, with or without the migration of every stored layer. */
import { equalJson } from '#core'
import { at } from './issues.ts'
import { migrateConfig } from './migrate-config.ts'
import { findChain } from '#schema'
import { baseOf, read, write } from './operation-step.ts'
import { isSchemaItem, MAX_SCHEMA_BYTES, nextVersion, oversizeSchema } from './schema-check.ts'
import type { SchemaItem } from '#core'
import type { DomainError } from './errors.ts'
import type { Step, OperationOf } from './operation-step.ts'

export function putSchema(
  operation: OperationOf<'putSchema'>,
  step: Step,
): DomainError | undefined {
  const { op: _, name, version, migrate, ...item } = operation
  const excess = oversizeSchema(item, step.ports.digest)
  if (excess !== undefined) {
    const what = `schema of config ${name}`
    return { reason: 'too_large', what, limit: MAX_SCHEMA_BYTES, actual: excess }
  }
  const stored = step.working.items.schema(name)
  const content = read({ ...item, version: version ?? nextVersion(stored, item.schema) }, step)
  if (!isSchemaItem(content, step.path, step.issues)) return undefined
  if (stored?.version === content.version && !equalJson(stored.schema, content.schema)) {
    const message = `must be another one for another schema; ${content.version} is the stored one`
    step.issues.add(at(step.path, 'version'), message)
    return undefined
  }
  write(baseOf('schema', name), content, step)
  if (migrate === true) migrateLayers(name, stored?.version, content, step)
  return undefined
}

function migrateLayers(
  name: string,
  from: string | undefined,
  { version, migrations = [] }: SchemaItem,
  step: Step,
): void {
  if (from === undefined) {
    step.issues.add(at(step.path, 'migrate'), 'needs a stored schema to begin with')
    return
  }
  const chain = findChain(migrations, from, version)
  if (chain === undefined) {
    const message = `must lead from the stored version, ${from}, to ${version}`
    step.issues.add(at(step.path, 'migrations'), message)
    return
  }
  migrateConfig(name, chain, { ...step, digest: step.ports.digest })
}
