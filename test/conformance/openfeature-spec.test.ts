/**
 * OpenFeature's own scenarios (specification, appendix B). Each question is asked of our client, and of OpenFeature's server
 * SDK with our client as its provider; both must answer as the scenario says. What speaks of statuses, hooks and caching is
 * asked of the SDK alone, since a client has none of the first two and says where it has its values from by `client.source`.
 * Left out: `contextMerging.feature`, whose levels are all OpenFeature's SDK's.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OpenFeature } from '@openfeature/server-sdk'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { clientOf, createFakeServer, NOW_MS, settle, tidyUp } from '../sdk/client/fake-server.ts'
import { readFeature, type Scenario } from '../support/gherkin.ts'
import { suiteFlags } from '../support/openfeature-flags.ts'
import { OLD_STEPS } from '../support/openfeature-old-steps.ts'
import { Play, STEPS } from '../support/openfeature-steps.ts'
import { suite } from '../support/suites.ts'

const folder = suite('openfeature-spec-gherkin')

const read = (name: string): string =>
  folder === undefined ? '' : readFileSync(join(folder, name), 'utf8')

async function run(scenario: Scenario): Promise<void> {
  vi.useFakeTimers({ now: NOW_MS })
  const server = await createFakeServer()
  await server.stage({ flags: suiteFlags(read('test-flags.json')) })
  const kept = new Map<string, string>()
  const cache = {
    get: (name: string) => kept.get(name),
    set: (name: string, text: string) => void kept.set(name, text),
  }
  let client = clientOf(server, { cache })
  await settle(client)
  if (scenario.tags.includes('reason-codes-cached')) {
    server.down()
    client = clientOf(server, { cache })
    await settle(client)
  }
  const play = new Play(server, client)
  for (const { text, table } of scenario.steps) {
    const [pattern, act] = [...STEPS, ...OLD_STEPS].find(([one]) => one.test(text)) ?? []
    if (!pattern || !act) throw new Error(`no such step: ${text}`)
    const args = (pattern.exec(text) ?? []).slice(1).map((arg: string | undefined) => arg ?? '')
    // oxlint-disable-next-line no-await-in-loop -- steps follow each other
    await act(play, args, table)
  }
}

afterEach(async () => {
  await OpenFeature.clearProviders()
  OpenFeature.clearHooks()
  await tidyUp()
})

describe.skipIf(folder === undefined).each([
  ['evaluation_v2.feature', 82],
  ['evaluation.feature', 13],
  ['metadata.feature', 5],
  ['hooks.feature', 3],
])('%s', (name, count) => {
  const scenarios = readFeature(read(name))

  test(`has its ${count} scenarios`, () => expect(scenarios).toHaveLength(count))

  test.each(scenarios)('$name', async (scenario) => {
    expect.hasAssertions()
    await run(scenario)
  })
})
