/**
 * What drift is, as data: where what is published is not what was declared, and where what runs is not what is published. Pure; printed
 * by `text.ts` and `html.ts`.
 */
import type { ItemRef, JsonValue } from '#core'
import { type Items, contentOf, environmentOf } from '../folder/items.ts'
import type { Overruled } from '../folder/overruled.ts'
import type { OwnedChange } from '../server/described.ts'
import type { Owner } from '../server/owners.ts'
import { mirrorStates, type MirrorState } from './mirrors.ts'
import { SEVERITIES, type Severity } from './severity.ts'

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
  /** Every mirror, as it is published. */
  readonly mirrors: readonly MirrorState[]
  /** Where a mirror goes before a file of the folder. */
  readonly overruled: readonly Overruled[]
  /** Published beside applied; null when it was not asked for, or is not known of any environment. */
  readonly fleet: readonly DriftedFleet[] | null
  /** Instances that report, behind or not. */
  readonly instances: number
  /** Of which environments it was asked what runs and is not known, and why. */
  readonly fleetUnknown: readonly FleetUnknown[]
}

export interface FleetUnknown {
  readonly environment: string
  readonly why: string
}

/** What instances say; of environments that cannot be known, why. */
export interface FleetLook {
  readonly found: readonly DriftedFleet[]
  readonly instances: number
  readonly unknown: readonly FleetUnknown[]
  /** Environments that were asked about. */
  readonly asked: number
}

const KINDS = { added: 'missing', removed: 'unexpected', changed: 'changed' } as const

interface Looked {
  readonly revision: number
  readonly published: Items
  readonly overruled: readonly Overruled[]
}

/** From the changes that would turn the published into the declared. */
export function reportOf(
  project: string,
  { revision, published, overruled }: Looked,
  changes: readonly OwnedChange[],
  look: FleetLook | null,
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
  const mirrors = mirrorStates(published)
  const { found = [], instances = 0, unknown = [], asked = 0 } = look ?? {}
  const fleet = asked === unknown.length ? null : found
  const isClean =
    items.length + (fleet ?? []).length === 0 && mirrors.every(({ state }) => state !== 'differs')
  return {
    project,
    revision,
    status: isClean ? 'clean' : 'drifted',
    items,
    mirrors,
    overruled,
    fleet,
    instances,
    fleetUnknown: unknown,
  }
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
export function reaches({ items, mirrors, fleet }: DriftReport, from: Severity): boolean {
  const least = SEVERITIES.indexOf(from)
  const found = [...items, ...mirrors.flatMap(({ differences }) => differences), ...(fleet ?? [])]
  return found.some(({ severity }) => SEVERITIES.indexOf(severity) >= least)
}
