import { expect, test } from 'vitest'
import { bearer } from '../support/http.ts'
import { send } from '../support/requests.ts'
import { call, done, newProject, reason } from './support.ts'

test('the fleet of an environment is told by audience', async () => {
  const project = await newProject()
  const made = await done('POST', `${project}/keys`, {
    body: { name: 'app', environment: 'production', audience: 'server', reason },
  })
  const headers = { ...bearer(String(made.body['key'])), 'content-type': 'application/json' }
  const sdk = { name: 'js', version: '1' }
  const report = { instance: 'web-1', state: 'applied', revision: 1, seq: 1, sdk }
  await send('/v1/status', { method: 'POST', headers, body: JSON.stringify(report) })

  const { body } = await done('GET', `${project}/fleet?environment=production`)
  expect(body).toMatchObject({
    environment: 'production',
    server: { instances: 1, byRevision: [{ revision: 1, applied: 1 }] },
    client: { instances: 0 },
  })
  expect(JSON.stringify(body)).not.toContain('manifest')
  expect((await call('GET', `${project}/fleet?environment=nowhere`)).status).toBe(404)
  expect((await call('GET', `${project}/fleet`)).status).toBe(422)
})
