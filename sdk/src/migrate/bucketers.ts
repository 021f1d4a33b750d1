/** All bucketers there are, by the names imported flags have for them. */
import type { Bucketers } from '../core/bucketer.ts'
import { configcat } from './configcat.ts'
import { flagd } from './flagd.ts'
import { growthbook } from './growthbook.ts'
import { launchdarkly } from './launchdarkly.ts'
import { unleash, unleashVariant } from './unleash.ts'

/** Every bucketer there is; pass only those you need to keep a bundle small. */
export const bucketers: Bucketers = {
  unleash,
  unleashVariant,
  growthbook,
  flagd,
  launchdarkly,
  configcat,
}
