/** Deployments in their object: real storage, alarms, hubs and signatures; the clock is moved by hand. */
import { env } from 'cloudflare:workers'
import { evictDurableObject, reset, runDurableObjectAlarm } from 'cloudflare:test'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { EnvironmentItem, ManifestClaims, Operation } from '#core'
import type { Deployment } from '../../../worker/domain/deployment.ts'
import type { Committed } from '../../../worker/objects/project/interface.ts'
import { hubStub } from '../../../worker/objects/stubs.ts'
import { caller, config, inside, must, project, put } from './support.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Far ahead, so that the runtime does not fire our alarms. */
const START_MS = 4_000_000_000_000
const NAME = { project: 'shop', environment: 'production', audience: 'server' } as const

let nowMs = START_MS

/** Time goes on, and the alarm rings. */
async function later(minutes: number): Promise<void> {
  nowMs += minutes * MINUTE_MS
  await setClock()
  await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
}

const setClock = () => inside((instance) => void (instance.nowMs = () => nowMs))

async function begin(production: Partial<EnvironmentItem> = {}): Promise<void> {
  await setClock()
  const environments = { production: { protected: true, ...production } }
  must(await project().create({ name: 'shop', epoch: 1, environments, reason: 'begin' }, caller))
  // The first content of all is for everybody at once.
  await commit(config({ good: 1 }))
}

async function commit(...operations: readonly Operation[]): Promise<Committed> {
  nowMs += MINUTE_MS
  await setClock()
  return must(await put(operations))
}

async function claims(): Promise<ManifestClaims> {
  const head = await project().head('production', 'server')
  return decodeJwt<ManifestClaims>(head?.manifest ?? '')
}

/** Shares of the newest manifest: `stable revision`, and `candidate revision @ percent`. */
async function shown(): Promise<string> {
  const { revision, candidate } = await claims()
  return `${revision}${candidate ? `, ${candidate.revision} @ ${candidate.share / 1000} %` : ''}`
}

async function newest(): Promise<Deployment> {
  const { items } = must(await project().deployments(undefined, { limit: 10 }))
  const [deployment] = items
  if (deployment === undefined) throw new Error('no deployment')
  return deployment
}

const told = ({ story }: Deployment): string[] => story.map(({ what, by }) => `${what} ${by}`)

async function report(
  instance: string,
  deployment: string,
  state: 'applied' | 'failed',
  revision: number,
) {
  const sdk = { name: 'test', version: '1' }
  const about = { seq: 1, sdk, group: 'candidate', deployment } as const
  await hubStub(env, NAME).report({ instance, state, revision, ...about })
}

beforeEach(async () => {
  // What a test left in the background would write into the next one's storage.
  await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
  await reset()
  nowMs = START_MS
})

