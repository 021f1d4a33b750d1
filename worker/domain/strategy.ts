/** How new content is released: from the settings of an environment to shares and times. Pure; docs/deployments.md. */
import { SHARE_PARTS } from '#core'
import type { CustomStrategy, EnvironmentItem, FreezeWindow, NamedRing, StrategyName } from '#core'

const MINUTE_MS = 60_000

/** Steps of one deployment. */
export interface Plan {
  /** Parts of 100,000, by step; they never fall, and the last is all. 0 for the steps that are rings. */
  readonly shares: readonly number[]
  /** Let in one after the other, in the first steps. */
  readonly rings?: readonly NamedRing[]
  /** How long each step but the last stands. */
  readonly stepMs: number
  /** How long the last one is watched. */
  readonly bakeMs: number
}

const ALL_AT_ONCE: Plan = { shares: [SHARE_PARTS], stepMs: 0, bakeMs: 0 }

const PLANS: Readonly<Record<StrategyName, Plan>> = {
  'all-at-once': ALL_AT_ONCE,
  // AWS AppConfig's recommended one: a fifth every 6 minutes, half an hour of watching.
  'linear-20-6m': {
    shares: percents(20, 40, 60, 80, 100),
    stepMs: 6 * MINUTE_MS,
    bakeMs: 30 * MINUTE_MS,
  },
  'canary-10-20m': {
    shares: percents(10, 100),
    stepMs: 20 * MINUTE_MS,
    bakeMs: 10 * MINUTE_MS,
  },
  'ramp-1-5-10-25-50-100': {
    shares: percents(1, 5, 10, 25, 50, 100),
    stepMs: 10 * MINUTE_MS,
    bakeMs: 30 * MINUTE_MS,
  },
}

/** Names that may stand in the settings of an environment. */
export const STRATEGY_NAMES: readonly string[] = Object.keys(PLANS)

export function isStrategyName(value: unknown): value is StrategyName {
  return typeof value === 'string' && Object.hasOwn(PLANS, value)
}

export type Strategy = StrategyName | CustomStrategy

/** What an environment goes by. */
export function strategyOf(
  environment: Pick<EnvironmentItem, 'protected' | 'deployment'>,
): Strategy {
  return environment.deployment ?? (environment.protected ? 'linear-20-6m' : 'all-at-once')
}

export function isAllAtOnce(strategy: Strategy): boolean {
  const { shares, bakeMs } = planOf(strategy)
  return shares.length === 1 && bakeMs === 0
}

export function planOf(strategy: Strategy): Plan {
  if (typeof strategy === 'string') return PLANS[strategy]
  const { growth, factor, minutes, bake, rings } = strategy
  const shares: number[] = (rings ?? []).map(() => 0)
  for (
    let percent = factor;
    percent < 100;
    percent = growth === 'LINEAR' ? percent + factor : percent * 2
  ) {
    shares.push(...percents(percent))
  }
  return {
    shares: [...shares, SHARE_PARTS],
    ...(rings && { rings }),
    stepMs: Math.round(minutes * MINUTE_MS),
    bakeMs: Math.round(bake * MINUTE_MS),
  }
}

/** How long content stands that nobody knows before a person may give it to everybody. */
export function firstStepMs({ shares, stepMs, bakeMs }: Plan): number {
  return shares.length > 1 ? stepMs : bakeMs
}

/** For people: the name, or the numbers of a custom one. */
export function describeStrategy(strategy: Strategy): string {
  if (typeof strategy === 'string') return strategy
  const { growth, factor, minutes, bake, rings = [] } = strategy
  const first = rings.map(({ name }) => name).join(', ')
  const then = `${growth} ${factor} % every ${minutes} min, bake ${bake} min`
  return first === '' ? then : `rings ${first}, then ${then}`
}

/** The end of the freeze that holds at `nowMs`, windows that touch taken as one; undefined: none. */
export function frozenUntilMs(
  windows: readonly FreezeWindow[] | undefined,
  nowMs: number,
): number | undefined {
  let untilMs: number | undefined
  for (const { fromMs, toMs } of [...(windows ?? [])].toSorted((a, b) => a.fromMs - b.fromMs)) {
    const at = untilMs ?? nowMs
    if (fromMs <= at && at < toMs) untilMs = toMs
  }
  return untilMs
}

function percents(...values: readonly number[]): number[] {
  return values.map((percent) => (percent * SHARE_PARTS) / 100)
}
