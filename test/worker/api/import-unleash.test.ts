/** Unleash through the door: what is stored answers as it did there, with Unleash's own arithmetic. */
import { expect, test } from 'vitest'
import { done, newProject } from './support.ts'

const document = {
  version: 2,
  segments: [
    {
      id: 1,
      name: 'norway',
      constraints: [{ contextName: 'country', operator: 'IN', values: ['no'] }],
    },
  ],
  features: [
    {
      name: 'Handlevogn 🛒',
      enabled: true,
      strategies: [
        { name: 'default', segments: [1] },
        {
          name: 'flexibleRollout',
          parameters: { rollout: '50', stickiness: 'userId', groupId: 'g' },
        },
        { name: 'ourOwn' },
      ],
      variants: [{ name: 'red', weight: 1000, payload: { type: 'string', value: '#f00' } }],
    },
  ],
}

test('an Unleash document becomes flags and segments, with what was left listed', async () => {
  const project = await newProject()
  const path = `${project}/import?from=unleash&environment=production`
  const imported = await done('POST', path, { body: document })
  expect(imported.body).toMatchObject({
    revision: 2,
    imported: { flags: 2, segments: 1 },
    skipped: [{ path: '/features/0/strategies/2/name' }],
  })
  const key = 'utf8-Handlevogn-20-f0-9f-9b-92'
  const ask = (context: object) =>
    done('POST', `${project}/environments/production/evaluate`, { body: { flag: key, context } })
  expect((await ask({ country: 'no' })).body['results']).toMatchObject([
    { value: true, variant: 'on' },
  ])
  // Unleash puts user 2 at 4 % of this rollout and user 1 at 85 %.
  const inside = await ask({ country: 'se', userId: '2' })
  expect(inside.body['results']).toMatchObject([
    { value: true, flagMetadata: { ruleId: 'strategy-2' } },
  ])
  const outside = await ask({ country: 'se', userId: '1' })
  expect(outside.body['results']).toMatchObject([{ value: false }])
})
