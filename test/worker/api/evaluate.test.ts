/** What a flag would answer and why, at any revision and time. The steps themselves: test/sdk/core/explain.test.ts. */
import { expect, test } from 'vitest'
import { booleanFlag, call, done, newProject, reason } from './support.ts'

const NOON_MS = Date.UTC(2026, 0, 1, 12)

async function projectWithRollout(): Promise<string> {
  const project = await newProject()
  const operations = [
    { op: 'putSegment', key: 'staff', ids: ['ada'] },
    { op: 'putFlag', key: 'checkout', ...booleanFlag, seed: 's', offVariant: 'off' },
    { op: 'putFlag', key: 'other', ...booleanFlag, defaultVariant: 'on' },
    {
      op: 'putFlagEnvironment',
      key: 'checkout',
      environment: 'production',
      enabled: true,
      defaultVariant: 'off',
      rules: [
        { id: 'staff', when: { operator: 'inSegment', value: 'staff' }, serve: { variant: 'on' } },
        { id: 'night', startMs: NOON_MS, serve: { variant: 'on' } },
      ],
    },
  ]
  await done('POST', `${project}/changes`, { body: { reason, operations } })
  return project
}

test('one flag is explained: each step, the rule that served, the segment that was asked', async () => {
  const project = await projectWithRollout()
  const answer = await done('POST', `${project}/environments/production/evaluate`, {
    body: { flag: 'checkout', context: { targetingKey: 'bob' }, atMs: NOON_MS - 1 },
  })
  expect(answer.body).toEqual({
    revision: 2,
    results: [
      {
        flagKey: 'checkout',
        value: false,
        variant: 'off',
        reason: 'DEFAULT',
        flagMetadata: { revision: 2 },
        steps: [
          { step: 'enabled', enabled: true, outcome: 'passed' },
          { step: 'targets', outcome: 'not matched' },
          {
            step: 'rule',
            id: 'staff',
            outcome: 'not matched',
            when: {
              operator: 'inSegment',
              value: 'staff',
              holds: false,
              why: 'in no such segment',
            },
          },
          {
            step: 'rule',
            id: 'night',
            outcome: 'outside schedule',
            schedule: { startMs: NOON_MS },
          },
          { step: 'default', outcome: 'served', variant: 'off' },
        ],
        segments: { staff: { contains: false, why: 'not listed' } },
      },
    ],
  })
})

test('the time asked about decides schedules, not the time of asking', async () => {
  const project = await projectWithRollout()
  const at = async (atMs: number) =>
    (
      await done('POST', `${project}/environments/production/evaluate`, {
        body: { flag: 'checkout', context: {}, atMs },
      })
    ).body['results']
  expect(await at(NOON_MS - 1)).toMatchObject([{ value: false }])
  expect(await at(NOON_MS)).toMatchObject([{ value: true, flagMetadata: { ruleId: 'night' } }])
})

test('without a flag all of them are answered, and none is explained', async () => {
  const project = await projectWithRollout()
  const answer = await done('POST', `${project}/environments/production/evaluate`, {
    body: { context: { targetingKey: 'ada' }, atMs: 0 },
  })
  expect(answer.body['results']).toEqual([
    {
      flagKey: 'checkout',
      value: true,
      variant: 'on',
      reason: 'TARGETING_MATCH',
      flagMetadata: { revision: 2, ruleId: 'staff' },
    },
    { flagKey: 'other', reason: 'DISABLED', flagMetadata: { revision: 2 } },
  ])
})

test('an earlier revision is explained with the flags and segments it had', async () => {
  const project = await projectWithRollout()
  await done('PUT', `${project}/segments/staff`, { body: { ids: [], reason } })
  const ask = async (revision?: number) =>
    (
      await done('POST', `${project}/environments/production/evaluate`, {
        body: {
          flag: 'checkout',
          context: { targetingKey: 'ada' },
          atMs: 0,
          ...(revision !== undefined && { revision }),
        },
      })
    ).body
  expect(await ask(2)).toMatchObject({ revision: 2, results: [{ value: true }] })
  expect(await ask()).toMatchObject({ revision: 3, results: [{ value: false }] })
  expect(await ask(1)).toMatchObject({
    results: [{ errorCode: 'FLAG_NOT_FOUND', steps: [], segments: {} }],
  })
  const future = await call('POST', `${project}/environments/production/evaluate`, {
    body: { context: {}, revision: 99 },
  })
  expect(future.status).toBe(404)
})
