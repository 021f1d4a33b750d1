/** Projects, and the environments one may be created with. */
import type { EnvironmentItem } from '#core'
import * as v from 'valibot'
import { environmentMembers } from './environment.ts'
import { MAX_ENVIRONMENTS } from './limits.ts'
import { dictionary, named, reason, scopeName, scopeNameFault, strict } from './schema.ts'

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

export const project = v.object({
  name: v.string(),
  revision: v.number(),
  epoch: v.number(),
  createdAtMs: v.number(),
})

export const projectEntry = v.object({
  name: v.string(),
  epoch: v.number(),
  createdAtMs: v.number(),
})