describe('a protected environment', () => {
  test('gets its first content at once, and what follows by fifths, then for good', async () => {
    await begin()
    expect(await shown()).toBe('2')
    const { deployments } = await commit(config({ good: 2 }))
    expect(deployments).toEqual([{ id: '1', environment: 'production', status: 'running' }])
    const seen = [await shown()]
    const { seq } = await claims()
    for (let step = 0; step < 4; step++) {
      await later(6)
      seen.push(await shown())
    }
    expect(seen).toEqual([
      '2, 3 @ 20 %',
      '2, 3 @ 40 %',
      '2, 3 @ 60 %',
      '2, 3 @ 80 %',
      '2, 3 @ 100 %',
    ])
    const { candidate } = await claims()
    await later(30)
    const after = await claims()
    expect(after).toMatchObject({ revision: 3, sha256: candidate?.sha256, seq: seq + 5 })
    expect(after.candidate).toBeUndefined()
    expect(await newest()).toMatchObject({ status: 'complete' })
  })

  test('goes by rings in its manifests where its strategy says so', async () => {
    const canary = { name: 'canary', labels: { ring: ['canary'], tier: ['a', 'b'] } }
    const staff = { name: 'staff', labels: { 'edge.country': ['DE'] } }
    const rings = [canary, staff]
    await begin({ deployment: { growth: 'LINEAR', factor: 50, minutes: 10, bake: 30, rings } })
    await commit(config({ good: 2 }))
    const seen = []
    for (let step = 0; step < 4; step++) {
      const { candidate } = await claims()
      seen.push([candidate?.share, candidate?.rings])
      await later(10)
    }
    expect(seen).toEqual([
      [0, [canary.labels]],
      [0, [canary.labels, staff.labels]],
      [50_000, [canary.labels, staff.labels]],
      [100_000, undefined],
    ])
    expect((await newest()).strategy).toBe(
      'rings canary, staff, then LINEAR 50 % every 10 min, bake 30 min',
    )
  })

  test('names bytes that can be had: the stable ones, the candidate’s and its documents', async () => {
    await begin()
    await commit(config({ text: 'x'.repeat(70_000) }))
    const { candidate, sha256 } = await claims()
    const get = async (hash: string | undefined) => {
      const bytes = await project().body('production', 'server', hash ?? '')
      return bytes && JSON.parse(new TextDecoder().decode(bytes))
    }
    expect(await get(sha256)).toMatchObject({ revision: 2, configs: { settings: { good: 1 } } })
    const body = await get(candidate?.sha256)
    expect(body).toMatchObject({ revision: 3 })
    const hash = body?.configs.settings.$external.sha256
    expect((await get(hash))?.text).toHaveLength(70_000)
    await project().actOnDeployment('1', 'abort', 'because', { caller })
    await shown()
    expect(await get(candidate?.sha256)).toBeNull()
    expect(await get(hash)).toBeNull()
  })

  test('goes on after an eviction, one step for an alarm that is an hour late', async () => {
    await begin()
    await commit(config({ good: 2 }))
    await later(6)
    await evictDurableObject(env.PROJECT.getByName('shop'))
    await setClock()
    expect(await shown()).toBe('2, 3 @ 40 %')
    await later(60)
    expect(await shown()).toBe('2, 3 @ 60 %')
    await later(5)
    expect(await shown()).toBe('2, 3 @ 60 %')
  })

  test('what does not touch it starts nothing', async () => {
    await begin()
    const create = { op: 'createEnvironment', environment: 'test', protected: false } as const
    const { deployments } = await commit(create)
    expect(deployments).toBeUndefined()
    expect((await commit(config({ good: 1 }))).deployments).toBeUndefined()
  })

  test('re-signing in the middle of a step keeps both contents', async () => {
    await begin()
    await commit(config({ good: 2 }))
    must(await project().actOnDeployment('1', 'pause', 'because', { caller }))
    const before = await claims()
    await later(7 * 60)
    const after = await claims()
    expect(after.seq).toBeGreaterThan(before.seq)
    expect(after.candidate).toEqual(before.candidate)
  })
})

