/** Bodies for tests, from as little as a test cares about. */
import type { SnapshotBody } from '#core'

/** A flag that is off unless something switches it on. */
export const flag: object = {
  type: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  seed: 's',
  offVariant: 'off',
  defaultVariant: 'off',
}
export const on: object = { variant: 'on' }

/** `flags` and `segments` may be anything: what evaluators must survive was checked by nobody. */
export function bodyOf(flags: unknown, segments: unknown = {}): SnapshotBody {
  const body: unknown = {
    format: 1,
    project: 'shop',
    environment: 'production',
    audience: 'server',
    revision: 9,
    configs: {},
    secrets: {},
    flags,
    segments,
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose where a test wants it
  return body as SnapshotBody
}
