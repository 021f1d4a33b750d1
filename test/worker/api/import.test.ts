import { expect, test } from 'vitest'
import { call, done, newProject } from './support.ts'

const document = {
  flags: {
    banner: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [{ '===': [{ var: 'plan' }, 'pro'] }, 'on'] },
    },
    color: {
      state: 'ENABLED',
      variants: { red: '#f00', blue: '#00f' },
      defaultVariant: 'red',
      targeting: {
        fractional: [{ var: 'email' }, ['red', { '%': [{ var: 'age' }, 100] }], ['blue', 50]],
      },
    },
  },
}

test('a flagd document is one revision; what was not carried over is listed', async () => {
  const project = await newProject()
  const path = `${project}/import?from=flagd&environment=production`
  const dry = await done('POST', `${path}&dryRun=true`, { body: document })
  expect(dry.body).toMatchObject({ dryRun: true, imported: { flags: 1, segments: 0, configs: 0 } })
  expect((await call('GET', `${project}/flags/banner`)).status).toBe(404)

  const imported = await done('POST', path, { body: document })
  expect(imported.body).toMatchObject({
    revision: 2,
    imported: { flags: 1 },
    skipped: [{ path: '/flags/color/targeting/fractional/1/1' }],
  })
  const evaluated = await done('POST', `${project}/environments/production/evaluate`, {
    body: { flag: 'banner', context: { plan: 'pro' } },
  })
  expect(evaluated.body['results']).toMatchObject([{ value: true }])
  const revision = await done('GET', `${project}/revisions/2`)
  expect(revision.body).toMatchObject({ kind: 'import', reason: 'Imported from flagd' })
})

test('an import that carries nothing over makes no revision', async () => {
  const project = await newProject()
  const { color } = document.flags
  const answer = await done('POST', `${project}/import?from=flagd&environment=production`, {
    body: { flags: { color } },
  })
  expect(answer.body).toMatchObject({ revision: 1, imported: { flags: 0 }, skipped: [{}] })
})

test('an unknown vendor is refused with the ones there are', async () => {
  const project = await newProject()
  const answer = await call('POST', `${project}/import?from=nobody&environment=production`, {
    body: document,
  })
  expect(answer.status).toBe(422)
  expect(answer.body['errors']).toMatchObject([
    { path: '?from', message: expect.stringContaining('flagd') },
  ])
})

test('a document that is not the vendor’s is refused at its place', async () => {
  const project = await newProject()
  const answer = await call('POST', `${project}/import?from=flagd&environment=production`, {
    body: { flags: { f: { state: 'ON', variants: { on: true, off: 'no' } } } },
  })
  expect(answer.status).toBe(422)
  expect(answer.body['errors']).toMatchObject([
    { path: '/flags/f/state' },
    { path: '/flags/f/variants/off' },
  ])
})

test('an environment that is not there is refused', async () => {
  const project = await newProject()
  const answer = await call('POST', `${project}/import?from=flagd&environment=nowhere`, {
    body: document,
  })
  expect(answer.status).toBeGreaterThanOrEqual(404)
  expect(answer.status).toBeLessThan(500)
})
