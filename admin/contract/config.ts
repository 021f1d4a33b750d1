/** Configs: a base layer, and an override layer an environment. The source is kept byte for byte. */
import { parsePointer, REFERENCE_TYPES } from '#core'
import type { ConfigItem, ConfigOverrideItem, DocumentFormat, SourceChange } from '#core'
import * as v from 'valibot'
import {
  MAX_DESCRIPTION_CHARS,
  MAX_POINTER_CHARS,
  MAX_REFERENCE_TYPES,
  MAX_SOURCE_CHANGES,
  MAX_TEXT_CHARS,
} from './limits.ts'
import { dictionary, jsonValue, named, strict, visibility } from './schema.ts'

/** The dialects of docs/formats.md. */
export const documentFormat: v.GenericSchema<DocumentFormat> = v.picklist([
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
  format: documentFormat,
  source,
  visibility: v.optional(visibility, 'server'),
  description: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_DESCRIPTION_CHARS))),
  /** What a whole value that is one reference becomes, by JSON pointer, where no schema says it. */
  types: v.exactOptional(
    dictionary(v.picklist(REFERENCE_TYPES), {
      max: MAX_REFERENCE_TYPES,
      name: (pointer) =>
        pointer.length <= MAX_TEXT_CHARS && parsePointer(pointer) !== undefined
          ? null
          : 'must be a JSON pointer',
    }),
  ),
}

export const configItem: v.GenericSchema<ConfigItem> = named(
  'ConfigItem',
  strict({
    ...putConfigMembers,
    visibility,
  }),
)

export const configOverrideMembers = { format: documentFormat, source }

const sourceChange: v.GenericSchema<SourceChange> = named(
  'SourceChange',
  v.pipe(
    strict({
      path: v.pipe(v.string(), v.maxLength(MAX_POINTER_CHARS)),
      value: v.exactOptional(jsonValue),
      remove: v.exactOptional(v.literal(true)),
    }),
    v.check(
      ({ value, remove }) => (value === undefined) === (remove === true),
      'must have either a value or "remove": true',
    ),
  ),
)

/** 1 to 100 changes to places of a source, one after the other. */
export const configPatchMembers = {
  changes: v.pipe(v.array(sourceChange), v.minLength(1), v.maxLength(MAX_SOURCE_CHANGES)),
}

export const configOverrideItem: v.GenericSchema<ConfigOverrideItem> = named(
  'ConfigOverrideItem',
  strict(configOverrideMembers),
)
