/** The route of what running instances say of themselves (SNAPSHOT.md §4.2). */
import * as v from 'valibot'
import { INSTANCE_STATES } from '#core'
import { listOf } from '../answer.ts'
import { environmentQuery } from '../query.ts'
import type { Route } from '../route.ts'
import { named } from '../schema.ts'

const count = v.number()

const revisionCount = v.object({
  revision: v.number(),
  deployment: v.exactOptional(v.string()),
  applying: count,
  applied: count,
  failed: count,
  stale: count,
  quarantined: count,
})

const fleet = named(
  'Fleet',
  v.object({
    /** Those that reported within three heartbeats, or have a stream. */
    instances: count,
    /** Open streams, also of instances that report nothing. */
    sockets: count,
    byRevision: listOf(revisionCount),
    failures: listOf(
      v.object({
        instance: v.string(),
        revision: v.number(),
        code: v.string(),
        config: v.exactOptional(v.string()),
      }),
    ),
    wanted: v.nullable(
      v.object({
        epoch: v.number(),
        seq: v.number(),
        revision: v.number(),
        candidate: v.exactOptional(v.number()),
        announcedAtMs: v.number(),
      }),
    ),
    /** Instances that do not serve what they should. */
    behind: count,
    stragglers: listOf(
      v.object({
        instance: v.string(),
        state: v.picklist(INSTANCE_STATES),
        revision: v.number(),
        labels: v.exactOptional(v.record(v.string(), v.string())),
        atMs: v.number(),
      }),
    ),
    labels: listOf(
      v.object({
        label: v.string(),
        value: v.string(),
        instances: count,
        failed: count,
        behind: count,
      }),
    ),
    sdks: listOf(v.object({ name: v.string(), version: v.string(), instances: count })),
    secretVersions: listOf(v.object({ secret: v.string(), version: v.number(), instances: count })),
    /** Override files in effect, by `seq`; 0: none. */
    overrides: listOf(
      v.object({ seq: v.number(), error: v.exactOptional(v.string()), instances: count }),
    ),
    history: listOf(
      v.object({
        revision: v.number(),
        announcedAtMs: v.number(),
        instances: count,
        applied: count,
        failed: count,
        /** By `convergenceBoundsMs`; the last: later than all of them. */
        within: listOf(count),
      }),
    ),
  }),
)

export const fleetRoutes = {
  getFleet: {
    method: 'GET',
    path: '/projects/:project/fleet',
    action: 'fleet.read',
    environmentIn: 'query',
    summary:
      'Answers what running instances report: which revision they serve, who failed, who is behind.',
    notes:
      'By audience. Lists are bounded: failures and stragglers 100, labels, SDKs, secret versions and override files 200 each, history 50 revisions.',
    query: environmentQuery,
    answer: v.object({
      environment: v.string(),
      convergenceBoundsMs: listOf(v.number()),
      server: fleet,
      client: fleet,
    }),
  },
} as const satisfies Readonly<Record<string, Route>>
