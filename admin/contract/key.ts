/** SDK keys: one environment, one audience, shown once. */
import * as v from 'valibot'
import { audience, label, named, reason, scopeName, strict } from './schema.ts'

export const createKeyBody = strict({
  name: label,
  environment: scopeName,
  audience,
  reason: v.exactOptional(reason),
})

export const sdkKeyMembers = {
  id: v.string(),
  name: v.string(),
  environment: v.string(),
  audience,
  /** The first characters of the key, to tell keys apart. */
  prefix: v.string(),
  createdAtMs: v.number(),
  revokedAtMs: v.nullable(v.number()),
}
export const sdkKey = named('SdkKey', v.object(sdkKeyMembers))
