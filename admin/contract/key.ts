/** SDK keys: one environment, one audience, shown once. */
import * as v from 'valibot'
import { audience, label, reason, scopeName, strict } from './schema.ts'

export const createKeyBody = strict({
  name: label,
  environment: scopeName,
  audience,
  reason: v.exactOptional(reason),
})

export const sdkKey = v.object({
  id: v.string(),
  name: v.string(),
  environment: v.string(),
  audience,
  /** The first characters of the key, to tell keys apart. */
  prefix: v.string(),
  createdAtMs: v.number(),
  revokedAtMs: v.nullable(v.number()),
})
