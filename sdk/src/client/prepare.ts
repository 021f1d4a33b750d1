/**
 * From a document as it was published to the one that is handed out: references answered (SNAPSHOT.md §1.1), then let through
 * by the application's schema. Loaded only by those who have either.
 */
import { InterpolationError, type ReferenceLookup } from '../core/interpolate.ts'
import type { JsonValue } from '../core/json.ts'
import { formatPointer } from '../core/pointer.ts'
import type { DocumentVersion } from '../core/snapshot.ts'
import { findReferences, resolveReferences, type ReferencePlaces } from '../core/references.ts'
import type { Template } from '../core/template.ts'
import { DocumentError } from './document-error.ts'
import { SCHEMA_MS } from './limits.ts'
import { withRedaction } from './redaction.ts'
import type { StandardIssue, StandardSchema } from './standard-schema.ts'
import { within } from './timer.ts'
import { freeze } from './values.ts'

export interface Preparation {
  readonly config: string
  readonly places: ReferencePlaces | undefined
  readonly schema: StandardSchema | undefined
  /** Of the document, as it is published. */
  readonly version: DocumentVersion | undefined
  readonly lookup: ReferenceLookup
  /** The values of those that are there and open. */
  readonly secrets: (names: Iterable<string>) => Promise<ReadonlyMap<string, string>>
}

/** Rejects with a `DocumentError`, whatever the schema does. Its message names places and never what stands there. */
export async function prepareDocument(raw: JsonValue, preparation: Preparation): Promise<unknown> {
  const { config, places, schema, version, lookup, secrets } = preparation
  const names = places === undefined ? new Set<string>() : secretNames(raw)
  const texts = names.size > 0 ? await secrets(names) : new Map<string, string>()
  const answers: ReferenceLookup = { ...lookup, secret: (name) => texts.get(name) }
  const hide = (value: unknown): unknown =>
    freeze(texts.size > 0 ? withRedaction(value, [...texts.values()]) : value)
  const document = hide(answer(raw, places, answers, config))
  if (!schema) return document
  let result
  try {
    const standard = schema['~standard']
    // Of no use to others; one that migrates has to know where from.
    const options =
      standard.vendor === 'driftless' ? { libraryOptions: { driftless: version } } : undefined
    result = await within(SCHEMA_MS, standard.validate(document, options), tooSlow)
  } catch (caught) {
    if (caught instanceof Error && caught.name === 'MigrationError') {
      throw new DocumentError('schema', config, caught.message)
    }
    throw new DocumentError('schema', config, `its schema threw, or took over ${SCHEMA_MS} ms`)
  }
  if (result.issues) {
    throw new DocumentError('schema', config, `does not fit its schema${describe(result.issues)}`)
  }
  return hide(result.value)
}

/** Names of the secrets that a document refers to, in arguments of other references too. */
function secretNames(document: JsonValue): Set<string> {
  const names = new Set<string>()
  const walk = (template: Template): void => {
    for (const part of template) {
      if (typeof part === 'string') continue
      if (part.kind === 'secret') names.add(part.name)
      if (part.kind === 'variable') walk(part.argument)
    }
  }
  for (const { template } of findReferences(document)) walk(template)
  return names
}

const tooSlow = (): Error => new Error('too slow')

function answer(
  raw: JsonValue,
  places: ReferencePlaces | undefined,
  lookup: ReferenceLookup,
  config: string,
): JsonValue {
  if (places === undefined) return raw
  try {
    return resolveReferences(raw, lookup, places)
  } catch (caught) {
    // What else may come, such as a stack that is too small, does not tell what it stumbled over.
    const why = caught instanceof InterpolationError ? caught.message : 'cannot be resolved'
    throw new DocumentError('reference', config, why)
  }
}

/** Messages of schema libraries quote the value they refuse, which may be a secret: only places are told. */
function describe(issues: readonly StandardIssue[]): string {
  const places = issues
    .slice(0, 5)
    .map(({ path = [] }) =>
      formatPointer(path.map((step) => String(typeof step === 'object' ? step.key : step))),
    )
  return ` at ${places.map((place) => place || 'the top').join(', ')}${issues.length > 5 ? ' and elsewhere' : ''}`
}
