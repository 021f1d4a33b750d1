/** Projects, and the environments one may be created with. */
import type { EnvironmentItem } from '#core'
import * as v from 'valibot'
import { environmentMembers } from './environment.ts'
import {
  MAX_AUDIT_DAYS,
  MAX_DESCRIPTION_CHARS,
  MAX_ENVIRONMENTS,
  MAX_KEPT_REVISIONS,
  MIN_AUDIT_DAYS,
  MIN_KEPT_REVISIONS,
} from './limits.ts'
import {
  dictionary,
  integer,
  label,
  named,
  reason,
  scopeName,
  scopeNameFault,
  strict,
  text,
} from './schema.ts'

const environment = strict(environmentMembers)

/** Absent: development, staging and production. */
const environments: v.GenericSchema<
  readonly string[] | Readonly<Record<string, v.InferInput<typeof environment>>>,
  Readonly<Record<string, EnvironmentItem>>
> = named(
  'Environments',
  v.lazy((input) => (Array.isArray(input) ? environmentList : environmentMap)),
)

const environmentList = v.pipe(
  v.array(scopeName),
  v.minLength(1),
  v.maxLength(MAX_ENVIRONMENTS),
  v.check((names) => new Set(names).size === names.length, 'must not name an environment twice'),
  v.transform((names) => Object.fromEntries(names.map((name) => [name, { protected: false }]))),
)

const environmentMap = dictionary(environment, {
  min: 1,
  max: MAX_ENVIRONMENTS,
  name: scopeNameFault,
})

export const createProjectBody = strict({
  name: scopeName,
  environments: v.optional(environments, ['development', 'staging', 'production']),
  reason: v.exactOptional(reason),
})

/** Members that are given are changed; `null` removes. */
export const updateProjectBody = strict({
  displayName: v.exactOptional(v.nullable(label)),
  description: v.exactOptional(v.nullable(text(MAX_DESCRIPTION_CHARS))),
  /** Days that audit rows are kept at least; null: for ever. */
  auditRetentionDays: v.exactOptional(v.nullable(integer(MIN_AUDIT_DAYS, MAX_AUDIT_DAYS))),
  /** Of how many revisions the contents are kept at least; null: of all. */
  historyRetentionRevisions: v.exactOptional(
    v.nullable(integer(MIN_KEPT_REVISIONS, MAX_KEPT_REVISIONS)),
  ),
  reason,
})

export const projectMembers = {
  name: v.string(),
  revision: v.number(),
  epoch: v.number(),
  createdAtMs: v.number(),
  displayName: v.nullable(v.string()),
  description: v.nullable(v.string()),
  auditRetentionDays: v.nullable(v.number()),
  historyRetentionRevisions: v.nullable(v.number()),
  /** Contents of earlier revisions can no longer be read. */
  oldestRevision: v.number(),
}
export const project = named('Project', v.object(projectMembers))

export const projectEntry = v.object({
  name: v.string(),
  epoch: v.number(),
  createdAtMs: v.number(),
})
