/**
 * Addresses and ranges as Unleash's SDK reads them. Not our `ipInCidr`: there a range may lack its prefix, a range that
 * cannot be read is passed over, and an IPv4-mapped IPv6 address stays an IPv6 one.
 */

export interface IpRange {
  /** 4 groups of 8 bits or 8 groups of 16 bits. */
  readonly groups: readonly number[]
  /** Bits. */
  readonly prefix: number
}

/** Undefined when `text` is neither an IPv4 nor an IPv6 address, with or without `/<prefix>`. */
export function parseIpRange(text: string): IpRange | undefined {
  return parseV4(text) ?? parseV6(text)
}

/** Whether `address` lies in `range`, both of the same family. A range lies in a range that is at least as wide. */
export function isInRange(address: IpRange, range: IpRange): boolean {
  const count = range.groups.length
  if (address.groups.length !== count) return false
  const bits = count === 4 ? 8 : 16
  // The same address is "in" whatever the prefixes.
  const prefix = address.prefix < range.prefix ? count * bits : range.prefix
  return range.groups.every((group, i) => {
    const kept = Math.min(Math.max(prefix - i * bits, 0), bits)
    return (group ^ (address.groups[i] ?? 0)) >> (bits - kept) === 0
  })
}

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const V4 = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}(?:/(\\d{1,2}))?$`)
// The tail of an IPv6 address written as IPv4.
const V4_TAIL = new RegExp(`^(.*:)${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`)
const V6 = /^([\da-f:.]{2,45})(?:%.*)?$/i
const GROUP = /^[\da-f]{1,4}$/i

function parseV4(text: string): IpRange | undefined {
  const match = V4.exec(text)
  if (match === null) return undefined
  const prefix = Number(match[5] ?? 32)
  return prefix > 32 ? undefined : { groups: match.slice(1, 5).map(Number), prefix }
}

function parseV6(text: string): IpRange | undefined {
  const [, written] = /\/(\d{1,3})(?=%|$)/.exec(text) ?? []
  const prefix = Number(written ?? 128)
  const [, address] = V6.exec(text.replace(/\/\d{1,3}(?=%|$)/, '')) ?? []
  if (address === undefined || prefix > 128) return undefined
  const [, head = address, a, b, c, d] = V4_TAIL.exec(address) ?? []
  const tail =
    a === undefined
      ? ''
      : [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)]
          .map((n) => n.toString(16))
          .join(':')
  const halves = (head + tail).split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [first = [], last] = halves
  const elided = last === undefined ? 0 : 8 - first.length - last.length
  if (halves.length > 2 || (last !== undefined && elided < 1)) return undefined
  const groups = [...first, ...Array.from({ length: elided }, () => '0'), ...(last ?? [])]
  if (groups.length !== 8 || !groups.every((group) => GROUP.test(group))) return undefined
  return { groups: groups.map((group) => Number.parseInt(group, 16)), prefix }
}
