/** IP addresses and the networks they are in: RFC 4291 §2.2 and RFC 4632 texts, nothing looser (no `010.1`, no zones). */

/** The bytes of an address, 4 or 16; an IPv4-mapped IPv6 address gives 4. Undefined when it is none. */
export function parseIp(text: string): readonly number[] | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return bytes?.length === 16 && bytes.slice(0, 12).join() === '0,0,0,0,0,0,0,0,0,0,255,255'
    ? bytes.slice(12)
    : bytes
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.')
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
    ? parts.map(Number)
    : undefined
}

function parseIpv6(text: string): number[] | undefined {
  // The last 32 bits may be written as IPv4.
  const dotted = /^(.*:)([\d.]+\.[\d.]+)$/.exec(text)
  const v4 = dotted?.[2] === undefined ? undefined : parseIpv4(dotted[2])
  if (dotted && !v4) return undefined
  const halves = (v4 ? `${dotted?.[1]}${hex(v4, 0)}:${hex(v4, 2)}` : text).split('::')
  const [head = [], tail = []] = halves.map((half) => (half ? half.split(':') : []))
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  return groups.flatMap((group) => [
    Number.parseInt(group, 16) >> 8,
    Number.parseInt(group, 16) & 255,
  ])
}

const hex = (bytes: readonly number[], at: number): string =>
  (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16)

/** Whether an address (its bytes) is in the network; undefined when `cidr` is none. A bare address is a network of one. */
export function parseCidr(cidr: string): ((address: readonly number[]) => boolean) | undefined {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(cidr)
  const network = match?.[1] === undefined ? undefined : parseIp(match[1])
  if (!network) return undefined
  // A prefix written for the mapped form counts the 96 bits before it.
  const mapped = network.length === 4 && cidr.includes(':') ? 96 : 0
  const bits = match?.[2] === undefined ? network.length * 8 : Number(match[2]) - mapped
  if (bits < 0 || bits > network.length * 8) return undefined
  return (address) =>
    address.length === network.length &&
    network.every((byte, i) => {
      const kept = Math.min(8, Math.max(0, bits - i * 8))
      return ((byte ^ (address[i] ?? 0)) & (0xff00 >> kept) & 0xff) === 0
    })
}
