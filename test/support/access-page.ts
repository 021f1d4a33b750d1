/** docs/access.md, made from the policy table and the routes that name its actions. */
import type { Route } from '../../admin/contract/route.ts'
import { routes } from '../../admin/contract/routes.ts'
import { ACTIONS, entryOf, ROLE_NOTES, ROLES } from '../../worker/domain/access.ts'

const INTRODUCTION = `<!-- Written by test/support/generate-docs.ts; change worker/domain/access.ts instead. -->

# Who may do what

All is denied that no grant allows. A token has one or more **grants**; each is a role, or a list of single actions, within a scope:

\`\`\`json
{ "name": "deploys of the shop", "cidrs": ["203.0.113.0/24"], "expiresAtMs": 1830000000000, "grants": [
  { "role": "publisher", "projects": ["shop"], "environments": ["staging", "preview-*"] },
  { "actions": ["secret.list", "secret.rotate"], "projects": ["shop"], "environments": ["production"], "secrets": ["payments.*"] }
] }
\`\`\`

- \`projects\`, \`environments\` and \`secrets\` are lists of patterns: a name in which \`*\` stands for any characters. Absent: \`["*"]\`, all there are and will be.
- \`{"role": "editor", "project": "shop"}\` is short for one grant.
- Nobody gives what he has not got: a token's grants must lie within those of the token that makes it.
- What is the same in every environment (a config's base layer, a flag's variants, a segment) is written only with a grant for all environments. It may be read with any.
  Lists leave out what belongs to environments that no grant covers.
- A change set needs \`change.commit\`, and each of its operations the action it would need alone, in its environment. An environment with a \`parent\` shows what
  the parent has, so that naming one also needs \`config.read\` there.
- A **protected** environment takes changes, also those of base layers and parents that reach it, and of its own settings, only from who may do \`protected.write\` there; others get 403.

The table below is the one that the Worker decides by (\`worker/domain/access.ts\`); a route that names no action of it does not compile, and a test asks every route with every role.
`

const REACH = {
  installation: 'all',
  project: 'environment, or whole project',
  shared: 'any in the project',
} as const

/** The page. */
export function accessPage(): string {
  const roles = ROLES.map((role) => `- **${role}**: ${ROLE_NOTES[role]}`)
  const table = [
    `| action | lets one | grant must be for | ${ROLES.join(' | ')} |`,
    `| --- | --- | --- | ${ROLES.map(() => ':-:').join(' | ')} |`,
    ...ACTIONS.map(row),
  ]
  const used = Object.entries<Route>(routes)
  const uses = ACTIONS.flatMap((action) => {
    const here = used.filter(([, route]) => route.action === action)
    const list = here.map(([, { method, path }]) => `\`${method} ${path}\``).join(', ')
    return here.length === 0 ? [] : [`- \`${action}\`: ${list}`]
  })
  return [
    INTRODUCTION,
    `## Roles\n\n${roles.join('\n')}\n`,
    `## Actions\n\n${table.join('\n')}\n`,
    `## Routes by action\n\n${uses.join('\n')}\n`,
  ].join('\n')
}

function row(action: (typeof ACTIONS)[number]): string {
  const entry = entryOf(action)
  if (entry === undefined) throw new Error(`${action} is not in the policy table`)
  const marks = ROLES.map((role) => (entry.roles.includes(role) ? 'yes' : ''))
  return `| \`${action}\` | ${entry.does} | ${REACH[entry.reach]} | ${marks.join(' | ')} |`
}