describe('a candidate that fails', () => {
  test('is taken back by a new head with the old content; history tells the story', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    const before = await claims()
    for (const instance of ['a', 'b', 'c']) await report(instance, '1', 'failed', 3)
    await project().judgeDeployment('production')
    const after = await claims()
    expect(after).toMatchObject({ seq: before.seq + 1, revision: 2, sha256: before.sha256 })
    expect(after.candidate).toBeUndefined()
    const deployment = await newest()
    expect(told(deployment)).toEqual(
      ['queued tester', 'started clock', 'rolled-back gate'].map((line) =>
        line.replace('tester', caller.name),
      ),
    )
    expect(deployment.story.at(-1)?.why).toMatch(
      /^(\d) of \1 reporting instances failed to take it$/,
    )
    const { items } = must(await project().audit({ limit: 3 }))
    expect(items[0]).toMatchObject({
      actor: 'gate',
      action: 'deployment.rolled-back',
      target: 'deployment/1',
    })
  })

  test('is taken back as soon as its instances say so, without a step or a request', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    for (const instance of ['a', 'b', 'c']) await report(instance, '1', 'failed', 3)
    await vi.waitFor(async () => expect(await newest()).toMatchObject({ status: 'rolled-back' }))
    expect(await shown()).toBe('2')
  })

  test('is found at the next step when nobody told before', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    for (const instance of ['a', 'b', 'c']) await report(instance, '1', 'failed', 3)
    await later(6)
    expect(await shown()).toBe('2')
  })

  test('one failure among many is no reason; failures of the stable content are none either', async () => {
    await begin({ gate: { failedPercent: 60 } })
    await commit(config({ good: 2 }))
    await report('a', '1', 'failed', 3)
    await report('b', '1', 'applied', 3)
    for (const instance of ['c', 'd', 'e', 'f']) await report(instance, '1', 'failed', 2)
    await later(6)
    expect(await shown()).toBe('2, 3 @ 40 %')
  })

  test('is taken back as soon as its applications measure what they must not', async () => {
    const threshold = { metric: 'error', kind: 'rate', relativeToStable: 1.5 } as const
    await begin({ gate: { metrics: [threshold] } })
    await commit(config({ bad: 1 }))
    const before = await claims()
    const measured = (group: 'stable' | 'candidate', errors: number) => ({
      ...{ instance: `${group} 1`, state: 'applied' as const, seq: 1 },
      ...{ revision: group === 'stable' ? 2 : 3, sdk: { name: 'test', version: '1' } },
      ...{ group, deployment: '1' },
      metrics: { forMs: MINUTE_MS, values: { error: { sum: errors, buckets: [0, errors] } } },
    })
    await hubStub(env, NAME).report(measured('stable', 200))
    await hubStub(env, NAME).report(measured('candidate', 200))
    expect(await project().judgeDeployment('production')).toBe(true)
    expect(await newest()).toMatchObject({ status: 'running' })
    await hubStub(env, NAME).report(measured('candidate', 400))
    await vi.waitFor(async () => expect(await newest()).toMatchObject({ status: 'rolled-back' }), {
      timeout: 10_000,
    })
    const after = await claims()
    expect(after).toMatchObject({ seq: before.seq + 1, revision: 2, sha256: before.sha256 })
    expect(after.candidate).toBeUndefined()
    expect((await newest()).story.at(-1)).toMatchObject({
      by: 'gate',
      why: 'error: rate 400 with the candidate, 200 without: at most 1.5 times that is let pass',
    })
  })

  test('many who ask at once get one answer, and the next have a newer one', async () => {
    await begin({ gate: { metrics: [{ metric: 'unmeasured', kind: 'rate', max: 1 }] } })
    await commit(config({ good: 2 }))
    const asked = Array.from({ length: 50 }, () => project().judgeDeployment('production'))
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]))
    must(await project().actOnDeployment('1', 'abort', 'because', { caller }))
    expect(await project().judgeDeployment('production')).toBe(false)
  })

  test('is not offered again until it changes, unless somebody insists', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    must(await project().actOnDeployment('1', 'alarm', 'errors', { caller }))
    await commit(config({ bad: 1 }), {
      op: 'putSegment',
      key: 's',
      visibility: 'server',
      ids: ['a'],
    })
    // Other content: a new deployment; then the failed content once more.
    expect(await newest()).toMatchObject({ id: '2', status: 'running' })
    await commit({ op: 'deleteSegment', key: 's' })
    expect(await newest()).toMatchObject({ id: '3', status: 'cancelled' })
    must(await project().actOnDeployment('2', 'abort', 'because', { caller }))
    const refused = await project().deploy({ environment: 'production', reason: 'r' }, { caller })
    expect(refused).toMatchObject({ ok: false, error: { reason: 'deployment_refused' } })
    const again = { environment: 'production', reason: 'r', again: true }
    expect(must(await project().deploy(again, { caller }))).toMatchObject({ status: 'running' })
  })

  test('that somebody took back himself may be offered again', async () => {
    await begin()
    await commit(config({ good: 2 }))
    must(await project().actOnDeployment('1', 'abort', 'not now', { caller }))
    const request = { environment: 'production', revision: 3, reason: 'now' }
    expect(must(await project().deploy(request, { caller }))).toMatchObject({ status: 'running' })
    expect(await shown()).toBe('2, 3 @ 20 %')
  })

  test('and was changed is offered, and the failed one not, however it comes back', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    must(await project().actOnDeployment('1', 'alarm', 'errors', { caller }))
    await commit(config({ good: 2 }))
    for (const minutes of [6, 6, 6, 6, 30]) await later(minutes)
    expect(await shown()).toBe('4')
    must(await project().rollback({ to: 3, reason: 'by mistake' }, { caller, base: '*' }))
    expect(await newest()).toMatchObject({ status: 'cancelled' })
    expect(await shown()).toBe('4')
  })

  test('and everything is as before when the change itself is taken back', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    must(await project().actOnDeployment('1', 'alarm', 'errors', { caller }))
    expect((await commit(config({ good: 1 }))).deployments).toBeUndefined()
    expect(await shown()).toBe('2')
    await commit(config({ good: 3 }))
    expect(await shown()).toBe('2, 5 @ 20 %')
  })
})

