/** `drift setup`: writes what makes drift visible in daily work: a pre-commit hook, a job for GitHub Actions, a script for any other shell. */
import { join, relative } from 'node:path'
import { chmod } from 'node:fs/promises'
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { isMissing, readIfThere, writeWhole } from '../frame/files.ts'
import { stat } from 'node:fs/promises'
import { confirmDeletions } from '../server/commit.ts'
import { openFolder } from '../server/compare.ts'
import { dirname } from 'node:path'

export const TARGETS = ['hook', 'github', 'shell'] as const

/** The one of the repository before one of the machine. */
const FIND = `driftless=./node_modules/.bin/driftless
[ -x "$driftless" ] || driftless=$(command -v driftless) || {
  echo 'driftless is not installed: npm install --save-dev @driftless/cli' >&2
  exit 1
}`

const HOOK = (folder: string): string => `#!/bin/sh
# driftless: refuses a commit whose folder cannot be read. Skip once with: git commit --no-verify
${FIND}
exec "$driftless" validate --offline -C "${folder}"
`

const GITHUB = (
  folder: string,
): string => `# driftless: comments on a pull request what it would change, applies what is merged, and looks for drift every hour.
# Needs the secret DRIFTLESS_TOKEN (an editor of this project); the URL and the project stand in driftless.config.json.
name: driftless
on:
  pull_request:
  push:
    branches: [main]
  schedule:
    - cron: '17 * * * *'
permissions:
  contents: read
  pull-requests: write
env:
  DRIFTLESS_TOKEN: \${{ secrets.DRIFTLESS_TOKEN }}
jobs:
  plan:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: npm install --global @driftless/cli
      - id: plan
        run: |
          code=0
          { echo '\`\`\`'; driftless plan -C "${folder}"; code=$?; echo '\`\`\`'; } > plan.md 2>&1 || true
          cat plan.md
          exit $((code == 1))
      - if: always()
        env: { GH_TOKEN: '\${{ github.token }}' }
        run: gh pr comment "\${{ github.event.number }}" --body-file plan.md --edit-last --create-if-none
  apply:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    concurrency: driftless-apply
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: npm install --global @driftless/cli
      - run: driftless apply -C "${folder}" --yes -m "\${{ github.sha }}"
  drift:
    if: github.event_name == 'schedule'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: npm install --global @driftless/cli
      - run: driftless drift -C "${folder}"
`

const SHELL = (folder: string): string => `#!/bin/sh
# driftless: for any pipeline, and before a start that must not run on drifted configuration. Exit code 2: drifted; 1: it could not be looked at.
# Needs DRIFTLESS_TOKEN.
set -u
${FIND}
"$driftless" validate --offline -C "${folder}" || exit 1
exec "$driftless" drift -C "${folder}" --fail-on warning
`

export async function setup(call: Call): Promise<Outcome> {
  const folder = await openFolder(call)
  const root = (await gitRoot(folder.path)) ?? folder.path
  const at = relative(root, folder.path) || '.'
  const target = TARGETS.find((one) => one === call.argument('what'))
  if (target === undefined) throw new UserError(`what must be one of ${TARGETS.join(', ')}`)
  const files = {
    hook: { path: join(root, '.git/hooks/pre-commit'), text: HOOK(at), mode: 0o755 },
    github: { path: join(root, '.github/workflows/driftless.yml'), text: GITHUB(at), mode: 0o644 },
    shell: { path: join(root, 'driftless-check.sh'), text: SHELL(at), mode: 0o755 },
  } as const
  const { path, text, mode } = files[target]
  if (target === 'hook' && !(await exists(join(root, '.git'))))
    throw new UserError(`${root} is no git repository`, { code: 'not_found' })
  const there = await readIfThere(path)
  const name = relative(call.io.cwd, path)
  const json = { file: path, dryRun: call.is('dry-run') }
  if (there === text) return { text: `${name} is up to date`, json }
  if (call.is('dry-run')) return { text: `${text}\nnothing was written: a dry run`, json }
  // A hook of somebody else's is not ours to replace unasked.
  if (there !== undefined) await confirmDeletions(call, [name], 'overwrite')
  await writeWhole(path, text, mode)
  await chmod(path, mode)
  return { text: `wrote ${name}`, json }
}

async function gitRoot(from: string): Promise<string | undefined> {
  for (let path = from; ; path = dirname(path)) {
    if (await exists(join(path, '.git'))) return path
    if (dirname(path) === path) return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
