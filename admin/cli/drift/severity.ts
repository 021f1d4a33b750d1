/** How bad a drift is. `info`: comments and layout alone. `error`: every environment, or a protected one; or instances that failed. */
export const SEVERITIES = ['info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]
