/** Names (design §10). What a name must look like is said here once; the API shows the same sentences. */

const ENVIRONMENT = /^[a-z0-9][a-z0-9-]{0,62}$/
const ITEM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Whether `name` may name a project or an environment. */
export function isEnvironmentName(name: unknown): name is string {
  return typeof name === 'string' && ENVIRONMENT.test(name)
}

/** Whether `name` may name a config, a flag or a segment. */
export function isItemName(name: unknown): name is string {
  return typeof name === 'string' && ITEM.test(name)
}

export const ENVIRONMENT_NAME_RULE =
  'must be 1 to 63 of a-z, 0-9 and -, starting with a letter or digit'
export const ITEM_NAME_RULE =
  'must be 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-", starting with a letter or digit'
