/**
 * Canonical JSON (RFC 8785): one document, one text, one hash. What JSON cannot carry, or what would read back as
 * something else, is refused here rather than written differently from what was meant.
 */
import { formatPointer } from './pointer.ts'

/** Deeper values are refused: nothing that was parsed comes near, and a cycle ends here instead of on the stack. */
const MAX_DEPTH = 1000

// With the `u` flag a pair is one code point, so this finds lone surrogates only.
const LONE_SURROGATE = /\p{Surrogate}/u
// Three times as fast, and most strings have neither half.
const SURROGATE = /[\ud800-\udfff]/

/**
 * The canonical JSON text of `value`: members sorted by UTF-16 code units, no white space, ECMAScript's shortest numbers.
 *
 * Throws a TypeError that names the place (a JSON pointer) for numbers that are not finite, strings and member names
 * with lone surrogates, members named `__proto__`, what is not JSON (undefined, functions, symbols, bigints, objects
 * like Date or Map) and values nested deeper than 1,000, which includes cycles.
 *
 * canonicalize({ b: 1.0, a: [null, 'é'] }) // '{"a":[null,"é"],"b":1}'
 */
export function canonicalize(value: unknown): string {
  return write(value, [])
}

function write(value: unknown, path: (string | number)[]): string {
  if (typeof value === 'string') return writeString(value, path)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse(`${value} is not a JSON number`, path)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') throw refuse(`${typeof value} is not a JSON value`, path)
  if (path.length >= MAX_DEPTH) throw refuse(`nested deeper than ${MAX_DEPTH}, or a cycle`, path)
  return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path)
}

function writeString(value: string, path: readonly (string | number)[]): string {
  if (SURROGATE.test(value) && LONE_SURROGATE.test(value))
    throw refuse('a string with a lone surrogate', path)
  return JSON.stringify(value)
}

function writeArray(array: readonly unknown[], path: (string | number)[]): string {
  let text = '['
  for (let i = 0; i < array.length; i++) {
    path.push(i)
    if (i > 0) text += ','
    text += write(array[i], path)
    path.pop()
  }
  return `${text}]`
}

function writeObject(object: object, path: (string | number)[]): string {
  const kind = Object.prototype.toString.call(object)
  if (kind !== '[object Object]') throw refuse(`${kind} is not a JSON value`, path)
  let text = '{'
  // The default sort is by UTF-16 code units, as RFC 8785 §3.2.3 asks.
  for (const name of Object.keys(object).toSorted()) {
    path.push(name)
    if (name === '__proto__') throw refuse('a member must not be named __proto__', path)
    if (text.length > 1) text += ','
    text += `${writeString(name, path)}:${write(Reflect.get(object, name), path)}`
    path.pop()
  }
  return `${text}}`
}

function refuse(what: string, path: readonly (string | number)[]): TypeError {
  return new TypeError(`Cannot canonicalize: ${what}, at "${formatPointer(path)}"`)
}
