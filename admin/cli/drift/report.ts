/**
 * What drift is, as data: where what is published is not what was declared, and where what runs is not what is published. Pure; printed
 * by `text.ts` and `html.ts`.
 */
import type { ItemRef, JsonValue } from '#core'
import { type Items, contentOf, environmentOf } from '../folder/items.ts'
import type { OwnedChange } from '../server/described.ts'
import type { Owner } from '../server/owners.ts'

/** `info`: comments and layout alone. `error`: every environment, or a protected one; or instances that failed. */
export const SEVERITIES = ['info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface DriftedPlace {
  readonly path: string
  /** Absent: not declared. */
  readonly declared?: JsonValue
  /** Absent: not published. */
  readonly published?: JsonValue
  /** Who published what is there now. */
  readonly owner?: Owner
}

export interface DriftedItem extends ItemRef {
  /** `missing`: declared and not published; `unexpected`: published and not declared. */
  readonly drift: 'changed' | 'missing' | 'unexpected'
  readonly severity: Severity
  readonly places: readonly DriftedPlace[]
}

/** What the instances of one environment and audience say. */
export interface DriftedFleet {
  readonly environment: string
  readonly audience: 'server' | 'client'
  readonly severity: Severity
  readonly instances: number
  /** Instances that do not serve what they should. */
  readonly behind: number
  /** The revision they should serve. */
  readonly wanted: number | null
  readonly failures: readonly {
    readonly instance: string
    readonly revision: number
    readonly code: string
    readonly config?: string
  }[]
  readonly stragglers: readonly {
    readonly instance: string
    readonly state: string
    readonly revision: number
  }[]
}

export interface DriftReport {
  readonly project: string
  readonly revision: number
  readonly status: 'clean' | 'drifted'
  /** Declared beside published. */
  readonly items: readonly DriftedItem[]
  /** Published beside applied; null when it was not asked for. */
  readonly fleet: readonly DriftedFleet[] | null
}

const KINDS = { added: 'missing', removed: 'unexpected', changed: 'changed' } as const

/** From the changes that would turn the published into the declared. */
export function reportOf(
  project: string,
  revision: number,
  published: Items,
  changes: readonly OwnedChange[],
  fleet: readonly DriftedFleet[] | null,
): DriftReport {
  const items = changes.map(({ change, places, ...ref }): DriftedItem => ({
    ...ref,
    drift: KINDS[change],
    severity: severityOf(ref, places, published),
    places: places.map(({ path, before, after, owner }) => ({
      path,
      ...(after !== undefined && { declared: after }),
      ...(before !== undefined && { published: before }),
      ...(owner !== undefined && { owner }),
    })),
  }))
  const isClean = items.length === 0 && (fleet ?? []).length === 0
  return { project, revision, status: isClean ? 'clean' : 'drifted', items, fleet }
}

function severityOf(ref: ItemRef, places: OwnedChange['places'], published: Items): Severity {
  if (places.length > 0 && places.every(({ path }) => path === 'text')) return 'info'
  const environment = environmentOf(ref)
  if (environment === undefined) return 'error'
  return contentOf(published, 'environment', environment)?.['protected'] === true
    ? 'error'
    : 'warning'
}

/** Whether anything is at least as bad as `from`. */
export function reaches({ items, fleet }: DriftReport, from: Severity): boolean {
  const least = SEVERITIES.indexOf(from)
  return [...items, ...(fleet ?? [])].some(({ severity }) => SEVERITIES.indexOf(severity) >= least)
}
