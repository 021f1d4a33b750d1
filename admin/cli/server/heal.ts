/**
 * Mirrors that only tell (`alert`), healed when somebody asks for it: the mirror is set to heal, which repairs it in that revision, and
 * then to what it was. A crash between the two leaves a mirror that heals, which the next look finds.
 */
import { type MirrorState, mirrorStates } from '../drift/mirrors.ts'
import { placeId } from '../folder/differences.ts'
import { contentOf, type Items, putOperation } from '../folder/items.ts'
import { matcher } from '../folder/leave.ts'
import type { Call } from '../frame/command.ts'
import type { ProjectSession } from '../frame/settings.ts'
import { type Committed, send } from './commit.ts'
import type { Comparison } from './compare.ts'

export interface MirrorFixes {
  /** The config that follows is left to others where it differs: the platform may repair it. */
  readonly healable: readonly MirrorState[]
  /** The folder's own files say two things: publishing them again would break the mirror again. */
  readonly contradicting: readonly MirrorState[]
}

/** Of the mirrors that would still be broken when all that is declared is published. */
export function mirrorFixes(
  { declared, folder }: Comparison,
  ignore: readonly string[],
): MirrorFixes {
  const isLeft = matcher([...folder.config.leave, ...ignore])
  const broken = mirrorStates(declared).filter(({ state }) => state === 'differs')
  const isOthers = ({ to, differences }: MirrorState): boolean =>
    differences.every(({ environment, pointer: path }) =>
      ['base', `env:${environment}`].every((layer) => {
        const isThere = layer === 'base' || contentOf(declared, 'config', to, environment)
        return !isThere || isLeft(placeId({ kind: 'config', key: to, layer }, { path }))
      }),
    )
  return {
    healable: broken.filter(isOthers),
    contradicting: broken.filter((one) => !isOthers(one)),
  }
}

export function contradictionsText(states: readonly MirrorState[]): string {
  return states
    .map(({ mirror, from, to, differences }) => {
      const places = differences.map(({ environment, pointer }) => `${pointer} in ${environment}`)
      return `not fixed: the files of config ${from} and config ${to} contradict mirror ${mirror} at ${places.join(', ')}; change one of them`
    })
    .join('\n')
}

export async function heal(
  call: Call,
  {
    session,
    base,
    declared,
  }: { readonly session: ProjectSession; readonly base: number; readonly declared: Items },
  states: readonly MirrorState[],
): Promise<Committed> {
  const operations = (mode?: string) =>
    states.flatMap(({ mirror }) => {
      const content = contentOf(declared, 'mirror', mirror)
      const ref = { kind: 'mirror', key: mirror, layer: 'base' } as const
      const put = putOperation(ref, { ...content, ...(mode !== undefined && { mode }) })
      return put.ok ? [put.operation] : []
    })
  const reason = `drift: heal ${states.map(({ mirror }) => mirror).join(', ')}`
  const healed = await send(session, { operations: operations('heal'), base, reason }, call, false)
  return send(session, { operations: operations(), base: healed.revision, reason }, call, false)
}
