/**
 * What somebody may do, as data, and whether it allows an action on something. All is denied that no grant allows.
 */
import type { ItemRef, Operation } from '#core'
import { layerEnvironment } from './items.ts'
import { type Action, ACTIONS, actionOf, entryOf, type Role } from './access.ts'

/** Patterns are exact names, in which `*` stands for any characters, none too; `*` alone is all there are and will be. */
export interface Scope {
  readonly projects: readonly string[]
  readonly environments: readonly string[]
  /** Names of secrets; of no meaning for actions that are not about secrets. */
  readonly secrets: readonly string[]
}

/** A role, or single actions, within a scope. */
export type Grant = Scope &
  (
    | { readonly role: Role; readonly actions?: never }
    | { readonly role?: never; readonly actions: readonly Action[] }
  )

export interface Access {
  readonly grants: readonly Grant[]
}

/** What an action is done to. */
export interface Target {
  /** Null: an action that names none. */
  readonly project: string | null
  /** Absent: the request names none. */
  readonly environment?: string | undefined
  readonly secret?: string | undefined
}

const ALL = '*'
export const EVERYTHING: Scope = { projects: [ALL], environments: [ALL], secrets: [ALL] }

/** All there is, as the bootstrap owner has it. */
export const OWNER_ACCESS: Access = { grants: [{ role: 'owner', ...EVERYTHING }] }

/** Whether `access` allows `action` on `target`. */
export function isAllowed(access: Access, action: Action, target: Target): boolean {
  return access.grants.some((grant) => hasAction(grant, action) && reaches(grant, action, target))
}

/**
 * Whether `access` allows `action` on something of `project`, whichever environment and secret: what can be said of a
 * request before its body was read. Not allowed here is not allowed for any body.
 */
export function isEverAllowed(access: Access, action: Action, project: string | null): boolean {
  return access.grants.some((grant) => {
    if (!hasAction(grant, action)) return false
    if (entryOf(action)?.reach === 'installation') return reaches(grant, action, { project })
    return project === null ? reaches(grant, action, { project }) : covers(grant.projects, project)
  })
}

export function hasAction(grant: Grant, action: Action): boolean {
  // An action from a newer table, or a typo that got past the types, is denied.
  const entry = entryOf(action)
  if (entry === undefined) return false
  return grant.role === undefined
    ? grant.actions.includes(action)
    : entry.roles.includes(grant.role)
}

function reaches(grant: Grant, action: Action, { project, environment, secret }: Target): boolean {
  const reach = entryOf(action)?.reach
  const { projects, environments, secrets } = grant
  if (reach === 'installation') return projects.includes(ALL) && environments.includes(ALL)
  if (project === null) return reach === 'shared' || projects.includes(ALL)
  if (!covers(projects, project)) return false
  if (secret !== undefined && !covers(secrets, secret)) return false
  if (environment !== undefined) return covers(environments, environment)
  return reach === 'shared' || environments.includes(ALL)
}

/** Whether `access` may know of an item by its name: of a secret only who may list it. Absent: whoever asks may. */
export function maySee(access: Access | undefined, project: string, ref: ItemRef): boolean {
  if (access === undefined || ref.kind !== 'secret') return true
  const environment = layerEnvironment(ref.layer)
  return isAllowed(access, 'secret.list', { project, environment, secret: ref.key })
}

/** What one operation of a change set needs: one on a base layer, which is in every environment, needs them all. */
export function operationNeeds(
  operation: Operation,
): readonly { readonly action: Action; readonly environment?: string }[] {
  const action = actionOf(operation)
  // It writes the layers of the config as well, wherever there are some.
  if (operation.op === 'putSchema' && operation.migrate === true) {
    return [{ action }, { action: 'config.write' }]
  }
  if (!('environment' in operation)) return [{ action }]
  const { environment } = operation
  const parent = 'parent' in operation ? operation.parent : undefined
  // What a parent has its children show: to read it one must be allowed to.
  const read =
    typeof parent === 'string' ? [{ action: 'config.read', environment: parent } as const] : []
  return [{ action, environment }, ...read]
}

/**
 * Whether all that `grant` allows is allowed by `access` too: nobody gives what he has not got. One grant of `access` has
 * to cover an action's whole scope: parts of several are not put together.
 */
export function isWithin(access: Access, grant: Grant): boolean {
  return ACTIONS.filter((action) => hasAction(grant, action)).every((action) =>
    access.grants.some(
      (own) =>
        hasAction(own, action) &&
        isNarrower(grant.projects, own.projects) &&
        isNarrower(grant.environments, own.environments) &&
        isNarrower(grant.secrets, own.secrets),
    ),
  )
}

/** Whether each pattern of `inner` matches nothing that `outer` does not. Says no where it cannot tell. */
function isNarrower(inner: readonly string[], outer: readonly string[]): boolean {
  // A pattern's `*` is a character like any other to the outer one, whose own `*` takes it in.
  return inner.every((pattern) => outer.some((other) => matches(other, pattern)))
}

/** Whether one of the patterns matches `name`. */
export function covers(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name))
}

/** In time proportional to both lengths multiplied at the very most: names and patterns are short. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split(ALL)
  const [head = ''] = parts
  const tail = parts.at(-1) ?? ''
  if (parts.length === 1) return pattern === name
  if (name.length < head.length + tail.length) return false
  if (!name.startsWith(head) || !name.endsWith(tail)) return false
  const end = name.length - tail.length
  let at = head.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