describe('two publishers', () => {
  test('the second waits; of those that wait the newest counts', async () => {
    await begin()
    await commit(config({ good: 2 }))
    await commit(config({ good: 3 }))
    await commit(config({ good: 4 }))
    expect(await shown()).toBe('2, 3 @ 20 %')
    const { items } = must(await project().deployments('production', { limit: 10 }))
    expect(items.map(({ id, status }) => `${id} ${status}`)).toEqual([
      '3 queued',
      '2 cancelled',
      '1 running',
    ])
    for (const minutes of [6, 6, 6, 6, 30]) await later(minutes)
    expect(await shown()).toBe('3, 5 @ 20 %')
    for (const minutes of [6, 6, 6, 6, 30]) await later(minutes)
    expect(await shown()).toBe('5')
  })

  test('who asks for a deployment of his own is told who is in the way', async () => {
    await begin()
    await commit(config({ good: 2 }))
    const request = { environment: 'production', revision: 2, reason: 'r' }
    expect(await project().deploy({ ...request, revision: 3 }, { caller })).toEqual({
      ok: false,
      error: {
        reason: 'deployment_active',
        holder: { id: '1', author: caller.name, revision: 3, status: 'running' },
      },
    })
  })

  test('taking back the change that is under way ends it', async () => {
    await begin()
    await commit(config({ good: 2 }))
    await commit(config({ good: 1 }))
    expect(await shown()).toBe('2')
    expect(await newest()).toMatchObject({ status: 'rolled-back' })
  })

  test('who promotes and who aborts at the same moment: one of them, and the other is told', async () => {
    await begin()
    await commit(config({ good: 2 }))
    nowMs += 7 * MINUTE_MS
    await setClock()
    const [promoted, aborted] = await Promise.all([
      project().actOnDeployment('1', 'promote', 'good enough', { caller }),
      project().actOnDeployment('1', 'abort', 'no', { caller }),
    ])
    // A promotion bakes: the abort comes in time, and wins whichever came first.
    expect(aborted).toMatchObject({ ok: true, value: { status: 'rolled-back' } })
    expect(promoted.ok || promoted.error.reason === 'deployment_refused').toBe(true)
    expect(await shown()).toBe('2')
    await later(60)
    expect(await shown()).toBe('2')
    const { story } = await newest()
    expect(story.filter(({ what }) => what === 'rolled-back')).toHaveLength(1)
    expect(story.at(-1)).toMatchObject({ what: 'rolled-back', share: 0 })
  })

  test('of two commits at the same moment one is released, and the other waits', async () => {
    await begin()
    await setClock()
    const both = await Promise.all([
      put([config({ good: 2 })]),
      put([config({ good: 2 }), config({ good: 3 }, 'other')]),
    ])
    for (const one of both) must(one)
    const { items } = must(await project().deployments('production', { limit: 10 }))
    expect(items.map(({ status }) => status)).toEqual(['queued', 'running'])
    expect(await shown()).toBe('2, 3 @ 20 %')
    for (const minutes of [6, 6, 6, 6, 30]) await later(minutes)
    expect(await shown()).toBe('3, 4 @ 20 %')
  })

  test('what waits behind one that fails is not released by itself', async () => {
    await begin()
    await commit(config({ bad: 1 }))
    await commit(config({ bad: 1 }, 'settings'), config({ more: 1 }, 'more'))
    must(await project().actOnDeployment('1', 'alarm', 'errors', { caller }))
    await later(600)
    expect(await shown()).toBe('2')
    expect(await newest()).toMatchObject({ id: '2', status: 'cancelled' })
  })
})

