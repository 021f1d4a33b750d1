/** The five questions every evaluator is asked, and whom they are asked about. */

/** One evaluation of the nth context; true when it served `on`. */
export type Ask = (n: number) => boolean | Promise<boolean>

/** Each with the share of contexts that get `on`, and how far a measured share may be from it. */
export const CASES = {
  off: { title: 'a flag that is off', share: 0 },
  rollout: { title: 'a 25 % rollout', share: 0.25 },
  targeted: { title: 'country in 5 and plan equals, then 50/50', share: 0.25 },
  rules: { title: '20 rules with semver and contains, the last matches', share: 1 },
  segment: { title: 'a segment of 10,000 ids, half of them asked', share: 0.5 },
} as const

export type CaseName = keyof typeof CASES

export interface Peer {
  readonly name: string
  /** A case that the peer has no words for says so instead. */
  readonly cases: Readonly<Record<CaseName, Ask | string>>
  readonly close?: () => void | Promise<void>
}

export const IDS = 10_000
export const COUNTRIES = ['AT', 'CH', 'DE', 'FR', 'IT']
export const SEED = 'c0ffee'

/** Flat strings, as they come out of a request; one built by concatenation costs extra to hash. */
function flat(texts: readonly string[]): string[] {
  const parsed: unknown = JSON.parse(JSON.stringify(texts))
  return Array.isArray(parsed) ? parsed.map(String) : []
}

function idOf(n: number): string {
  const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-a${hex.slice(4, 7)}-${hex}${hex.slice(4)}`
}

export const ids: readonly string[] = flat(Array.from({ length: IDS }, (_, n) => idOf(n)))

/** Every second id that is asked about, and as many others. */
export const members: readonly string[] = flat([
  ...ids.filter((_, n) => n % 2 === 0),
  ...Array.from({ length: IDS / 2 }, (_, n) => idOf(n + IDS)),
])

const emails = flat(ids.map((_, n) => `user${n}@team20.example.com`))
const versions = flat(ids.map((_, n) => `2.${n % 10}.${n % 7}`))

export interface Subject {
  readonly id: string
  readonly country: string
  readonly plan: string
  readonly version: string
  readonly email: string
}

/** The nth context of every peer has this in it. */
export const subjects: readonly Subject[] = ids.map((id, n) => ({
  id,
  country: at([...COUNTRIES, 'US'], n),
  plan: n % 5 < 3 ? 'pro' : 'free',
  version: at(versions, n),
  email: at(emails, n),
}))

/** `version >= 1.<n>.0` and `email` contains this: the last of 20 alone holds, and both parts of all are looked at. */
export const RULES: readonly { readonly version: string; readonly email: string }[] = Array.from(
  { length: 20 },
  (_, n) => ({ version: `1.${n}.0`, email: `@team${n + 1}.` }),
)

export function at<T>(list: readonly T[], n: number): T {
  const element = list[n % list.length]
  if (element === undefined) throw new Error('an empty list')
  return element
}
