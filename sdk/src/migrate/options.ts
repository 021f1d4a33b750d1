/** What the context of another system cannot say by itself. */
export interface ContextOptions {
  /** For rollouts that are random by wish: a fraction in `[0, 1)`. Default `Math.random`, called when the context is made. */
  readonly random: () => number
  /** Name of this host, for Unleash's `applicationHostname` strategy. Absent: such a strategy never matches. */
  readonly hostname?: string | undefined
}
