/** Where a validate webhook may be, and what is refused. */
import { describe, expect, test } from 'vitest'
import { hookUrlFault } from '../../../worker/domain/hook-check.ts'
import { Memory } from './support.ts'

describe('the URL of a hook', () => {
  test.each([
    'https://rules.example.com/',
    'https://rules.example.com/validate?team=a',
    'https://rules.example.com:443/',
    'https://bücher.example/',
  ])('%s is allowed', (url) => expect(hookUrlFault(url, false)).toBeUndefined())

  test.each([
    'rules.example.com',
    '/validate',
    '',
    'http://rules.example.com/',
    'ftp://rules.example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
    'https://user:secret@rules.example.com/',
    'https://user@rules.example.com/',
    'https://rules.example.com/#part',
    'https://rules.example.com:8443/',
    'https://localhost/',
    'https://localhost./',
    'https://a.localhost/',
    'https://printer.local/',
    'https://db.internal/',
    'https://router.home.arpa/',
    'https://intranet/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
    'https://8.8.8.8/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00::1]/',
    'https://127.0.0.1./',
    'https://①②⑦.⓪.⓪.①/',
    'http://localhost:3000/',
    'http://127.0.0.1:3000/',
    'http://[::1]:3000/',
  ])('%s is refused', (url) => expect(hookUrlFault(url, false)).toMatch(/^must|^may/))

  test('this computer may be asked where that is allowed, and no other one without TLS', () => {
    expect(hookUrlFault('http://localhost:3000/', true)).toBeUndefined()
    expect(hookUrlFault('http://127.0.0.1:3000/', true)).toBeUndefined()
    expect(hookUrlFault('http://user@localhost:3000/', true)).toBeDefined()
    expect(hookUrlFault('http://rules.example.com/', true)).toBeDefined()
    expect(hookUrlFault('http://10.0.0.1/', true)).toBeDefined()
    expect(hookUrlFault('http://localhost.example.com/', true)).toBeDefined()
  })
})

describe('validate of an environment', () => {
  const declared = (validate: unknown) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- hostile input is the point
    const hooks = validate as []
    const operation = { op: 'createEnvironment', environment: 'e', protected: false } as const
    const result = new Memory().apply({ ...operation, validate: hooks })
    return result.ok || result.error.reason !== 'invalid'
      ? result.ok
      : result.error.issues.map(({ path }) => path)
  }
  const url = 'https://rules.example.com/'

  test('is a list of names and URLs', () => {
    expect(declared([{ name: 'a', url }])).toBe(true)
    expect(declared([])).toBe(true)
  })

  test.each([
    [{}, '/operations/0/validate'],
    [[url], '/operations/0/validate/0'],
    [[{ name: 'a' }], '/operations/0/validate/0/url'],
    [[{ name: '', url }], '/operations/0/validate/0/name'],
    [[{ name: 'a', url, secret: 'x' }], '/operations/0/validate/0/secret'],
    [[{ name: 'a', url: 'http://localhost:1/' }], '/operations/0/validate/0/url'],
    [[{ name: 'a', url: `${url}${'x'.repeat(2_048)}` }], '/operations/0/validate/0/url'],
    [
      Array.from({ length: 6 }, (_, index) => ({ name: `n${index}`, url })),
      '/operations/0/validate',
    ],
    [
      [
        { name: 'a', url },
        { name: 'a', url },
      ],
      '/operations/0/validate/1/name',
    ],
  ])('%j is refused at %s', (validate, path) => expect(declared(validate)).toEqual([path]))
})
