/** `POST /v1/samples` from outside, and what a dry run makes of it. */
import { beforeEach, describe, expect, test } from 'vitest'
import { hashText } from '#core'
import { booleanFlag, done, newProject, reason } from '../api/support.ts'
import { bearer, refusal } from '../support/http.ts'
import { send } from '../support/requests.ts'

let project: string
let key: string

const settings = (plan: string) => ({
  enabled: true,
  defaultVariant: 'off',
  rules: [
    {
      id: 'r',
      when: { attribute: 'plan', operator: 'equals', value: plan },
      serve: { variant: 'on' },
    },
  ],
})

beforeEach(async () => {
  project = await newProject()
  await done('PUT', `${project}/flags/checkout`, { body: { ...booleanFlag, reason } })
  await done('PUT', `${project}/flags/checkout/environments/production`, {
    body: { ...settings('pro'), reason },
  })
  const made = await done('POST', `${project}/keys`, {
    body: { name: 'app', environment: 'production', audience: 'server', reason },
  })
  key = String(made.body['key'])
})

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  send('/v1/samples', {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const sample = (user: string, plan?: string) => ({
  flag: 'checkout',
  key: hashText(user) >>> 0,
  ...(plan === undefined ? {} : { attributes: { plan } }),
})

const changes = (dryRun: boolean, plan = 'free') =>
  done('POST', `${project}/changes?dryRun=${dryRun}`, {
    body: {
      reason,
      operations: [
        {
          op: 'putFlagEnvironment',
          key: 'checkout',
          environment: 'production',
          ...settings(plan),
        },
      ],
    },
  })

test('a dry run says which share of recent evaluations would change, and how', async () => {
  expect((await changes(true)).body).not.toHaveProperty('impact')
  const taken = await post({
    samples: [
      sample('ada', 'pro'),
      sample('bob', 'free'),
      sample('eve', 'free'),
      sample('dan', 'team'),
      sample('joe'),
      { ...sample('ada', 'pro'), flag: 'nobody' },
    ],
  })
  expect(taken.status).toBe(202)
  expect(taken.headers.get('access-control-allow-origin')).toBe('*')
  expect((await changes(true)).body['impact']).toEqual([
    {
      environment: 'production',
      flag: 'checkout',
      samples: 5,
      changed: 3,
      unknown: 1,
      moves: [
        { from: 'off', to: 'on', samples: 2 },
        { from: 'on', to: 'off', samples: 1 },
      ],
    },
  ])
  expect((await changes(true, 'pro')).body).not.toHaveProperty('impact')
  expect((await changes(false)).body).not.toHaveProperty('impact')
})

test('samples are in no export, no audit and no revision', async () => {
  await post({ samples: [sample('ada', 'a-very-rare-plan')] })
  for (const path of ['export', 'audit', 'revisions']) {
    expect(JSON.stringify((await done('GET', `${project}/${path}`)).body)).not.toContain(
      'a-very-rare-plan',
    )
  }
})

describe('refused', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{', '400 malformed_json'],
    ['no samples', {}, '422 invalid'],
    ['a targeting key', { samples: [{ flag: 'a', targetingKey: 'ada' }] }, '422 invalid'],
    ['more than 256 KiB', ' '.repeat(262_145), '413 too_large'],
  ])('is %s', async (_, body, expected) => {
    expect(await refusal(await post(body))).toBe(expected)
  })

  test('is whoever has no SDK key, and every method but POST', async () => {
    const other = await post({ samples: [] }, { authorization: 'Bearer nobody' })
    expect(other.status).toBe(401)
    expect((await send('/v1/samples')).status).toBe(405)
  })
})
