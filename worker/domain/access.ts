/**
 * Who may do what: the one policy table. It drives the API and the test matrix. An action without an entry does not
 * exist for the types, and is denied to everybody at run time.
 */
import type { Operation } from '#core'

/** `owner` does all; `editor` changes what apps get; `viewer` reads. */
export type Role = 'owner' | 'editor' | 'viewer'

interface Entry {
  readonly roles: readonly Role[]
  /** `all`: the action belongs to no single project, so a token bound to a project may not do it. */
  readonly scope: 'project' | 'all' | 'any'
}

const READERS = ['owner', 'editor', 'viewer'] as const
const WRITERS = ['owner', 'editor'] as const
const OWNERS = ['owner'] as const

const POLICY = {
  // A bound token lists its own project only: the route filters.
  'project.list': { roles: READERS, scope: 'any' },
  'project.create': { roles: OWNERS, scope: 'all' },
  'project.read': { roles: READERS, scope: 'project' },
  'project.delete': { roles: OWNERS, scope: 'project' },
  'environment.read': { roles: READERS, scope: 'project' },
  'environment.write': { roles: WRITERS, scope: 'project' },
  'config.read': { roles: READERS, scope: 'project' },
  'config.write': { roles: WRITERS, scope: 'project' },
  'flag.read': { roles: READERS, scope: 'project' },
  'flag.write': { roles: WRITERS, scope: 'project' },
  'flag.evaluate': { roles: READERS, scope: 'project' },
  'segment.read': { roles: READERS, scope: 'project' },
  'segment.write': { roles: WRITERS, scope: 'project' },
  'change.commit': { roles: WRITERS, scope: 'project' },
  'revision.read': { roles: READERS, scope: 'project' },
  'revision.rollback': { roles: WRITERS, scope: 'project' },
  'import.commit': { roles: WRITERS, scope: 'project' },
  'export.read': { roles: READERS, scope: 'project' },
  'audit.read': { roles: READERS, scope: 'project' },
  'fleet.read': { roles: READERS, scope: 'project' },
  'key.read': { roles: READERS, scope: 'project' },
  'key.write': { roles: WRITERS, scope: 'project' },
  'directory-audit.read': { roles: OWNERS, scope: 'all' },
  'token.read': { roles: OWNERS, scope: 'all' },
  'token.write': { roles: OWNERS, scope: 'all' },
  'signing-key.read': { roles: OWNERS, scope: 'all' },
  'signing-key.rotate': { roles: OWNERS, scope: 'all' },
} as const satisfies Record<string, Entry>

export type Action = keyof typeof POLICY

/** All actions, for the tests that walk the table. */
export const ACTIONS: readonly string[] = Object.keys(POLICY)

/** What a token may do. */
export interface Access {
  readonly role: Role
  /** The only project it may touch; null: all. */
  readonly project: string | null
}

/** Whether `access` allows `action` on `project`; null: an action that names none. */
export function isAllowed(access: Access, action: Action, project: string | null): boolean {
  // An action from a newer table, or a typo that got past the types, is denied.
  const entry: Entry | undefined = Object.hasOwn(POLICY, action) ? POLICY[action] : undefined
  if (entry === undefined || !entry.roles.includes(access.role)) return false
  if (access.project === null) return true
  if (entry.scope === 'any') return true
  return entry.scope === 'project' && project === access.project
}

const OPERATION_ACTIONS = {
  createEnvironment: 'environment.write',
  updateEnvironment: 'environment.write',
  deleteEnvironment: 'environment.write',
  putConfig: 'config.write',
  deleteConfig: 'config.write',
  putConfigOverride: 'config.write',
  patchConfig: 'config.write',
  patchConfigOverride: 'config.write',
  deleteConfigOverride: 'config.write',
  putFlag: 'flag.write',
  patchFlag: 'flag.write',
  deleteFlag: 'flag.write',
  putFlagEnvironment: 'flag.write',
  patchFlagEnvironment: 'flag.write',
  deleteFlagEnvironment: 'flag.write',
  putSegment: 'segment.write',
  deleteSegment: 'segment.write',
} as const satisfies Record<Operation['op'], Action>

/** What one operation of a change set needs besides the action of its route. */
export function actionOf(operation: Operation): Action {
  return OPERATION_ACTIONS[operation.op]
}
