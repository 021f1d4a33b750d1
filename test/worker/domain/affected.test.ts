import { describe, expect, test } from 'vitest'
import type { Operation } from '#core'
import { affectedEnvironments } from '../../../worker/domain/affected.ts'
import {
  config,
  environment,
  flag,
  type Memory,
  override,
  project,
  segment,
  settings,
} from './support.ts'

const begin = () => project().with(environment('test'), config('{}'), flag('checkout'))

/** The environments that the operations reach. */
function reachedBy(memory: Memory, ...operations: readonly Operation[]): readonly string[] {
  const result = memory.apply(...operations)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  const refs = [...result.value.written.values()].map(({ ref }) => ref)
  return affectedEnvironments(memory.items, result.value.items, refs)
}

describe('what a change reaches', () => {
  test.each<[string, Operation, readonly string[]]>([
    ['a base layer: every environment', config('{"a":1}'), ['production', 'staging', 'test']],
    ['a flag: every environment', flag('other'), ['production', 'staging', 'test']],
    ['a segment: every environment', segment('vip'), ['production', 'staging', 'test']],
    [
      'an override: its environment and those below',
      override('{}', 'staging'),
      ['production', 'staging'],
    ],
    ['an override of a leaf: it alone', override('{}', 'production'), ['production']],
    ['settings: their environment alone', settings('checkout', {}, 'staging'), ['staging']],
    ['a new environment: it alone', environment('new', 'staging'), ['new']],
    ['a deleted environment: it alone', { op: 'deleteEnvironment', environment: 'test' }, ['test']],
    [
      'another parent: it and those below',
      { op: 'updateEnvironment', environment: 'staging', parent: 'test' },
      ['production', 'staging'],
    ],
    [
      'a description: nobody',
      { op: 'updateEnvironment', environment: 'staging', description: 'x' },
      [],
    ],
  ])('%s', (_, operation, reached) => {
    expect(reachedBy(begin(), operation)).toEqual(reached)
  })
})
