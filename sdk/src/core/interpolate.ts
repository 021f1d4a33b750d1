/** What a text with references says, once somebody answers them. Operators mean what they mean in Docker Compose. */
import { parseTemplate, writeReference } from './template.ts'
import type { Template, VariableReference } from './template.ts'

/**
 * Why a text or document could not be resolved:
 *
 * - `malformed`: a reference that is none of the forms
 * - `missing`: a variable that must be there (`?`) is not, or a secret
 * - `type`: a whole value cannot be read as what its place asks for
 * - `too_large`: more than 10 MiB came of it, or references lead through more than 8 members
 */
export type InterpolationErrorCode = 'malformed' | 'missing' | 'type' | 'too_large'

/** UTF-16 units that one text or document may become. */
export const MAX_RESOLVED_UNITS: number = 10 * 1024 * 1024

/** Never holds a value: neither a variable's nor a secret's. */
export class InterpolationError extends Error {
  override readonly name = 'InterpolationError'
  readonly code: InterpolationErrorCode
  constructor(code: InterpolationErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Answers references. One that a lookup has no function for stays as it is written. */
export interface ReferenceLookup {
  /** The value of a variable; undefined: it is not set. */
  variable(name: string): string | undefined
  /** The text of a secret; undefined: there is none. */
  secret?(name: string): string | undefined
}

/** All answers, or those for variables alone. */
export type Lookup = ReferenceLookup | ReferenceLookup['variable']

export function toLookup(lookup: Lookup): ReferenceLookup {
  return typeof lookup === 'function' ? { variable: lookup } : lookup
}

/**
 * `text` with its variables replaced by what `lookup` says, and `$$` by `$`. A variable that is not set and has no
 * operator is empty. References that the lookup has no function for stay as they are written.
 *
 * Throws a {@link InterpolationError} for a malformed reference, and for `${VAR:?message}` and `${VAR?message}` without value.
 *
 * interpolate('http://${HOST:-localhost}:$PORT', (name) => process.env[name])
 */
export function interpolate(text: string, lookup: Lookup): string {
  const { template, fault } = parseTemplate(text)
  if (fault !== undefined) {
    throw new InterpolationError('malformed', `Invalid template: ${fault.message}`)
  }
  return renderTemplate(template, toLookup(lookup))
}

/** The text of a template. Throws a {@link InterpolationError}. */
export function renderTemplate(template: Template, lookup: ReferenceLookup): string {
  let text = ''
  for (const part of template) {
    if (typeof part === 'string') text += part
    else if (part.kind === 'variable') text += renderVariable(part, lookup)
    else if (part.kind === 'secret' && lookup.secret) {
      const value = lookup.secret(part.name)
      if (value === undefined) {
        throw new InterpolationError('missing', `secret ${part.name} is not there`)
      }
      text += value
    } else text += writeReference(part)
    if (text.length > MAX_RESOLVED_UNITS) throw tooLarge()
  }
  return text
}

export function tooLarge(): InterpolationError {
  return new InterpolationError('too_large', `more than ${MAX_RESOLVED_UNITS} characters`)
}

function renderVariable(reference: VariableReference, lookup: ReferenceLookup): string {
  const { name, operator, argument } = reference
  const value = lookup.variable(name)
  const isSet = value !== undefined && (value !== '' || !operator.startsWith(':'))
  switch (operator) {
    case '':
      return value ?? ''
    case '-':
    case ':-':
      return isSet ? value : renderTemplate(argument, lookup)
    case '+':
    case ':+':
      return isSet ? renderTemplate(argument, lookup) : ''
    case '?':
    case ':?': {
      if (isSet) return value
      const why = renderTemplate(argument, lookup)
      const message = `required variable ${name} is missing a value${why === '' ? '' : `: ${why}`}`
      throw new InterpolationError('missing', message)
    }
  }
}
