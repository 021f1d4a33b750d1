/** Validate webhooks at their project: who is asked, what a refusal, silence or somebody faster does. The network is the test. */
import { env } from 'cloudflare:workers'
import { reset, runDurableObjectAlarm } from 'cloudflare:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Operation } from '#core'
import { HOOK_MS } from '../../../worker/objects/project/hooks.ts'
import { directory } from '../support/objects.ts'
import { caller, config, flag, inside, must, override, project, put } from './support.ts'

const url = 'https://rules.example.com/validate'
const rules = { name: 'rules', url }

/** What was sent, as the runtime was told to send it. */
const sent: { readonly url: string; readonly init: RequestInit; readonly jwt: string }[] = []
const allow = () => Response.json({ allow: true })

type Answering = (init: RequestInit) => Response | Promise<Response>

const answering = (answer: Answering) =>
  inside((instance) => {
    instance.fetchHook = async (to, init) => {
      sent.push({ url: to, init, jwt: typeof init.body === 'string' ? init.body : '' })
      return answer(init)
    }
  })

/** The claims of the newest question, its signature checked as a hook would. */
async function asked() {
  const { keys } = await directory().jwks()
  const { payload, protectedHeader } = await jwtVerify(
    sent.at(-1)?.jwt ?? '',
    createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) }),
    { typ: 'driftless-validate+jwt', issuer: 'driftless', audience: url },
  )
  expect(protectedHeader.alg).toBe('ES256')
  return payload
}

const settings = {
  op: 'putConfig',
  name: 'settings',
  format: 'json',
  visibility: 'server',
} as const

const revision = async () => must(await project().info()).revision

const refused = (message: string, answered = true) => ({
  ok: false,
  error: {
    reason: 'vetoed',
    vetoes: [
      {
        hook: 'rules',
        environments: ['production'],
        answered,
        message: expect.stringContaining(message),
      },
    ],
  },
})

beforeEach(async () => {
  await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
  await reset()
  sent.length = 0
  const environments = {
    staging: { protected: false },
    production: { protected: false, validate: [rules] },
  }
  must(await project().create({ name: 'shop', epoch: 1, environments, reason: 'begin' }, caller))
  await answering(allow)
})

describe('a change of what an environment gets', () => {
  test('is put before its hook, signed, and committed when it is allowed', async () => {
    const committed = must(await put([config({ a: 1 })]))
    expect(committed.validated).toEqual([{ hook: 'rules', environments: ['production'] }])
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ url, init: { method: 'POST', redirect: 'manual' } })
    const { iat = 0, exp = 0, jti, ...question } = await asked()
    expect(exp - iat).toBe(60)
    expect(jti).toMatch(/^[0-9a-f-]{36}$/)
    expect(question).toMatchObject({
      hook: 'rules',
      project: 'shop',
      environments: ['production'],
      act: 'change',
      dryRun: false,
      revision: 1,
      author: 'tester',
      reason: 'because',
      changed: [{ kind: 'config', key: 'settings', layer: 'base', before: null }],
      content: [
        {
          environment: 'production',
          kind: 'config',
          key: 'settings',
          change: 'added',
          value: { a: 1 },
        },
      ],
      truncated: false,
    })
  })

  test('is not written when it is refused, and the audit says by whom', async () => {
    await answering(() => Response.json({ allow: false, message: 'prices must not be negative' }))
    expect(await put([config({ price: -1 })])).toEqual(refused('prices must not be negative'))
    expect(await revision()).toBe(1)
    const { items } = must(await project().audit({ limit: 1 }))
    expect(items[0]).toMatchObject({
      outcome: 'denied',
      action: 'change',
      reason: '"rules" refuses it for production: prices must not be negative.',
    })
  })

  test('of another environment asks nobody', async () => {
    must(await put([config({ a: 1 })]))
    sent.length = 0
    const { validated } = must(await put([override({ a: 2 }, 'staging')]))
    expect([validated, sent.length]).toEqual([undefined, 0])
  })

  test('asks in a dry run too, which says so and writes nothing', async () => {
    const dry = must(await put([config({ a: 1 })], { dryRun: true }))
    expect(dry).toMatchObject({ dryRun: true, validated: [{ hook: 'rules' }] })
    expect(await asked()).toMatchObject({ dryRun: true })
    expect(await revision()).toBe(1)
    await answering(() => Response.json({ allow: false, message: 'no' }))
    expect(await put([config({ a: 1 })], { dryRun: true })).toEqual(refused('no'))
  })

  test('is asked about once by a retry with the same Idempotency-Key', async () => {
    const idempotency = { key: 'k', requestSha256: 'ab'.repeat(32) }
    must(await put([config({ a: 1 })], { base: 1, idempotency }))
    await answering(() => Response.json({ allow: false }))
    const again = must(await put([config({ a: 1 })], { base: 1, idempotency }))
    expect([again.revision, again.replayed, sent.length]).toEqual([2, true, 1])
  })

  test('goes back without asking', async () => {
    must(await put([config({ a: 1 })]))
    must(await put([config({ a: 2 })]))
    await answering(() => Response.json({ allow: false, message: 'down for good' }))
    must(await project().rollback({ to: 2, reason: 'bad' }, { caller, base: '*' }))
    expect(sent).toHaveLength(2)
  })

  test('is refused for what is wrong with it before anybody is asked', async () => {
    const broken: Operation = { ...settings, source: '{' }
    expect(await put([broken])).toMatchObject({ ok: false, error: { reason: 'invalid' } })
    expect(await put([config({ a: 1 })], { base: 7 })).toMatchObject({
      error: { reason: 'revision_conflict' },
    })
    expect(sent).toEqual([])
  })

  test('a hook that is down can be taken away, but not together with content', async () => {
    await answering(() => new Response('', { status: 503 }))
    const off: Operation = { op: 'updateEnvironment', environment: 'production', validate: null }
    expect(await put([off, config({ a: 1 })])).toEqual(refused('it answered 503', false))
    must(await put([off]))
    must(await put([config({ a: 1 })]))
  })

  test('what is allowed is what is written, random seeds too', async () => {
    must(await put([flag()]))
    const { content } = await asked()
    const item = must(await project().item({ kind: 'flag', key: 'checkout', layer: 'base' }))
    const [told] = Array.isArray(content) ? content : []
    expect(told).toMatchObject({
      kind: 'flag',
      value: { seed: Reflect.get(Object(item.content), 'seed') },
    })
  })
})

