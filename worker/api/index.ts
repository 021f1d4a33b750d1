/** The admin HTTP API of design §10 and §12. Mount it with `app.route('/api/v1', createApi(backend))`. */
import { Hono } from 'hono'
import { problemResponse } from '../http/problem.ts'
import type { Backend } from './backend.ts'

export function createApi(backend: Backend): Hono {
  const app = new Hono()
  void backend
  app.all('*', () => problemResponse('not_found', 'There is no such route.'))
  return app
}
