import { describe, expect, test } from 'vitest'
import type { JsonValue } from '#core'
import { readStatus } from '../../../worker/domain/status.ts'

const REPORT = {
  instance: 'web-1',
  state: 'applied',
  revision: 7,
  seq: 12,
  sdk: { name: 'driftless-js', version: '0.1.0' },
}
const FULL = {
  ...REPORT,
  state: 'failed',
  error: { code: 'hash', config: 'settings' },
  labels: { region: 'eu', empty: '' },
  secretVersions: { 'db.password': 3 },
  group: 'candidate',
  deployment: 'd-1',
  override: { seq: 7, error: 'rollback' },
}

describe('a status report', () => {
  test.each([
    ['with what it must have', REPORT],
    ['with everything', FULL],
  ])('%s is read as it is', (_, report) => {
    expect(readStatus(report)).toEqual({ ok: true, value: report })
  })

  test('loses what is not known, at the top and inside', () => {
    const more = {
      ...FULL,
      host: 'x',
      sdk: { ...FULL.sdk, os: 'y' },
      error: { ...FULL.error, stack: 'z' },
    }
    expect(readStatus(more)).toEqual({ ok: true, value: FULL })
  })

  test.each<[string, JsonValue, string]>([
    ['a list', [], ''],
    ['no instance', { ...REPORT, instance: '' }, '/instance'],
    ['a long instance', { ...REPORT, instance: 'x'.repeat(129) }, '/instance'],
    ['a state nobody knows', { ...REPORT, state: 'fine' }, '/state'],
    ['half a revision', { ...REPORT, revision: 0.5 }, '/revision'],
    ['a negative seq', { ...REPORT, seq: -1 }, '/seq'],
    ['an sdk that is a name', { ...REPORT, sdk: 'js' }, '/sdk'],
    ['an sdk without a version', { ...REPORT, sdk: { name: 'js' } }, '/sdk/version'],
    ['an error that is a sentence', { ...FULL, error: { code: 'It broke.' } }, '/error/code'],
    ['a config without a name', { ...FULL, error: { code: 'a', config: '' } }, '/error/config'],
    ['a label that is a number', { ...FULL, labels: { a: 1 } }, '/labels/a'],
    ['a label without a name', { ...FULL, labels: { '': 'a' } }, '/labels/'],
    [
      'too many labels',
      { ...FULL, labels: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, ''])) },
      '/labels',
    ],
    ['a version 0', { ...FULL, secretVersions: { a: 0 } }, '/secretVersions/a'],
    ['an override without an order', { ...FULL, override: { error: 'a' } }, '/override/seq'],
    [
      'an override refused in words',
      { ...FULL, override: { seq: 0, error: 'Old.' } },
      '/override/error',
    ],
    ['a group nobody knows', { ...FULL, group: 'beta' }, '/group'],
    ['a deployment that is a number', { ...FULL, deployment: 3 }, '/deployment'],
  ])('with %s is refused, and told where', (_, report, path) => {
    const read = readStatus(report)
    expect(read.ok).toBe(false)
    const issues = !read.ok && read.error.reason === 'invalid' ? read.error.issues : []
    expect(issues.map((issue) => issue.path)).toContain(path)
  })
})
