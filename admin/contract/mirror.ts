/** Mirrors: places of one config that say what places of another one say. */
import type { MirrorItem } from '#core'
import * as v from 'valibot'
import { MAX_DESCRIPTION_CHARS, MAX_POINTER_CHARS } from './limits.ts'
import { itemName, named, strict } from './schema.ts'

const MAX_PATHS = 100
const pointer = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_POINTER_CHARS))

export const mirrorMembers = {
  /** The config that leads, and the one that follows. */
  from: itemName,
  to: itemName,
  mode: v.picklist(['enforce', 'heal', 'alert']),
  paths: v.pipe(
    v.array(strict({ from: pointer, to: pointer })),
    v.minLength(1),
    v.maxLength(MAX_PATHS),
  ),
  description: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))),
}

export const mirrorItem: v.GenericSchema<MirrorItem> = named('MirrorItem', strict(mirrorMembers))
