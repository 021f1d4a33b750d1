/** The order of heads and the name of an audience, as manifests and stream messages write them (SNAPSHOT.md §3, §5). */
import type { Audience } from './snapshot.ts'
import type { Order } from './wire.ts'

/** Negative when `a` is older than `b`, 0 when they are the same position, positive when newer: `epoch`, then `seq`. */
export function compareOrder(a: Order, b: Order): number {
  return a.epoch - b.epoch || a.seq - b.seq
}

/** Whom a snapshot is for: the parts of a manifest's `aud`. */
export interface AudienceName {
  readonly project: string
  readonly environment: string
  readonly audience: Audience
}

/** `<project>/<environment>/<audience>` */
export function formatAudience(name: AudienceName): string {
  return `${name.project}/${name.environment}/${name.audience}`
}

const AUDIENCE = /^([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9-]{0,62})\/(server|client)$/

/** The parts of `<project>/<environment>/<audience>`; undefined when it is not of that form. */
export function parseAudience(text: string): AudienceName | undefined {
  const match = AUDIENCE.exec(text)
  if (!match) return undefined
  const [, project = '', environment = '', audience] = match
  return { project, environment, audience: audience === 'client' ? 'client' : 'server' }
}
