/** Lengths of time as people write them. Pure. */
import { UserError } from './command.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/**
 * `500ms`, `30s`, `5m`, `1h` in milliseconds.
 *
 * @throws UserError naming the flag, for anything else and for less than `minMs`.
 */
export function readDuration(text: string, flag: string, minMs: number): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const scale =
    unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' ? UNITS[unit] : undefined
  const ms = scale === undefined ? Number.NaN : Number(digits) * scale
  if (!(ms >= minMs))
    throw new UserError(`${flag} must be a time such as 30s or 5m, at least ${minMs}ms`)
  return ms
}
