/**
 * The formats of JSON Schema 2020-12 §7.3. Each takes a text and answers in time linear in it: every expression here
 * has one way only to read a text. A format that is not here says nothing, as the specification wants.
 */
import { parsePattern } from './pattern-parser.ts'

type Format = (text: string) => boolean

export function formatNamed(name: string): Format | undefined {
  return Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[zZ]|([+-])(\d\d):(\d\d))$/

const isDate: Format = (text) => {
  const match = DATE.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (days[month - 1] ?? 0)
}

const isTime: Format = (text) => {
  const match = TIME.exec(text)
  if (!match) return false
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [zoneHour, zoneMinute] = [Number(match[5] ?? 0), Number(match[6] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || zoneHour > 23 || zoneMinute > 59) return false
  if (second < 60) return true
  // A leap second is the last of a day in UTC.
  const offset = (zoneHour * 60 + zoneMinute) * (match[4] === '-' ? -1 : 1)
  return (hour * 60 + minute - offset + 2880) % 1440 === 1439
}

const isDateTime: Format = (text) =>
  /^[tT]$/.test(text.charAt(10)) && isDate(text.slice(0, 10)) && isTime(text.slice(11))

const DURATION =
  /^P(?:\d+W|(?=\d|T)(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)$/

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const isIpv4: Format = (text) => IPV4.test(text)

const isIpv6: Format = (text) => {
  const last = text.lastIndexOf(':')
  let address = text
  let room = 8
  if (text.includes('.')) {
    if (last < 0 || !isIpv4(text.slice(last + 1))) return false
    room = 6
    address = text.slice(0, last)
    // `::1.2.3.4` leaves `:`, whose second half the address began with.
    if (address.endsWith(':')) address += ':'
  }
  const halves = address.split('::')
  if (halves.length > 2 || (address === '' && room === 8)) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  return halves.length === 2 ? groups.length < room : groups.length === room
}

const LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/
const isHostname: Format = (text) =>
  text.length <= 253 &&
  text.split('.').every((label) => LABEL.test(label) && isLabelOfHost(label.toLowerCase()))

/** `--` in the third and fourth place is for A-labels, which must be the form of something. */
function isLabelOfHost(label: string): boolean {
  if (label.slice(2, 4) !== '--') return true
  if (!label.startsWith('xn--')) return false
  const decoded = decodePunycode(label.slice(4))
  return decoded !== undefined && isLabel(decoded) && decoded.some((point) => point > 127)
}

/** RFC 3492 §6.2; undefined for what is none. */
function decodePunycode(text: string): readonly number[] | undefined {
  const dash = text.lastIndexOf('-')
  const points = Array.from(dash > 0 ? text.slice(0, dash) : '', (c) => c.charCodeAt(0))
  let [n, i, bias] = [128, 0, 72]
  for (let at = dash > 0 ? dash + 1 : 0; at < text.length;) {
    const before = i
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = digitOf(text.charCodeAt(at++))
      if (digit === undefined || i > 0x7fffffff) return undefined
      i += digit * weight
      const threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias
      if (digit < threshold) break
      weight *= 36 - threshold
    }
    const size = points.length + 1
    let delta = Math.floor((i - before) / (before === 0 ? 700 : 2))
    delta += Math.floor(delta / size)
    let k = 0
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35)
    bias = k + Math.floor((36 * delta) / (delta + 38))
    n += Math.floor(i / size)
    i %= size
    if (n > 0x10ffff) return undefined
    points.splice(i++, 0, n)
  }
  return points
}

function digitOf(c: number): number | undefined {
  if (c >= 97 && c <= 122) return c - 97
  return c >= 48 && c <= 57 ? c - 22 : undefined
}

/** Letters, marks and digits, and the signs that RFC 5892 allows in some company. */
const LABEL_POINT =
  /^[\p{L}\p{M}\p{N}\-\u00b7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u3007\u30fb\u200c\u200d]$/u
/** What RFC 5892 §2.6 refuses though it is a letter or a number. */
const REFUSED = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/u

function isLabel(points: readonly number[]): boolean {
  const chars = points.map((point) => String.fromCodePoint(point))
  const text = chars.join('')
  if (text === '' || text.startsWith('-') || text.endsWith('-') || text.slice(2, 4) === '--')
    return false
  if (/^\p{M}/u.test(text) || REFUSED.test(text) || !chars.every((c) => LABEL_POINT.test(c)))
    return false
  const isArabic = /[\u0660-\u0669]/.test(text) && /[\u06f0-\u06f9]/.test(text)
  return !isArabic && chars.every((c, at) => isInContext(c, chars[at - 1], chars[at + 1], text))
}

/** RFC 5892, appendix A. */
function isInContext(
  c: string,
  before: string | undefined,
  after: string | undefined,
  text: string,
): boolean {
  switch (c) {
    case '\u00b7':
      return before === 'l' && after === 'l'
    case '\u0375':
      return after !== undefined && /\p{Script=Greek}/u.test(after)
    case '\u05f3':
    case '\u05f4':
      return before !== undefined && /\p{Script=Hebrew}/u.test(before)
    case '\u30fb':
      return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text)
    case '\u200c':
    case '\u200d':
      return before !== undefined && VIRAMA.test(before)
    default:
      return true
  }
}

const VIRAMA =
  /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0e3a\u0f84\u1039\u103a\u1714\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua8c4\ua953\ua9c0\uaaf6\uabed]/

