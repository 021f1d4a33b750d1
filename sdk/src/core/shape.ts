/** Reads objects that came from outside: which members must be there, and of what kind. */
import { isJsonObject, type JsonObject } from './json.ts'

/** Member → the least integer it may be, or the pattern of the string it must be. */
export type Shape = Readonly<Record<string, number | RegExp>>

/** Any string. */
export const TEXT: RegExp = /^/

/** A SHA-256 in hex, lower case. */
export const HASH: RegExp = /^[0-9a-f]{64}$/

/** Whether `value` is a JSON object with all members of `shape`, integers being safe ones. Others do not matter. */
export function fitsShape(value: unknown, shape: Shape): value is JsonObject {
  if (!isJsonObject(value)) return false
  return Object.entries(shape).every(([name, rule]) => {
    const member = value[name]
    return typeof rule === 'number'
      ? Number.isSafeInteger(member) && Number(member) >= rule
      : typeof member === 'string' && rule.test(member)
  })
}
