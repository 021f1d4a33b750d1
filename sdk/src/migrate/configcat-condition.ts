/**
 * A condition of ConfigCat on one attribute (config JSON v6), as its JavaScript SDK (1.1) decides it: texts are read as
 * numbers, versions and lists where the comparator asks for these, and what cannot be read decides nothing.
 */
import { versionKey } from '../core/semver.ts'
import { sha256Hex } from './sha256.ts'
import { textOf } from './text.ts'

type Members = Readonly<Record<string, unknown>>

const encoder = new TextEncoder()

/**
 * What the condition answers; undefined when it cannot be decided: without the attribute, or with one that is not of the form
 * that the comparator asks for.
 *
 * @param condition `{c, s | d | l, salt?}`: ConfigCat's number of the comparator, what is compared with, and what is hashed
 * behind a text whose hash is compared.
 */
export function configcatCondition(attribute: unknown, condition: Members): boolean | undefined {
  if (attribute === undefined || attribute === null || attribute === '') return undefined
  const { c: comparator, salt } = condition
  if (typeof comparator !== 'number') return undefined
  const texts = textsOf(condition['l'])
  const text = typeof condition['s'] === 'string' ? condition['s'] : ''
  const number = Number(condition['d'])
  const given = configcatText(attribute)
  switch (comparator) {
    case 0:
    case 1:
      return texts.includes(given) === (comparator === 0)
    case 2:
    case 3:
      return texts.some((one) => given.includes(one)) === (comparator === 2)
    case 4:
    case 5:
      return isVersionOneOf(given, texts, comparator === 4)
    case 6:
    case 7:
    case 8:
    case 9:
      return versionRelation(given, text, comparator)
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
      // A date is none of these numbers.
      return attribute instanceof Date ? undefined : numberRelation(given, number, comparator)
    case 18:
    case 19:
      return numberRelation(given, number, comparator)
    case 16:
    case 17:
      return texts.includes(hashOf(encoder.encode(given), salt)) === (comparator === 16)
    case 20:
    case 21:
      return (hashOf(encoder.encode(given), salt) === text) === (comparator === 20)
    case 22:
    case 23:
      return hasHashedEnd(given, texts, salt, false) === (comparator === 22)
    case 24:
    case 25:
      return hasHashedEnd(given, texts, salt, true) === (comparator === 24)
    case 26:
    case 27: {
      const all = listOf(given)
      return (
        all &&
        all.some((one) => texts.includes(hashOf(encoder.encode(one), salt))) === (comparator === 26)
      )
    }
    case 28:
    case 29:
      return (given === text) === (comparator === 28)
    case 30:
    case 31:
      return texts.some((one) => given.startsWith(one)) === (comparator === 30)
    case 32:
    case 33:
      return texts.some((one) => given.endsWith(one)) === (comparator === 32)
    case 34:
    case 35: {
      const all = listOf(given)
      return all && all.some((one) => texts.includes(one)) === (comparator === 34)
    }
    default:
      return undefined
  }
}

/** An attribute as ConfigCat hashes and compares it: dates as seconds since 1970, lists of texts as JSON. */
export function configcatText(attribute: unknown): string {
  if (typeof attribute === 'string') return attribute
  if (attribute instanceof Date) return String(attribute.getTime() / 1000)
  const isTexts = Array.isArray(attribute) && attribute.every((one) => typeof one === 'string')
  return isTexts ? JSON.stringify(attribute) : textOf(attribute)
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function listOf(text: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    const isTexts = Array.isArray(list) && list.every((one) => typeof one === 'string')
    return isTexts ? textsOf(list) : undefined
  } catch {
    return undefined
  }
}

/** Undefined for what is no number; NaN for the text "NaN", which is one to ConfigCat. */
function numberOf(text: string): number | undefined {
  if (text.trim() === 'NaN') return Number.NaN
  const plain = text.replace(',', '.')
  // "0x10" and its kin are none.
  if (/^\s*$|^\s*0[^\d.eE]/.test(plain)) return undefined
  const number = Number(plain)
  return Number.isNaN(number) ? undefined : number
}

function numberRelation(text: string, number: number, comparator: number): boolean | undefined {
  const given = numberOf(text)
  if (given === undefined) return undefined
  switch (comparator) {
    case 10:
      return given === number
    case 11:
      return given !== number
    case 12:
    case 18:
      return given < number
    case 13:
      return given <= number
    case 14:
    case 19:
      return given > number
    default:
      return given >= number
  }
}

const MAX_VERSION_CHARACTERS = 256

/** A text that orders as versions do. */
function versionOf(text: string): string | undefined {
  if (text.length > MAX_VERSION_CHARACTERS) return undefined
  return versionKey(text.trim().replace(/^v/, ''))
}

/** One of the list that is no version makes it answer no, negated or not. */
function isVersionOneOf(
  given: string,
  texts: readonly string[],
  wanted: boolean,
): boolean | undefined {
  const version = versionOf(given)
  if (version === undefined) return undefined
  const others = texts.filter((one) => one !== '').map(versionOf)
  return !others.includes(undefined) && others.includes(version) === wanted
}

function versionRelation(given: string, text: string, comparator: number): boolean | undefined {
  const version = versionOf(given)
  if (version === undefined) return undefined
  const other = versionOf(text)
  if (other === undefined) return false
  if (version === other) return comparator === 7 || comparator === 9
  return version < other === comparator < 8
}

function hashOf(bytes: Uint8Array, salt: unknown): string {
  const end = encoder.encode(typeof salt === 'string' ? salt : '')
  const all = new Uint8Array(bytes.length + end.length)
  all.set(bytes)
  all.set(end, bytes.length)
  return sha256Hex(all)
}

/** Each of `texts` is `<bytes>_<hash>`. */
function hasHashedEnd(
  given: string,
  texts: readonly string[],
  salt: unknown,
  isLast: boolean,
): boolean {
  const bytes = encoder.encode(given)
  return texts.some((one) => {
    const [, size = '', hash] = /^(\d+)_(.+)$/.exec(one) ?? []
    const length = Number(size)
    if (hash === undefined || bytes.length < length) return false
    const from = isLast ? bytes.length - length : 0
    return hashOf(bytes.subarray(from, from + length), salt) === hash
  })
}
