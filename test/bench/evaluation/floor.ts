/** What nobody can be faster than: each case written by hand as one function, the seed's hash a constant. */
import { at, COUNTRIES, members, RULES, subjects, type Peer } from './cases.ts'

export function start(): Peer {
  const enabled = new Map([['off', false]])
  const countries = new Set(COUNTRIES)
  const listed = new Set(members)
  const rules = RULES.map(({ version, email }) => ({ version: numberOf(version), email }))
  return {
    name: 'by hand',
    cases: {
      off: () => enabled.get('off') ?? false,
      rollout: (n) => bucketOf(at(subjects, n).id) < 2 ** 30,
      targeted: (n) => {
        const { id, country, plan } = at(subjects, n)
        return countries.has(country) && plan === 'pro' && bucketOf(id) < 2 ** 31
      },
      rules: (n) => {
        const { version, email } = at(subjects, n)
        const given = numberOf(version)
        for (const rule of rules)
          if (given >= rule.version && email.includes(rule.email)) return true
        return false
      },
      segment: (n) => listed.has(at(subjects, n).id),
    },
  }
}

/** `1.2.3` only. */
function numberOf(version: string): number {
  let number = 0
  let part = 0
  for (let i = 0; i < version.length; i++) {
    const c = version.charCodeAt(i)
    if (c === 46) {
      number = (number + part) * 1000
      part = 0
    } else part = part * 10 + c - 48
  }
  return number + part
}

/** ASCII only. */
function bucketOf(id: string): number {
  const end = id.length & ~3
  let h = 0
  let k = 0
  for (let i = 0; i < end; i += 4) {
    k =
      id.charCodeAt(i) |
      (id.charCodeAt(i + 1) << 8) |
      (id.charCodeAt(i + 2) << 16) |
      (id.charCodeAt(i + 3) << 24)
    k = Math.imul(k, 0xcc9e2d51)
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  k = 0
  for (let i = id.length - 1; i >= end; i--) k = (k << 8) | id.charCodeAt(i)
  k = Math.imul(k, 0xcc9e2d51)
  h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  return mix(mix(h ^ id.length) ^ 0x5bd1e995) >>> 0
}

function mix(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