describe('an emergency', () => {
  test('a rollback to content that was everywhere goes at once, past what is under way', async () => {
    await begin()
    await commit(config({ good: 2 }))
    for (const minutes of [6, 6, 6, 6, 30]) await later(minutes)
    await commit(config({ good: 3 }))
    expect(await shown()).toBe('3, 4 @ 20 %')
    must(await project().rollback({ to: 2, reason: 'worse' }, { caller, base: '*' }))
    expect(await shown()).toBe('5')
  })

  const emergency = (revision: number) =>
    project().deploy(
      { environment: 'production', revision, strategy: 'emergency', reason: 'r' },
      { caller },
    )
  const refused = { ok: false, error: { reason: 'deployment_refused' } }

  test('is refused for content that only a share ever had, or everybody only until it had baked', async () => {
    await begin()
    await commit(config({ good: 2 }))
    await later(6)
    must(await project().actOnDeployment('1', 'abort', 'because', { caller }))
    expect(await emergency(3)).toMatchObject(refused)
    await commit(config({ good: 3 }))
    for (const minutes of [6, 6, 6, 6, 10]) await later(minutes)
    expect(await shown()).toBe('2, 4 @ 100 %')
    must(await project().actOnDeployment('2', 'abort', 'because', { caller }))
    expect(await emergency(4)).toMatchObject(refused)
    expect(await shown()).toBe('2')
  })

  test('by another name is none: new content stands as long as a step of its environment', async () => {
    await begin()
    await commit(config({ good: 2 }))
    must(await project().actOnDeployment('1', 'abort', 'because', { caller }))
    const custom = (minutes: number, bake: number, factor = 50) =>
      ({ growth: 'LINEAR', factor, minutes, bake }) as const
    const deploy = (strategy: ReturnType<typeof custom> | 'all-at-once') =>
      project().deploy(
        { environment: 'production', revision: 3, strategy, reason: 'r' },
        { caller, dryRun: true },
      )
    for (const strategy of ['all-at-once', custom(0, 0), custom(0, 60), custom(0, 5, 100)] as const)
      expect(await deploy(strategy)).toMatchObject(refused)
    expect(must(await deploy(custom(6, 0)))).toMatchObject({ status: 'running' })
    expect(must(await deploy(custom(0, 6, 100)))).toMatchObject({ status: 'baking' })
  })

  test('is refused for content that was not everywhere in the last 30 days', async () => {
    await begin()
    await commit(config({ good: 2 }))
    for (const minutes of [6, 6, 6, 6, 30]) await later(minutes)
    const back = {
      environment: 'production',
      revision: 2,
      strategy: 'emergency',
      reason: 'r',
    } as const
    nowMs += 31 * DAY_MS
    await setClock()
    expect(await project().deploy(back, { caller })).toMatchObject({
      ok: false,
      error: { reason: 'deployment_refused', why: expect.stringContaining('bake one step') },
    })
    nowMs -= 2 * DAY_MS
    await setClock()
    expect(must(await project().deploy(back, { caller }))).toMatchObject({ status: 'complete' })
    expect(await shown()).toBe('2')
    const head = await project().head('production', 'server')
    const bytes = await project().body('production', 'server', head?.sha256 ?? '')
    expect(new TextDecoder().decode(bytes ?? undefined)).toContain('{"good":1}')
  })
})

