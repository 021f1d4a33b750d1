/**
 * The admin API as one table: the Worker's router, the client and docs/api.md are made from it, so that none of them
 * can say something else. One part a noun; paths are below `/api/v1`.
 */
import type { Route } from './route.ts'
import { configRoutes } from './routes/configs.ts'
import { deploymentRoutes } from './routes/deployments.ts'
import { flagRoutes } from './routes/flags.ts'
import { fleetRoutes } from './routes/fleet.ts'
import { historyRoutes } from './routes/history.ts'
import { mirrorRoutes } from './routes/mirrors.ts'
import { schemaRoutes } from './routes/schemas.ts'
import { ownerRoutes } from './routes/owner.ts'
import { projectRoutes } from './routes/projects.ts'
import { secretRoutes } from './routes/secrets.ts'
import { segmentRoutes } from './routes/segments.ts'
import { sessionRoutes } from './routes/session.ts'

export const routes = {
  ...projectRoutes,
  ...configRoutes,
  ...flagRoutes,
  ...segmentRoutes,
  ...secretRoutes,
  ...schemaRoutes,
  ...mirrorRoutes,
  ...historyRoutes,
  ...deploymentRoutes,
  ...fleetRoutes,
  ...ownerRoutes,
  ...sessionRoutes,
} as const satisfies Readonly<Record<string, Route>>

export type Routes = typeof routes
export type RouteName = keyof Routes