const isIdnHostname: Format = (text) => {
  const labels = text.split(/[.\u3002\uff0e\uff61]/)
  return (
    text.length <= 253 &&
    labels.every((label) => {
      if (/^[\0-\x7f]*$/.test(label)) return LABEL.test(label) && isLabelOfHost(label.toLowerCase())
      // Its A-label has 63 characters at most, `xn--` and some for each character among them.
      return isLabel(Array.from(label, (c) => c.codePointAt(0) ?? 0)) && label.length < 60
    })
  )
}

const ATOM = /^[\w!#$%&'*+\-/=?^`{|}~]+$/
const QUOTED = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/

function isEmailOf(isAtom: (atom: string) => boolean, isHost: Format): Format {
  return (text) => {
    const at = text.lastIndexOf('@')
    if (at < 1 || text.length > 320) return false
    const [local, host] = [text.slice(0, at), text.slice(at + 1)]
    if (!QUOTED.test(local) && !local.split('.').every(isAtom)) return false
    if (!host.startsWith('[')) return isHost(host)
    const literal = host.slice(1, -1)
    if (!host.endsWith(']')) return false
    return literal.startsWith('IPv6:') ? isIpv6(literal.slice(5)) : isIpv4(literal)
  }
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/
const PORT = /^\d*$/

/** RFC 3986, or 3987 when characters past ASCII are allowed. */
function isReferenceOf(international: boolean, absolute: boolean): Format {
  const extra = international
    ? '\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}\\u{10000}-\\u{efffd}'
    : ''
  const inside = (signs: string): RegExp =>
    new RegExp(`^(?:[A-Za-z0-9\\-._~!$&'()*+,;=${signs}${extra}]|%[0-9A-Fa-f]{2})*$`, 'u')
  const path = inside(':@\\/')
  const rest = inside(':@\\/?')
  const user = inside(':')
  const name = inside('')
  const isAuthority = (text: string): boolean => {
    const at = text.lastIndexOf('@')
    if (at >= 0 && !user.test(text.slice(0, at))) return false
    const place = text.slice(at + 1)
    const bracket = /^\[([^\]]*)\](?::(\d*))?$/.exec(place)
    if (bracket) {
      const literal = bracket[1] ?? ''
      return isIpv6(literal) || /^[vV][0-9A-Fa-f]+\.[\w\-.~!$&'()*+,;=:]+$/.test(literal)
    }
    const colon = place.indexOf(':')
    if (colon < 0) return name.test(place)
    return name.test(place.slice(0, colon)) && PORT.test(place.slice(colon + 1))
  }
  return (text) => {
    const hash = text.indexOf('#')
    const fragment = hash < 0 ? '' : text.slice(hash + 1)
    const whole = hash < 0 ? text : text.slice(0, hash)
    const mark = whole.indexOf('?')
    const query = mark < 0 ? '' : whole.slice(mark + 1)
    let hierarchy = mark < 0 ? whole : whole.slice(0, mark)
    if (!rest.test(fragment) || !rest.test(query)) return false
    const colon = hierarchy.indexOf(':')
    const slash = hierarchy.indexOf('/')
    if (colon >= 0 && (slash < 0 || colon < slash)) {
      if (!SCHEME.test(hierarchy.slice(0, colon))) return false
      hierarchy = hierarchy.slice(colon + 1)
    } else if (absolute) return false
    if (!hierarchy.startsWith('//')) return path.test(hierarchy)
    const end = hierarchy.indexOf('/', 2)
    const authority = hierarchy.slice(2, end < 0 ? undefined : end)
    return isAuthority(authority) && (end < 0 || path.test(hierarchy.slice(end)))
  }
}

/** RFC 6570: what stands outside braces, and expressions. */
const URI_TEMPLATE =
  /^(?:[^\0-\x20"'<>%\\^`{|}]|%[0-9A-Fa-f]{2}|\{[+#./;?&=,!@|]?(?:\w|%[0-9A-Fa-f]{2})(?:[\w.]|%[0-9A-Fa-f]{2})*(?::[1-9]\d{0,3}|\*)?(?:,(?:\w|%[0-9A-Fa-f]{2})(?:[\w.]|%[0-9A-Fa-f]{2})*(?::[1-9]\d{0,3}|\*)?)*\})*$/u

const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u
const RELATIVE_POINTER = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/u
const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/

const isRegex: Format = (text) => {
  try {
    parsePattern(text)
    return true
  } catch (error) {
    // A back-reference is a regular expression all the same, though not one a schema here may use.
    return error instanceof SyntaxError && error.message.includes('back-reference')
  }
}

const FORMATS: Readonly<Record<string, Format>> = {
  date: isDate,
  time: isTime,
  'date-time': isDateTime,
  duration: (text) => text.length > 1 && !text.endsWith('T') && DURATION.test(text),
  email: isEmailOf((atom) => ATOM.test(atom), isHostname),
  'idn-email': isEmailOf(
    (atom) => ATOM.test(atom.replaceAll(/[^\0-\x7f]/gu, 'a')) && atom !== '',
    isIdnHostname,
  ),
  hostname: isHostname,
  'idn-hostname': isIdnHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  uri: isReferenceOf(false, true),
  'uri-reference': isReferenceOf(false, false),
  iri: isReferenceOf(true, true),
  'iri-reference': isReferenceOf(true, false),
  'uri-template': (text) => URI_TEMPLATE.test(text),
  'json-pointer': (text) => JSON_POINTER.test(text),
  'relative-json-pointer': (text) => RELATIVE_POINTER.test(text),
  regex: isRegex,
  uuid: (text) => UUID.test(text),
}
