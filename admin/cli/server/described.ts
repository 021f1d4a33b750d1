/** Changes with who last wrote each place, for people and for `--json`. */
import type { ItemRef } from '#core'
import type { ItemChange, Place } from '../folder/differences.ts'
import type { Colors, Io } from '../frame/io.ts'
import { progress } from '../frame/progress.ts'
import type { ProjectSession } from '../frame/settings.ts'
import { itemText, table } from '../frame/table.ts'
import { pairText, valueText } from '../frame/values.ts'
import { type Owner, ownersOf } from './owners.ts'

export interface OwnedPlace extends Place {
  /** Who last wrote what is published there. Absent where nothing ever was. */
  readonly owner?: Owner
}

export interface OwnedChange extends ItemRef {
  readonly change: ItemChange['change']
  readonly places: readonly OwnedPlace[]
}

/** Layers whose history is read; of more, the places stand without an owner. */
const MAX_LAYERS = 50
/** Layers whose history is read at the same time. */
const AT_ONCE = 8

export async function withOwners(
  io: Io,
  session: ProjectSession,
  changes: readonly ItemChange[],
): Promise<OwnedChange[]> {
  const owned: OwnedChange[] = []
  const told = progress(io, 'reading who wrote what', Math.min(changes.length, MAX_LAYERS))
  for (let from = 0; from < changes.length; from += AT_ONCE) {
    const some = changes.slice(from, from + AT_ONCE)
    owned.push(
      ...(await Promise.all(some.map((one, index) => withOwner(session, one, from + index)))),
    )
    told.at(owned.length)
  }
  told.end()
  return owned
}

async function withOwner(
  session: ProjectSession,
  { ref, change, places }: ItemChange,
  index: number,
): Promise<OwnedChange> {
  if (index >= MAX_LAYERS) return { ...ref, change, places }
  const owners = await ownersOf(
    session,
    ref,
    places.map(({ path }) => path),
  )
  const owned = places.map((place) => {
    const owner = owners.get(place.path)
    return owner === undefined ? place : { ...place, owner }
  })
  return { ...ref, change, places: owned }
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

export function changesText(colors: Colors, changes: readonly OwnedChange[]): string {
  const paint = { added: colors.green, removed: colors.red, changed: colors.yellow } as const
  return changes
    .map(({ change, places, ...ref }) => {
      const head = paint[change](`${SIGNS[change]} ${itemText(ref)}`)
      const rows = places.map((place) => [
        `    ${place.path || '(whole)'}`,
        placeText(place, change),
        ownerText(place, colors),
      ])
      return rows.length === 0 ? head : `${head}\n${table(rows, colors.width)}`
    })
    .join('\n')
}

function placeText({ path, before, after }: Place, change: ItemChange['change']): string {
  if (path === 'text') return 'comments or layout'
  if (change === 'added') return valueText(after, 60)
  if (change === 'removed') return valueText(before, 60)
  return pairText(before, after, 48).join(' → ')
}

export function ownerText({ owner }: OwnedPlace, colors: Colors): string {
  return owner === undefined
    ? ''
    : colors.dim(`${owner.author}, revision ${owner.revision}: ${owner.reason}`)
}
