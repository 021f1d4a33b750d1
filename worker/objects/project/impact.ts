/** What a change would do to recent evaluations, from the samples there are. Asked in dry runs alone: it evaluates them all twice. */
import { blastRadius, type FlagImpact } from '../../domain/blast-radius.ts'
import { evaluatedBody } from '../../domain/snapshot.ts'
import { readSamplesOf } from './context-samples.ts'
import type { Items } from '../../domain/items.ts'
import type { CommitPorts } from './commit.ts'
import type { Committed } from './interface.ts'

export function impactOf(
  { storage, nowMs }: CommitPorts,
  project: string,
  before: Items,
  after: Items,
  { changed, environments }: Pick<Committed, 'changed' | 'environments'>,
): readonly FlagImpact[] {
  if (!changed.some(({ kind }) => kind === 'flag' || kind === 'segment')) return []
  return environments
    .filter((name) => before.environment(name) !== undefined)
    .filter((name) => after.environment(name) !== undefined)
    .flatMap((environment) => {
      const samples = readSamplesOf(storage.sql, environment, nowMs())
      if (samples.length === 0) return []
      const subject = { project, environment, audience: 'server' } as const
      const [was, is] = [before, after].map((items) => evaluatedBody(items, subject, 0))
      return was === undefined || is === undefined ? [] : blastRadius(was, is, samples, nowMs())
    })
}
