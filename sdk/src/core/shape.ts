/** Reads what came from outside: whether it has the form it must have. Nothing here throws. */
import { isJsonObject, type JsonObject } from './json.ts'

/** Member → what it must be. One whose name ends in `?` may also be absent; others than these do not matter. */
export interface Members {
  readonly [member: string]: Shape
}

/**
 * What a value must be: a safe integer of at least that much, a text that fits the pattern, of one of the types named
 * (`'string or object'`, no array and not null being an object), a list of one shape, or an object with these members.
 */
export type Shape = number | RegExp | string | [Shape] | Members

/** Any string. */
export const TEXT: RegExp = /^/

/** A SHA-256 in hex, lower case. */
export const HASH: RegExp = /^[0-9a-f]{64}$/

export function fits(value: unknown, shape: Members): value is JsonObject
export function fits(value: unknown, shape: Shape): boolean
export function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'number') return Number.isSafeInteger(value) && Number(value) >= shape
  if (typeof shape === 'string')
    return shape.includes(typeof value) && (typeof value !== 'object' || isJsonObject(value))
  if (shape instanceof RegExp) return typeof value === 'string' && shape.test(value)
  if (Array.isArray(shape))
    return Array.isArray(value) && value.every((element) => fits(element, shape[0]))
  return (
    isJsonObject(value) &&
    Object.entries(shape).every(([name, inner]) => {
      const member = value[name.replace('?', '')]
      return fits(member, inner) || (member === undefined && name.endsWith('?'))
    })
  )
}
