/** Documents such as services have: 2 kB each, every tenth with references. */
import type { JsonValue } from '#core'
import { createDice } from '../../support/random.ts'

const WORDS =
  'primary replica timeout retry pool region cache queue billing search audit mail'.split(' ')

/** About 2 kB of JSON; the same for the same `index` and `round`. */
export function documentOf(index: number, round = 0): JsonValue {
  const dice = createDice(index * 7919 + 1)
  const endpoints = dice.list(12, () => ({
    name: `${dice.pick(WORDS)}-${dice.below(1000)}`,
    url: `https://${dice.pick(WORDS)}.internal.example.com:${1024 + dice.below(60_000)}/v${dice.below(5)}`,
    timeoutMs: dice.below(10_000),
    enabled: dice.chance(0.8),
  }))
  return {
    service: `service-${index}`,
    round,
    limits: {
      requestsPerMinute: dice.below(100_000),
      burst: dice.below(1000),
      ratio: dice.below(1e6) / 1e6,
    },
    tags: dice.list(8, () => dice.pick(WORDS)),
    endpoints,
    ...(index % 10 === 0 && {
      port: '${PORT:-8080}',
      region: `\${config:service-${(index + 1) % 1000}#/tags/0}`,
    }),
  }
}
