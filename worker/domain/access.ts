/**
 * Who may do what: the one policy table. It drives the API, docs/access.md and the test matrix. A route names its action,
 * and one without an entry here does not compile; an action without an entry is denied to everybody at run time.
 *
 * To add an action: one line in `POLICY`. What a grant is and how it is checked stands in grants.ts.
 */
import type { Operation } from '#core'

/** From the least to the most; what each is for stands in `ROLE_NOTES`. */
export const ROLES = [
  'viewer',
  'editor',
  'publisher',
  'approver',
  'secret-reader',
  'secret-admin',
  'auditor',
  'owner',
] as const
export type Role = (typeof ROLES)[number]

/** One sentence a role, for docs/access.md. */
export const ROLE_NOTES: Readonly<Record<Role, string>> = {
  viewer: 'Reads what applications get, except secrets.',
  editor: 'Changes configs, flags, segments and environments that are not protected.',
  publisher:
    'An editor who also changes what protected environments get, and makes and revokes SDK keys: a server key opens the secrets of its environment.',
  approver: 'A viewer who decides on what others propose.',
  'secret-reader': 'Lists secrets and reveals their values, each time audited. Sees nothing else.',
  'secret-admin': 'Lists, writes and rotates secrets; does not see their values.',
  auditor: 'A viewer who also reads the audit, tokens and signing keys.',
  owner: 'Does all.',
}

/**
 * What an action is about, which decides what a grant has to cover.
 *
 * - `installation`: no single project. The grant must be for all projects and environments.
 * - `project`: an environment when the request names one, else the whole project: then the grant must be for all of its
 *   environments.
 * - `shared`: as `project`, but without an environment any grant in the project will do: what is asked for is the same in
 *   all environments, or the handler leaves out the environments that the grant does not cover.
 */
export type Reach = 'installation' | 'project' | 'shared'

interface Entry {
  /** What it lets one do, for docs/access.md. */
  readonly does: string
  readonly roles: readonly Role[]
  readonly reach: Reach
}

const EVERYBODY = ROLES
const READERS = ['viewer', 'editor', 'publisher', 'approver', 'auditor', 'owner'] as const
const WRITERS = ['editor', 'publisher', 'owner'] as const
const PUBLISHERS = ['publisher', 'owner'] as const
const SECRET_WRITERS = ['secret-admin', 'owner'] as const
const AUDITORS = ['auditor', 'owner'] as const
const OWNERS = ['owner'] as const

