/** Instants as conditions compare them: RFC 3339 with zone, or milliseconds since 1970. No clock, no local time. */

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/**
 * Milliseconds since 1970 of a finite number (itself), an RFC 3339 text with zone or a `Date`; NaN for anything else.
 *
 * Digits past the milliseconds are dropped; second 60 is the next minute's 0 (a leap second has no number of its own).
 */
export function toEpochMs(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN
  if (typeof value === 'string') return parseInstant(value)
  // Not instanceof: a Date may come from another realm.
  if (Object.prototype.toString.call(value) !== '[object Date]') return Number.NaN
  const ms = Number(value)
  return Number.isFinite(ms) ? ms : Number.NaN
}

function parseInstant(text: string): number {
  const match = RFC_3339.exec(text)
  if (!match) return Number.NaN
  const part = (i: number): number => Number(match[i] ?? 0)
  const [year, month, day, hour, minute, second] = [
    part(1),
    part(2),
    part(3),
    part(4),
    part(5),
    part(6),
  ]
  const [offsetHour, offsetMinute] = [part(9), part(10)]
  const isValid =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second <= 60 &&
    offsetHour < 24 &&
    offsetMinute < 60
  if (!isValid) return Number.NaN
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute)
  const minutes = daysSince1970(year, month, day) * 1440 + hour * 60 + minute - offset
  return (minutes * 60 + second) * 1000 + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** In the proleptic Gregorian calendar: years counted from March, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return (
    y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
  )
}
