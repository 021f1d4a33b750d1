/** What is published after any sequence of changes is, byte for byte, what would be built from the rows alone. */
import { env } from 'cloudflare:workers'
import { reset, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeEach, expect, test } from 'vitest'
import type { Operation } from '#core'
import { itemsOver } from '../../../worker/domain/items.ts'
import { buildSnapshot } from '../../../worker/domain/snapshot.ts'
import { digest } from '../../../worker/objects/sha256.ts'
import { ItemStore } from '../../../worker/objects/project/store.ts'
import { createDice, type Dice } from '../../support/random.ts'
import { config, createProject, flag, inside, override, project, put } from './support.ts'

const NAMES = ['a', 'b', 'c', 'd']
const ENVIRONMENTS = ['staging', 'production'] as const
const AUDIENCES = ['server', 'client'] as const

beforeEach(async () => {
  await runDurableObjectAlarm(env.PROJECT.getByName('shop'))
  await reset()
  await createProject()
})

/** A change such as people make; some are refused. */
function anyOperation({ below, chance, pick }: Dice): Operation {
  const name = pick(NAMES)
  const environment = pick(ENVIRONMENTS)
  const document = { n: below(4), text: pick(['x', '${VAR:-1}', '$${', 'ö🎉']) }
  const operations: readonly (() => Operation)[] = [
    () => config(document, name),
    () => ({
      op: 'putConfig',
      name,
      format: 'json',
      source: JSON.stringify(document),
      visibility: 'client',
    }),
    () => config({ ...document, from: `\${config:${pick(NAMES)}#/n}` }, name),
    () => override({ n: 9 }, environment, name),
    () => ({ op: 'deleteConfigOverride', name, environment }),
    () => ({ op: 'deleteConfig', name }),
    () => ({ op: 'putSchema', name, version: pick(['1.0.0', '2.0.0']), schema: true }),
    () => flag(pick(NAMES), pick(AUDIENCES)),
    () => ({
      op: 'updateEnvironment',
      environment: 'production',
      parent: chance(0.5) ? 'staging' : null,
    }),
  ]
  return pick(operations)()
}

test.each([1, 2, 3, 4])('random changes, seed %i', async (seed) => {
  const dice = createDice(seed)
  let accepted = 0
  for (let step = 0; step < 40; step++) {
    const done = await put([anyOperation(dice)], { acknowledge: ['grows', 'shrinks', 'changes'] })
    if (!done.ok) continue
    accepted += 1
    for (const environment of ENVIRONMENTS) {
      for (const audience of AUDIENCES) {
        const head = await project().head(environment, audience)
        const bytes = await project().body(environment, audience, head?.sha256 ?? '')
        const published = new TextDecoder().decode(bytes ?? new ArrayBuffer(0))
        const whole = await inside((_, { storage }) => {
          const store = new ItemStore(storage.sql)
          return buildSnapshot(itemsOver(store.current(done.value.revision)), {
            project: 'shop',
            environment,
            audience,
            revision: head?.revision ?? 0,
            digest,
            renderer: store.renderer,
          })
        })
        expect(published).toBe(whole.text)
      }
    }
  }
  expect(accepted).toBeGreaterThan(10)
})
