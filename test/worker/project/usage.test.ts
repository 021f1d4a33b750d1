/** Reports of evaluations: what is kept of them, for whom, and for how long. */
import { beforeEach, expect, test } from 'vitest'
import { createProject, flag, inside, must, project, put } from './support.ts'

const START_MS = 1_000_000

async function clock(nowMs: number, name: string): Promise<void> {
  await inside((instance) => {
    instance.nowMs = () => nowMs
  }, name)
}

let made = 0
let name: string

beforeEach(async () => {
  name = `usage-${++made}`
  await createProject(name)
  await clock(START_MS, name)
  must(await put([flag('checkout'), flag('shown', 'client')], {}, name))
})

const usageOf = async (key: string) => must(await project(name).usage(key)).flags[0]?.environments

test('a report is counted in, by the clock of the project, and makes no revision and no audit', async () => {
  const before = must(await project(name).info()).revision
  const audited = must(await project(name).audit({ limit: 100 })).items.length
  await project(name).recordEvaluations('production', 'server', { checkout: { on: 2 } })
  await clock(START_MS + 5, name)
  await project(name).recordEvaluations('production', 'server', { checkout: { on: 1 } })
  await project(name).recordEvaluations('staging', 'server', { checkout: { off: 1, '': 4 } })
  const { lastReportAtMs, flags } = must(await project(name).usage())
  expect(lastReportAtMs).toBe(START_MS + 5)
  expect(flags).toMatchObject([
    {
      key: 'checkout',
      createdAtMs: START_MS,
      environments: {
        production: {
          lastEvaluatedAtMs: START_MS + 5,
          lastVariant: 'on',
          variantSinceMs: START_MS,
          total: 3,
        },
        staging: { lastVariant: '', total: 5 },
      },
    },
    { key: 'shown', environments: {} },
  ])
  expect(must(await project(name).info()).revision).toBe(before)
  expect(must(await project(name).audit({ limit: 100 })).items).toHaveLength(audited)
})

test('what is not there is not kept: flags, variants, environments, and to a client what it may not see', async () => {
  const rpc = project(name)
  await rpc.recordEvaluations('production', 'server', {
    nobody: { on: 1 },
    checkout: { gone: 1 },
    constructor: { on: 1 },
  })
  await rpc.recordEvaluations('nowhere', 'server', { checkout: { on: 1 } })
  await rpc.recordEvaluations('production', 'client', { checkout: { on: 1 } })
  expect(must(await rpc.usage()).lastReportAtMs).toBeNull()
  await rpc.recordEvaluations('production', 'client', { shown: { on: 1 } })
  expect(await usageOf('shown')).toMatchObject({ production: { total: 1 } })
})

test('it goes with the flag, the environment and the project, and a flag made again is new', async () => {
  const rpc = project(name)
  const report = () => rpc.recordEvaluations('production', 'server', { checkout: { on: 1 } })
  await report()
  must(await put([{ op: 'deleteFlag', key: 'checkout' }], {}, name))
  expect(await usageOf('checkout')).toBeUndefined()
  await clock(START_MS + 9, name)
  must(await put([flag('checkout')], {}, name))
  expect(must(await rpc.usage('checkout')).flags).toEqual([
    { key: 'checkout', createdAtMs: START_MS + 9, environments: {} },
  ])
  await report()
  must(await put([{ op: 'deleteEnvironment', environment: 'production' }], {}, name))
  expect(await usageOf('checkout')).toEqual({})
  await rpc.recordEvaluations('staging', 'server', { checkout: { on: 1 } })
  must(await rpc.remove('done', { tokenId: 't', name: 'tester' }))
  await createProject(name, 2)
  must(await put([flag('checkout')], {}, name))
  expect(await usageOf('checkout')).toEqual({})
})

test('a change of a flag keeps its usage and its age', async () => {
  await project(name).recordEvaluations('production', 'server', { checkout: { on: 1 } })
  await clock(START_MS + 9, name)
  must(await put([{ op: 'patchFlag', key: 'checkout', patch: { description: 'x' } }], {}, name))
  expect(must(await project(name).usage('checkout')).flags).toMatchObject([
    { createdAtMs: START_MS, environments: { production: { total: 1 } } },
  ])
})
