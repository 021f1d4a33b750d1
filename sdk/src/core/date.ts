/** Instants as conditions compare them: RFC 3339 with zone, or milliseconds since 1970. No clock, no local time. */

// Months, hours, minutes and seconds out of range do not match; days are checked against the month.
const RFC_3339 =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d{1,3})\d*)?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i

/**
 * Milliseconds since 1970 of a finite number (itself), an RFC 3339 text with zone or a `Date`; NaN for anything else.
 *
 * Digits past the milliseconds are dropped; second 60 is the next minute's 0 (a leap second has no number of its own).
 */
export function toEpochMs(value: unknown): number {
  if (typeof value === 'string') return parseInstant(value)
  // Not instanceof: a Date may come from another realm.
  const isDate = Object.prototype.toString.call(value) === '[object Date]'
  const ms = typeof value === 'number' || isDate ? Number(value) : Number.NaN
  return Number.isFinite(ms) ? ms : Number.NaN
}

function parseInstant(text: string): number {
  const match = RFC_3339.exec(text)
  if (!match) return Number.NaN
  const part = (i: number): number => Number(match[i] ?? 0)
  const [year, month, day] = [part(1), part(2), part(3)]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  // Months have 31 and 30 days in turn, and twice 31 in July and August.
  const days = month === 2 ? 28 + Number(isLeap) : 30 + ((month + (month >> 3)) & 1)
  if (day < 1 || day > days) return Number.NaN
  const offset = (part(9) * 60 + part(10)) * (match[8] === '-' ? -1 : 1)
  const minutes = daysSince1970(year, month, day) * 1440 + part(4) * 60 + part(5) - offset
  return (minutes * 60 + part(6)) * 1000 + Number(`${match[7] ?? 0}00`.slice(0, 3))
}

/** In the proleptic Gregorian calendar: years counted from March, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day
  const leapDays = (y >> 2) - Math.floor(y / 100) + Math.floor(y / 400)
  return y * 365 + leapDays + dayOfYear - 719_469
}
