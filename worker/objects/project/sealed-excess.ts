/** Whether the server bodies of environments can still be published with their secrets, sealed for all who may read them. */
import { sealedBound, sealedBytes, type ValueSize } from '../../domain/sealed-size.ts'
import { bodyExcess } from '../../domain/size-check.ts'
import { digest } from '../sha256.ts'
import { liveRecipients } from './keys.ts'
import { valueSizes } from './secret-rows.ts'
import type { DomainError } from '../../domain/errors.ts'
import type { Items } from '../../domain/items.ts'

interface Ports {
  readonly storage: DurableObjectStorage
  readonly nowMs: () => number
}

interface Asked {
  readonly environments: readonly string[]
  /** Bytes of values that are not stored yet, by `environment/name/version`. */
  readonly added?: ReadonlyMap<string, ValueSize> | undefined
  /** SDK keys that are not stored yet. */
  readonly moreRecipients?: number
}

/** The first environment whose body would be too large. */
export function findSealedExcess(
  { storage, nowMs }: Ports,
  project: string,
  items: Items,
  { environments, added, moreRecipients = 0 }: Asked,
): DomainError | undefined {
  const { sql } = storage
  for (const environment of environments) {
    if (items.environment(environment) === undefined) continue
    const recipients = liveRecipients(sql, environment).length + moreRecipients
    if (recipients === 0) continue
    const place = { project, environment }
    const excess = bodyExcess(items, environment, digest, {
      bound: () => sealedBound(countOf(items, environment), recipients),
      exact() {
        const stored = new Map(
          valueSizes(sql, environment).map(({ name, version, size }) => [
            `${name}/${version}`,
            size,
          ]),
        )
        const bytesOf = (name: string, version: number): ValueSize | undefined =>
          stored.get(`${name}/${version}`) ?? added?.get(`${environment}/${name}/${version}`)
        return sealedBytes(items, place, recipients, bytesOf, nowMs())
      },
    })
    if (excess !== undefined) return excess
  }
  return undefined
}

function countOf(items: Items, environment: string): number {
  let count = 0
  for (const { layer } of items.refs('secret')) if (layer === `env:${environment}`) count++
  return count
}