const POLICY = {
  'session.use': {
    does: 'Sign in to the dashboard, sign out, and see what one may do',
    roles: EVERYBODY,
    reach: 'shared',
  },
  'project.list': { does: 'List projects', roles: EVERYBODY, reach: 'shared' },
  'project.create': { does: 'Create projects', roles: OWNERS, reach: 'installation' },
  'project.read': { does: 'Read a project', roles: EVERYBODY, reach: 'shared' },
  'project.write': {
    does: 'Change a project’s description and how long its audit is kept',
    roles: OWNERS,
    reach: 'project',
  },
  'project.delete': { does: 'Delete a project', roles: OWNERS, reach: 'project' },
  'environment.read': { does: 'Read environments', roles: EVERYBODY, reach: 'shared' },
  'environment.write': {
    does: 'Create, change and delete environments',
    roles: WRITERS,
    reach: 'project',
  },
  'protected.write': {
    does: 'Change what a protected environment gets, in addition to the action itself',
    roles: PUBLISHERS,
    reach: 'project',
  },
  'config.read': { does: 'Read configs', roles: READERS, reach: 'shared' },
  'config.write': { does: 'Change configs', roles: WRITERS, reach: 'project' },
  'schema.read': { does: 'Read schemas', roles: READERS, reach: 'shared' },
  'schema.write': { does: 'Change schemas', roles: WRITERS, reach: 'project' },
  'mirror.read': { does: 'Read mirrors', roles: READERS, reach: 'shared' },
  'mirror.write': { does: 'Change mirrors', roles: WRITERS, reach: 'project' },
  'flag.read': { does: 'Read flags', roles: READERS, reach: 'shared' },
  'flag.write': { does: 'Change flags', roles: WRITERS, reach: 'project' },
  'flag.evaluate': { does: 'Evaluate flags for a context', roles: READERS, reach: 'project' },
  'segment.read': { does: 'Read segments', roles: READERS, reach: 'shared' },
  'segment.write': { does: 'Change segments', roles: WRITERS, reach: 'project' },
  'secret.list': {
    does: 'List secrets: names and versions, no values',
    roles: ['secret-reader', 'secret-admin', 'auditor', 'publisher', 'editor', 'owner'],
    reach: 'shared',
  },
  'secret.write': {
    does: 'Create, change and delete secrets',
    roles: SECRET_WRITERS,
    reach: 'project',
  },
  'secret.rotate': { does: 'Rotate secrets', roles: SECRET_WRITERS, reach: 'project' },
  'secret.read': {
    does: 'Reveal a secret’s value',
    roles: ['secret-reader', 'owner'],
    reach: 'project',
  },
  // Of which environment a share is the handler finds.
  'secret.share': {
    does: 'Give secrets to other projects, in addition to reading them here and writing them there, and end that',
    roles: SECRET_WRITERS,
    reach: 'shared',
  },
  'project-key.read': {
    does: 'Read which keys wrap the secrets',
    roles: ['secret-admin', 'auditor', 'owner'],
    reach: 'project',
  },
  'project-key.rotate': {
    does: 'Replace the key that wraps the secrets',
    roles: ['secret-admin', 'owner'],
    reach: 'project',
  },
  // Each operation is checked on its own, against its environment: `operationNeed`.
  'change.commit': { does: 'Commit a change set', roles: WRITERS, reach: 'shared' },
  'revision.read': { does: 'Read revisions', roles: READERS, reach: 'shared' },
  'difference.read': {
    does: 'Read what differs between revisions',
    roles: READERS,
    reach: 'project',
  },
  'revision.rollback': { does: 'Roll back', roles: WRITERS, reach: 'project' },
  'environment.promote': {
    does: 'Give one environment what another has, in addition to writing there and reading here',
    roles: WRITERS,
    reach: 'project',
  },
  'import.commit': { does: 'Import another vendor’s document', roles: WRITERS, reach: 'project' },
  'export.read': { does: 'Export a project', roles: READERS, reach: 'project' },
  'audit.read': { does: 'Read a project’s audit', roles: AUDITORS, reach: 'project' },
  'fleet.read': { does: 'Read what running instances report', roles: READERS, reach: 'project' },
  'deployment.read': { does: 'Read deployments', roles: READERS, reach: 'shared' },
  // Of which environment it is the handler finds.
  'deployment.write': {
    does: 'Release revisions; pause, resume, promote and abort deployments',
    roles: PUBLISHERS,
    reach: 'shared',
  },
  'deployment.alarm': {
    does: 'Tell a deployment that something is wrong',
    roles: WRITERS,
    reach: 'shared',
  },
  'key.read': { does: 'List SDK keys', roles: READERS, reach: 'shared' },
  // A server key opens the secrets of its environment, so that an editor must not make one. Creating names the
  // environment; of the one to revoke the handler finds it.
  'key.write': { does: 'Create and revoke SDK keys', roles: PUBLISHERS, reach: 'shared' },
  'directory-audit.read': {
    does: 'Read the audit of projects, tokens and signing keys',
    roles: AUDITORS,
    reach: 'installation',
  },
  'token.read': { does: 'List admin tokens', roles: AUDITORS, reach: 'installation' },
  'token.write': {
    does: 'Create, rotate and revoke admin tokens',
    roles: OWNERS,
    reach: 'installation',
  },
  'signing-key.read': { does: 'List signing keys', roles: AUDITORS, reach: 'installation' },
  'signing-key.rotate': {
    does: 'Rotate and revoke signing keys',
    roles: OWNERS,
    reach: 'installation',
  },
} as const satisfies Readonly<Record<string, Entry>>

export type Action = keyof typeof POLICY

/** All actions, in the order of the table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant are its keys
export const ACTIONS = Object.keys(POLICY) as readonly Action[]

export function isAction(text: string): text is Action {
  return Object.hasOwn(POLICY, text)
}

/** The entry of an action; undefined for one from a newer table, or a typo that got past the types. */
export function entryOf(action: Action): Entry | undefined {
  return isAction(action) ? POLICY[action] : undefined
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
  putSchema: 'schema.write',
  deleteSchema: 'schema.write',
  putMirror: 'mirror.write',
  deleteMirror: 'mirror.write',
} as const satisfies Readonly<Record<Operation['op'], Action>>

/** What one operation of a change set needs besides the action of its route. */
export function actionOf(operation: Operation): Action {
  return OPERATION_ACTIONS[operation.op]
}
