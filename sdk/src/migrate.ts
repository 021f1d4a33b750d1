/**
 * `@driftless/sdk/migrate`: what an application passes in while its flags still bucket as they did elsewhere
 * (EVALUATION.md §9). Nothing of this is in the core.
 *
 * @example
 * const client = createClient({ url, key, bucketers })
 * client.getBooleanValue('checkout', false, contextFrom('unleash', { userId: '7', properties: { plan: 'pro' } }))
 */
import { contextFromConfigCat } from './migrate/configcat.ts'
import { contextFromFlagd } from './migrate/flagd.ts'
import { contextFromGrowthBook } from './migrate/growthbook.ts'
import { contextFromLaunchDarkly } from './migrate/launchdarkly.ts'
import { contextFromUnleash } from './migrate/unleash.ts'
import type { EvaluationContext } from './core/evaluation.ts'
import type { ContextOptions } from './migrate/options.ts'

export type { Bucketer, Bucketers, ForeignOperator } from './core/bucketer.ts'
export type { ContextOptions } from './migrate/options.ts'
export { bucketers } from './migrate/bucketers.ts'
export { keyFromName, nameFromKey } from './core/foreign-name.ts'
export { decryptGrowthBook } from './migrate/growthbook-decrypt.ts'

export type Vendor = 'unleash' | 'growthbook' | 'launchdarkly' | 'flagd' | 'configcat'

const adapters: Readonly<
  Record<Vendor, (context: unknown, options: ContextOptions) => EvaluationContext>
> = {
  unleash: contextFromUnleash,
  growthbook: contextFromGrowthBook,
  launchdarkly: contextFromLaunchDarkly,
  flagd: contextFromFlagd,
  configcat: contextFromConfigCat,
}

/**
 * The context object of another vendor's SDK as an evaluation context, with the attributes that its imported flags ask.
 * Never throws on a context, whatever it is; reads own members only.
 *
 * @throws TypeError for a vendor that is not known.
 */
export function contextFrom(
  vendor: Vendor,
  context: unknown,
  options: Partial<ContextOptions> = {},
): EvaluationContext {
  if (!Object.hasOwn(adapters, vendor)) {
    throw new TypeError(`vendor must be one of ${Object.keys(adapters).join(', ')}`)
  }
  return adapters[vendor](context, { random: Math.random, ...options })
}
