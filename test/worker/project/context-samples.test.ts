/** Samples of contexts as rows: how many, for whom, and for how long. */
import { beforeEach, expect, test } from 'vitest'
import type { ContextSample } from '#core'
import { all } from '../../../worker/objects/project/sql.ts'
import { createProject, flag, inside, must, project, put } from './support.ts'

const START_MS = 1_000_000
const DAY_MS = 24 * 60 * 60 * 1000

let made = 0
let name: string

const clock = (nowMs: number) =>
  inside((instance) => {
    instance.nowMs = () => nowMs
  }, name)
const rows = () =>
  inside(
    (_, state) =>
      all<{ flag: string; environment: string; sample: string }>(
        state.storage.sql,
        'SELECT flag, environment, sample FROM context_sample ORDER BY id',
      ),
    name,
  )
const record = (
  samples: readonly ContextSample[],
  environment = 'production',
  audience: 'server' | 'client' = 'server',
) => project(name).recordSamples(environment, audience, samples)

beforeEach(async () => {
  name = `samples-${++made}`
  await createProject(name)
  await clock(START_MS)
  must(await put([flag('checkout'), flag('shown', 'client')], {}, name))
})

test('the newest 200 of a flag are kept', async () => {
  for (let batch = 0; batch < 5; batch++) {
    await record(
      Array.from({ length: 100 }, (_, index) => ({ flag: 'checkout', key: batch * 100 + index })),
    )
  }
  await record([{ flag: 'shown', key: 1 }])
  const kept = await rows()
  expect(kept).toHaveLength(201)
  expect(kept[0]).toMatchObject({ flag: 'checkout', sample: '{"key":300}' })
})

test('what is not there is not kept: flags, environments, and to a client what it may not see', async () => {
  await record([{ flag: 'nobody' }, { flag: 'constructor' }])
  await record([{ flag: 'checkout' }], 'nowhere')
  await record([{ flag: 'checkout' }], 'production', 'client')
  expect(await rows()).toEqual([])
  await record([{ flag: 'shown' }], 'production', 'client')
  expect(await rows()).toHaveLength(1)
})

test('they go after a day, with the flag and with the environment', async () => {
  await record([{ flag: 'checkout' }])
  await clock(START_MS + DAY_MS - 1)
  await record([{ flag: 'shown' }])
  expect(await rows()).toHaveLength(2)
  await clock(START_MS + DAY_MS)
  await record([])
  expect(await rows()).toHaveLength(1)
  must(await put([{ op: 'deleteFlag', key: 'shown' }], {}, name))
  expect(await rows()).toEqual([])
  await record([{ flag: 'checkout' }])
  must(await put([{ op: 'deleteEnvironment', environment: 'production' }], {}, name))
  expect(await rows()).toEqual([])
})

test('the alarm takes the expired away though nobody asks and nobody sends', async () => {
  await record([{ flag: 'checkout' }])
  await clock(START_MS + DAY_MS)
  await inside((instance) => instance.alarm(), name)
  expect(await rows()).toEqual([])
})