describe('somebody faster', () => {
  /** Commits to staging while the hook thinks: production is not touched, so nobody else is asked. */
  const meanwhile = (times: number) => {
    let left = times
    return answering(async () => {
      if (left-- > 0) must(await put([override({ other: left }, 'staging', 'other')]))
      return allow()
    })
  }

  beforeEach(async () => {
    must(await put([config({}, 'other')]))
    sent.length = 0
  })

  test('on the same base wins, and what was allowed is not written', async () => {
    await meanwhile(1)
    expect(await put([config({ a: 1 })], { base: 2 })).toMatchObject({
      error: { reason: 'revision_conflict', base: 2, current: 3 },
    })
    expect(await revision()).toBe(3)
  })

  test('without a base makes the hook be asked again, about what it is now', async () => {
    await meanwhile(2)
    expect(must(await put([config({ a: 1 })])).revision).toBe(5)
    const bases = sent.map(
      ({ jwt }) =>
        JSON.parse(atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
          .revision,
    )
    expect(bases).toEqual([2, 3, 4])
  })

  test('all the time ends in a conflict', async () => {
    await meanwhile(100)
    expect(await put([config({ a: 1 })])).toMatchObject({ error: { reason: 'revision_conflict' } })
    expect(sent).toHaveLength(3)
  })
})

describe('no answer is a refusal', () => {
  test.each<readonly [string, Answering, string]>([
    [
      'a failing request',
      () => Promise.reject(new Error('connect 10.0.0.7:443')),
      'could not be reached',
    ],
    ['an error', () => new Response('', { status: 500 }), 'answered 500'],
    ['nothing to read', () => new Response(null, { status: 204 }), 'answered 204'],
    [
      'a redirect',
      () => Response.redirect('https://169.254.169.254/', 307),
      'redirects are not followed',
    ],
    ['another text', () => new Response('<html>'), 'is not {"allow": true}'],
    ['a long answer', () => new Response('x'.repeat(20_000)), 'over 16384 bytes'],
  ])('%s', async (_, answer, why) => {
    await answering(answer)
    expect(await put([config({ a: 1 })])).toEqual(refused(why, false))
    expect(JSON.stringify(await put([config({ a: 1 })]))).not.toContain('10.0.0.7')
    expect(await revision()).toBe(1)
  })

  test('nothing within its time, which ends the request', async () => {
    let aborted = false
    await answering(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            aborted = true
            reject(new Error('aborted'))
          })
        }),
    )
    const waited: number[] = []
    await inside((instance) => {
      instance.waitHook = async (ms) => {
        waited.push(ms)
        await vi.waitFor(() => expect(sent).toHaveLength(1))
      }
    })
    expect(await put([config({ a: 1 })])).toEqual(refused('nothing within 5 s', false))
    expect([waited, aborted]).toEqual([[HOOK_MS], true])
  })

  test('an endless answer', async () => {
    let pulls = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulls += 1
        controller.enqueue(new Uint8Array(4_096))
      },
    })
    await answering(() => new Response(endless))
    expect(await put([config({ a: 1 })])).toEqual(refused('over 16384 bytes', false))
    expect(pulls).toBeLessThan(20)
  })
})

describe('a deployment that somebody asks for', () => {
  test('is put before the hook, but not in an emergency', async () => {
    must(await put([config({ a: 1 })]))
    must(await put([config({ a: 2 })]))
    await answering(() => Response.json({ allow: false, message: 'not on Fridays' }))
    const request = { environment: 'production', revision: 2, reason: 'back' } as const
    expect(await project().deploy(request, { caller })).toEqual(refused('not on Fridays'))
    expect(await asked()).toMatchObject({
      act: 'deployment',
      revision: 2,
      content: [{ key: 'settings', change: 'changed', value: { a: 1 } }],
    })
    must(await project().deploy({ ...request, strategy: 'emergency' }, { caller }))
    expect(sent).toHaveLength(3)
  })
})