describe('a freeze', () => {
  const until = (minutes: number) => [{ fromMs: START_MS, toMs: START_MS + minutes * MINUTE_MS }]

  test('holds what is committed until it ends', async () => {
    await begin({ freeze: until(100) })
    expect(await shown()).toBe('1')
    await commit(config({ good: 2 }))
    expect(await newest()).toMatchObject({ status: 'queued' })
    await later(90)
    expect(await shown()).toBe('1')
    await later(10)
    expect(await shown()).toBe('1, 3 @ 20 %')
  })

  test('refuses a deployment of somebody’s own', async () => {
    await begin()
    const freeze = until(1_000)
    await commit({ op: 'updateEnvironment', environment: 'production', freeze })
    expect(
      await project().deploy({ environment: 'production', revision: 1, reason: 'r' }, { caller }),
    ).toMatchObject({
      ok: false,
      error: { reason: 'deployment_refused', why: expect.stringContaining('a freeze') },
    })
  })
})

test('who loosens the settings together with content does not release it faster', async () => {
  await begin()
  await commit(
    { op: 'updateEnvironment', environment: 'production', deployment: 'all-at-once' },
    config({ good: 2 }),
  )
  expect(await shown()).toBe('2, 3 @ 20 %')
})

test('deleting the environment ends what is under way; one of that name begins anew', async () => {
  await begin()
  await commit(config({ good: 2 }))
  await commit({ op: 'deleteEnvironment', environment: 'production' })
  expect(must(await project().deployments(undefined, { limit: 10 })).items).toEqual([])
  await commit({ op: 'createEnvironment', environment: 'production', protected: true })
  await later(60)
  expect(await shown()).toBe('5')
})

test('a dry run answers what would happen and changes nothing', async () => {
  await begin()
  await commit(config({ good: 2 }))
  const dryRun = { caller, dryRun: true }
  const would = await project().actOnDeployment('1', 'abort', 'because', dryRun)
  expect(would).toMatchObject({ ok: true, value: { status: 'rolled-back' } })
  expect(await newest()).toMatchObject({ status: 'running' })
  expect(await shown()).toBe('2, 3 @ 20 %')
})

describe('the audit of deployments', () => {
  const ada = { tokenId: 'token-of-ada', name: 'ada', address: '192.0.2.7' }

  beforeEach(async () => {
    await reset()
    nowMs = START_MS
    await begin()
  })

  const rows = async () =>
    must(await project().audit({ limit: 100, item: 'deployment' })).items.map(
      ({ action, actor, tokenId, address }) => ({ action, actor, tokenId, address }),
    )

  test('what somebody does to one has his token and address; what follows by the clock has none', async () => {
    await commit(config({ good: 2 }))
    const { id } = await newest()
    must(await project().actOnDeployment(id, 'abort', 'stop it', { caller: ada }))
    expect(await rows()).toEqual([
      {
        action: 'deployment.rolled-back',
        actor: 'ada',
        tokenId: 'token-of-ada',
        address: '192.0.2.7',
      },
      { action: 'deployment.started', actor: 'clock', tokenId: null, address: null },
      { action: 'deployment.queued', actor: 'tester', tokenId: 'test-token', address: null },
    ])
  })

  test('asking for one is written with who asked', async () => {
    await commit(config({ good: 2 }))
    const { id, revision } = await newest()
    must(await project().actOnDeployment(id, 'abort', 'stop it', { caller }))
    const request = { environment: 'production', revision, again: true, reason: 'now' } as const
    must(await project().deploy(request, { caller: ada }))
    const mine = (await rows()).filter(({ actor }) => actor === 'ada')
    expect(mine).toEqual([
      {
        action: 'deployment.queued',
        actor: 'ada',
        tokenId: 'token-of-ada',
        address: '192.0.2.7',
      },
    ])
  })
})
