/** ConfigCat's buckets: the first 7 hex digits of SHA-1, modulo 100. */
import { sha1 } from './sha1.ts'
import type { Bucketer } from '../core/bucketer.ts'

const PARTS = 100

/** `seed` is the setting's key; shares are counted in 100 parts, since that is all the values it has. */
export const configcat: Bucketer = {
  bucket(value, seed) {
    const [first] = sha1(seed + value)
    return ((first >>> 4) % PARTS) / PARTS
  },
}
