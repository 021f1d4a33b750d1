/**
 * Writes docs/api.md, the reference of the admin API, and docs/access.md, from the route table of the contract, its
 * schemas and the policy table. `--check` compares instead of writing.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { operations } from '../../admin/contract/change-set.ts'
import { BODY_LIMITS } from '../../admin/contract/limits.ts'
import { problem } from '../../admin/contract/problem.ts'
import type { Route } from '../../admin/contract/route.ts'
import { routes } from '../../admin/contract/routes.ts'
import { type Action, entryOf } from '../../worker/domain/access.ts'
import { accessPage } from './access-page.ts'
import { createSchemaText } from './schema-text.ts'
import { ROOT } from './run-tool.ts'

const { print, named } = createSchemaText()

const INTRODUCTION = `<!-- Written by test/support/generate-docs.ts; change the contract instead. -->

# Admin API

JSON over HTTP under \`/api/v1\`. This page is made from \`admin/contract\`, which the Worker's router and the typed client
(\`admin/contract/client.ts\`) are made from as well.

## In general

- **Token.** \`Authorization: Bearer <token>\`: the bootstrap owner token, or one made with \`POST /tokens\`. Without a valid one: 401, always the same. With one that does not
  allow it: 403. Which role may do what: [access.md](access.md).
- **Body.** \`Content-Type: application/json\` (else 415), strict JSON: duplicate members, \`__proto__\`, integers that would be rounded, lone surrogates and nesting over 32 are refused with
  the place (400 \`malformed_json\`). Unknown members and query parameters are refused (422 \`invalid\`). At most ${BODY_LIMITS.small / 1048576} MiB; ${BODY_LIMITS.source / 1048576} MiB for a config's source, itself at most 10 MiB, and for a change set, ${BODY_LIMITS.import / 1048576} MiB
  for an import (else 413).
- **Base of a write.** \`If-Match: "<revision>"\`, or \`*\` for the last writer to win. Missing: 428. Not the newest: 412 \`revision_conflict\` with \`current\` and what \`changed\` since. Every GET of
  what revisions hold answers the newest one as \`ETag\`.
- **Reason.** Each write says why, in \`reason\`; a DELETE in its body or as \`?reason=\`. Projects, keys and tokens have a default one.
- **Dry run.** \`?dryRun=true\` on any write answers what would change and writes nothing.
- **Idempotency-Key.** 1 to 255 visible characters, on writes that make a revision: the same request again within 24 hours gets the first answer, with \`replayed\`; another
  request with the same key is refused (422). Elsewhere the header is refused, since the write would run twice.
- **Pages.** \`?limit=\` 1 to 100, default 50; \`?cursor=\` the \`next\` of the page before. All pages of a list of items are of one revision.
- **Refusals.** \`application/problem+json\` with a stable \`code\`:

\`\`\`
${print(problem)}
\`\`\`
`

function section(title: string, isHere: (path: string) => boolean): string {
  const table: readonly (readonly [string, Route & { readonly action: Action }])[] =
    Object.entries(routes)
  const entries = table.filter(([, route]) => isHere(route.path))
  return [`## ${title}\n`, ...entries.map(([name, route]) => entry(name, route))].join('\n')
}

function entry(name: string, route: Route & { readonly action: Action }): string {
  const query = print(route.query)
  const needs =
    route.write === 'commit' || route.write === 'guarded'
      ? ` Needs \`If-Match\`${route.baseInBody ? ' or `base`' : ''}.`
      : ''
  const lines = [
    `### \`${route.method} ${route.path}\``,
    '',
    `${route.summary}${route.notes === undefined ? '' : ` ${route.notes}`}${needs} Client: \`${name}\`. ${whoMay(route)}`,
    '',
    '```',
    ...(query === '{}' ? [] : [`query  ${query}`]),
    ...(route.body === undefined ? [] : [`body   ${print(route.body)}`]),
    `${route.status ?? 200}    ${print(route.answer)}`,
    '```',
    '',
  ]
  return lines.join('\n')
}

function whoMay({ action }: Route & { readonly action: Action }): string {
  const policy = entryOf(action)
  if (policy === undefined) throw new Error(`${action} is not in the policy table`)
  const reach = policy.reach === 'installation' ? ', for all projects' : ''
  return `Action \`${action}\`${reach}: ${policy.roles.join(', ')}.`
}

const inProject = (rest: RegExp) => (path: string) =>
  path.startsWith('/projects/:project/') && rest.test(path.slice('/projects/:project'.length))

const SECTIONS = [
  section('Projects', (path) => path === '/projects' || path === '/projects/:project'),
  section('Environments', inProject(/^\/environments(?!.*evaluate)/)),
  section('Configs', inProject(/^\/(?:configs|schemas|mirrors)/)),
  section('Flags', inProject(/^\/flags|evaluate$/)),
  section('Segments', inProject(/^\/segments/)),
  section('Secrets', inProject(/^\/(?:secrets|alerts|shares|key-rotation)/)),
  section(
    'Changes and revisions',
    inProject(/^\/(?:changes|revisions|diff|rollback|promote|audit|import|export)/),
  ),
  section('SDK keys', inProject(/^\/keys/)),
  section('Delivery', inProject(/^\/(?:fleet|deployments)/)),
  section('Tokens, signing keys, audit', (path) => !path.startsWith('/projects')),
]

for (const [name, { path }] of Object.entries(routes)) {
  if (!SECTIONS.some((text) => text.includes(`Client: \`${name}\``)))
    throw new Error(`no section of docs/api.md has ${path}`)
}

const FORMS = `## Operations of a change set

\`\`\`
${Object.values(operations)
  .map((operation) => print(operation))
  .join('\n')}
\`\`\`
`

/** Forms that a schema chooses by its input. */
const WRITTEN: Readonly<Record<string, string>> = {
  Condition:
    '`{ all }`, `{ any }`, `{ not }` or `{ attribute?, operator, value? }`: sdk/EVALUATION.md §2 and §5.',
  ExplainedCondition:
    'The condition as a tree, each node with `holds`, a comparison also with `seen` and `why`: sdk/EVALUATION.md §10.',
  ExplanationStep:
    'One step, by `step`: `enabled`, `prerequisite`, `targets`, `rule` or `default`: sdk/EVALUATION.md §10.',
  Serve: '`{ variant }`, `{ split }` or `{ ramp }`: sdk/EVALUATION.md §2.',
  Operation: 'One of the operations above.',
  JSON: 'Any JSON value.',
  Metadata: 'An object of texts, numbers and booleans.',
  Environments:
    'A list of names, or an object of names and settings `{ parent?, protected?, description? }`.',
  MergePatch:
    'Members of the item as a PUT takes them, beside `reason` (RFC 7396): objects merge, `null` removes.',
}

function shapes(): string {
  const done = new Map<string, string>()
  // Writing one out may meet others.
  for (let before = -1; done.size > before;) {
    before = done.size
    for (const [name, write] of named) if (!done.has(name)) done.set(name, write())
  }
  const written = Object.entries(WRITTEN).map(([name, text]) => [name, text] as const)
  const printed = [...done].map(([name, text]) => [name, `\n\n\`\`\`\n${text}\n\`\`\``] as const)
  const all = [...written, ...printed].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `## Shapes\n\n${all.map(([name, text]) => `**${name}**${text.startsWith('\n') ? '' : ' '}${text}\n`).join('\n')}`
}

const PAGE = [INTRODUCTION, ...SECTIONS, FORMS, shapes()].join('\n')

const PAGES = { 'docs/api.md': PAGE, 'docs/access.md': accessPage() }

for (const [name, page] of Object.entries(PAGES)) {
  const path = join(ROOT, name)
  if (!process.argv.includes('--check')) await writeFile(path, page)
  else if ((await readFile(path, 'utf8').catch(() => '')) !== page) {
    console.error(`${name} differs`)
    process.exitCode = 1
  }
}
