/** Where a request comes from, as far as rules ask for it. */
import { parseCidr, parseIp } from '#core'

/** Whether `address` is in one of the networks; without any, from wherever. An address that is none is in no network. */
export function isFrom(cidrs: readonly string[], address: string | null): boolean {
  if (cidrs.length === 0) return true
  const bytes = address === null ? undefined : parseIp(address)
  return bytes !== undefined && cidrs.some((cidr) => parseCidr(cidr)?.(bytes) === true)
}

/** Whether a request comes from this very machine, which it never does in production. */
export function isLoopback(address: string): boolean {
  return isFrom(['127.0.0.0/8', '::1'], address)
}
