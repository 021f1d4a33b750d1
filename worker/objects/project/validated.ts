/**
 * Commits that validate webhooks are asked about first. A commit never waits (docs/design/0003), so it is decided, the hooks
 * are asked about that decision, and it is decided again: only when nothing came between is it what they allowed.
 */
import { fail, ok } from '../../domain/errors.ts'
import { itemsOver } from '../../domain/items.ts'
import { type HookQuestion, hookQuestions } from '../../domain/validation.ts'
import { digest } from '../sha256.ts'
import { decide, type Decision, type RevisionNote } from './commit.ts'
import { changedSince, itemsAt } from './history.ts'
import { askHooks, type HookPorts, type Verdict } from './hooks.ts'
import { stableItemsOf } from './deployment-content.ts'
import type { DomainError, Result } from '../../domain/errors.ts'
import type { CommitPorts } from './commit.ts'
import type { RevisionAct } from './revision-acts.ts'
import type { Committed, DeploymentRequest, DirectOptions, WriteOptions } from './interface.ts'
import type { ProjectRow } from './project-row.ts'

export interface ValidatedPorts extends CommitPorts {
  readonly hooks: HookPorts
  /** The project as it is now. */
  readonly project: () => Result<ProjectRow>
  /** Told of what hooks refused. */
  readonly vetoed: (error: Extract<DomainError, { reason: 'vetoed' }>) => void
}

/** Somebody else commits within the time of each answer: then the caller should look at what happened. */
const MAX_TRIES = 3

/** `plan` draws its random seeds from the second argument: the same ones each time it is made. */
export async function commitValidated(
  ports: ValidatedPorts,
  note: RevisionNote,
  plan: RevisionAct['plan'],
  options: WriteOptions,
): Promise<Result<Committed>> {
  const seeds = repeatable(ports.randomSeed)
  let allowed: { readonly base: number; readonly verdict: Verdict } | undefined
  for (let tries = 0; ; tries++) {
    const project = ports.project()
    if (!project.ok) return project
    const decided = decide(ports, project.value, note, plan(project.value, seeds()), options)
    if (!decided.ok) return decided
    const decision = decided.value
    const { base } = decision
    const questions = questionsOf(ports, project.value, decision, note, options)
    if (questions.length === 0) return decision.write()
    // Nothing waits between deciding and this.
    if (allowed?.base === base) return decision.write(allowed.verdict.validated)
    if (tries === MAX_TRIES) {
      const was = allowed?.base ?? base
      const changed = changedSince(ports.storage.sql, was)
      return fail({ reason: 'revision_conflict', base: was, current: base, changed })
    }
    const verdict = await askHooks(ports.hooks, questions)
    if (verdict.vetoes.length > 0) return refuse(ports, verdict)
    allowed = { base, verdict }
  }
}

function questionsOf(
  ports: ValidatedPorts,
  project: ProjectRow,
  { base, content, answer }: Decision,
  note: RevisionNote,
  { caller, dryRun = false }: WriteOptions,
): readonly HookQuestion[] {
  // Going back to what was there must not hang on a hook. Without content it was done before.
  if (note.kind === 'rollback' || content === undefined) return []
  const asked = {
    project: project.name,
    act: note.kind,
    dryRun,
    revision: base,
    author: caller.name,
    reason: note.reason,
    changed: answer.changed,
  }
  const { renderer } = ports.store
  const { before, after } = content
  return hookQuestions(before, after, answer.environments, asked, { renderer, digest })
}

/** The same of a revision that somebody wants to release. Nothing is asked of what will be refused anyway. */
export async function validateDeployment(
  ports: ValidatedPorts,
  project: ProjectRow,
  request: DeploymentRequest & { readonly revision: number },
  { caller, dryRun = false }: DirectOptions,
): Promise<Result<void>> {
  const { environment, revision, reason } = request
  // It is for content that was everywhere, and for when nothing else works.
  if (request.strategy === 'emergency') return ok(undefined)
  const found = itemsAt(ports.store, project, revision)
  if (!found.ok) return ok(undefined)
  const now = itemsOver(ports.store.current(project.revision))
  const shown = stableItemsOf(ports, environment, now)
  // The settings are those of now, whatever everybody has.
  const before = { ...shown, environment: (name: string) => now.environment(name) }
  const asked = {
    project: project.name,
    act: 'deployment',
    dryRun,
    revision,
    author: caller.name,
    reason,
    changed: [],
  } as const
  const { renderer } = ports.store
  const after = itemsOver(found.value)
  const questions = hookQuestions(before, after, [environment], asked, { renderer, digest })
  if (questions.length === 0) return ok(undefined)
  const verdict = await askHooks(ports.hooks, questions)
  return verdict.vetoes.length > 0 ? refuse(ports, verdict) : ok(undefined)
}

function refuse(ports: ValidatedPorts, { vetoes }: Verdict): Result<never> {
  const error = { reason: 'vetoed', vetoes } as const
  ports.vetoed(error)
  return fail(error)
}

/** Draws that begin anew with each call, the same ones: what hooks allowed is what is written. */
function repeatable(draw: () => string): () => () => string {
  const drawn: string[] = []
  return () => {
    let next = 0
    return () => {
      const value = drawn[next] ?? draw()
      drawn[next] = value
      next += 1
      return value
    }
  }
}
