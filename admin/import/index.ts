/**
 * Other vendors' flag documents as operations of ours. Pure; one file a vendor. What is not exactly translatable is
 * listed, never guessed.
 */
import type { JsonValue } from '#core'
import { fromConfigCat } from './configcat.ts'
import { fromFlagd } from './flagd.ts'
import { fromGrowthBook } from './growthbook.ts'
import { fromLaunchDarkly } from './launchdarkly.ts'
import type { ImportRequest, Translation } from './translation.ts'
import { fromUnleash } from './unleash.ts'

const translators = {
  configcat: fromConfigCat,
  flagd: fromFlagd,
  growthbook: fromGrowthBook,
  launchdarkly: fromLaunchDarkly,
  unleash: fromUnleash,
} as const satisfies Record<string, (document: JsonValue, request: ImportRequest) => Translation>

export type Vendor = keyof typeof translators

/** Every vendor there is a translation from. */
export const VENDORS: readonly string[] = Object.keys(translators)

export function isVendor(name: string): name is Vendor {
  return Object.hasOwn(translators, name)
}

/**
 * The operations that make of `environment` what `document` says, and what could not be carried over.
 *
 * @param vendor one of `VENDORS`; another one is refused.
 * @param document the vendor's own JSON, parsed strictly.
 */
export function importFrom(
  vendor: string,
  document: JsonValue,
  request: ImportRequest,
): Translation {
  if (isVendor(vendor)) return translators[vendor](document, request)
  return {
    ok: false,
    issues: [{ path: '', message: `unknown vendor; known are ${VENDORS.join(', ')}` }],
  }
}

export type { ImportRequest, Skipped, Translation } from './translation.ts'
