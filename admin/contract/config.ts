/** Configs: a base layer, and an override layer an environment. The source is kept byte for byte. */
import type { ConfigItem, ConfigOverrideItem, DocumentFormat } from '#core'
import * as v from 'valibot'
import { MAX_DESCRIPTION_CHARS } from './limits.ts'
import { named, strict, visibility } from './schema.ts'

/** The dialects of docs/formats.md. */
const format: v.GenericSchema<DocumentFormat> = v.picklist([
  'json',
  'jsonc',
  'yaml',
  'env',
  'ini',
  'toml',
])

/** At most 10 MiB of UTF-8; more is refused as too large (413), not as malformed, by the object that stores it. */
const source = v.string()

export const putConfigMembers = {
  format,
  source,
  visibility: v.optional(visibility, 'server'),
  description: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))),
}

export const configItem: v.GenericSchema<ConfigItem> = named(
  'ConfigItem',
  strict({
    ...putConfigMembers,
    visibility,
  }),
)

export const configOverrideMembers = { format, source }

export const configOverrideItem: v.GenericSchema<ConfigOverrideItem> = named(
  'ConfigOverrideItem',
  strict(configOverrideMembers),
)
