/** Which running instances say that they use a version of a secret. Pure. */
import type { FleetEntry } from './fleet.ts'

export interface SecretUser {
  readonly instance: string
  readonly labels?: Readonly<Record<string, string>>
  /** When it last said something, milliseconds since 1970. */
  readonly atMs: number
}

export interface SecretUsers {
  readonly instances: number
  /** At most `MAX_USERS` of them, those heard of last first. */
  readonly using: readonly SecretUser[]
}

export const MAX_USERS = 100

/** Counted over all reports: the groups of a fleet's details are bounded, and 0 must not mean "not among the largest". */
export function secretUsers(
  entries: readonly FleetEntry[],
  secret: string,
  version: number,
): SecretUsers {
  const users = entries.flatMap(({ report, atMs }): SecretUser[] => {
    const { instance, labels, secretVersions = {} } = report
    const used = Object.hasOwn(secretVersions, secret) ? secretVersions[secret] : undefined
    return used === version ? [{ instance, atMs, ...(labels !== undefined && { labels }) }] : []
  })
  return mergeUsers([{ instances: users.length, using: users }])
}

/** Of several hubs that share no instance. */
export function mergeUsers(parts: readonly SecretUsers[]): SecretUsers {
  const using = parts.flatMap((part) => part.using).toSorted((a, b) => b.atMs - a.atMs)
  return {
    instances: parts.reduce((sum, part) => sum + part.instances, 0),
    using: using.slice(0, MAX_USERS),
  }
}
