/** The kill switch, from key to application, with no platform anywhere. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OverrideKey, verifyOverride } from '../../../sdk/src/overrides.ts'
import { type Cli, createCli } from '../../support/cli.ts'

const FOR = ['--project', 'shop', '--env', 'production']
let cli: Cli
let key: OverrideKey

const nobody = () => Promise.reject(new Error('somebody was asked'))
const run = (...words: string[]) => cli.run(words, { fetch: nobody })
const fileOf = (name: string) => readFile(join(cli.folder, name), 'utf8')
const verdict = async (text: string, nowMs = Date.now()) =>
  verifyOverride(text, [key], { audience: 'shop/production', nowMs })

beforeAll(async () => {
  cli = await createCli()
  const made = await run('override', 'keygen', 'override.key.json', '--json')
  key = (made.json() as { key: OverrideKey }).key
})
afterAll(() => cli.close())

describe('override keygen', () => {
  test('keeps the private half to its owner, prints the public one, and writes over nothing', async () => {
    expect(Object.keys(key).toSorted()).toEqual(['crv', 'kty', 'x', 'y'])
    const { mode } = await stat(join(cli.folder, 'override.key.json'))
    expect(mode & 0o777).toBe(0o600)
    const before = await fileOf('override.key.json')
    expect((await run('override', 'keygen', 'override.key.json')).code).toBe(1)
    expect(await fileOf('override.key.json')).toBe(before)
    const { d } = JSON.parse(before)
    const other = await run('override', 'keygen', 'other.key.json')
    expect(other.out + other.err).not.toContain(d)
  })
})

describe('override sign', () => {
  const sign = (...words: string[]) =>
    run('override', 'sign', ...FOR, '--key-file', 'override.key.json', ...words)

  test('takes the project of the folder when none is named', async () => {
    const words = ['--env', 'production', '--key-file', 'override.key.json', '--off', 'a']
    const unnamed = await run('override', 'sign', ...words)
    expect([unnamed.code, unnamed.err]).toEqual([1, expect.stringContaining('no project is named')])
    const config = join(cli.folder, 'driftless.config.json')
    await writeFile(config, '{ "project": "shop" }')
    const signed = await run('override', 'sign', ...words, '--json')
    expect(signed.json()).toMatchObject({ aud: 'shop/production' })
    await rm(config)
  })

  test('makes what applications take, ordered by its time', async () => {
    const first = await sign(
      '--off',
      'checkout',
      '--serve',
      'banner=a=b',
      '-m',
      'orders are lost',
      '-o',
      'o.jws',
    )
    expect([first.code, first.err]).toEqual([0, ''])
    expect(first.out).toMatch(
      /^wrote o\.jws: shop\/production, seq \d+, until .* UTC, 2 flags: checkout off, banner → a=b$/m,
    )
    const taken = await verdict(await fileOf('o.jws'))
    const flags = { checkout: { off: true }, banner: { variant: 'a=b' } }
    expect(taken).toMatchObject({ ok: true, claims: { flags, reason: 'orders are lost' } })
    const second = await sign('--none')
    const next = await verdict(second.out)
    if (!taken.ok || !next.ok) return expect.fail('refused')
    expect(next.claims.flags).toEqual({})
    expect(next.claims.seq).toBeGreaterThan(taken.claims.seq)
    expect(next.claims.exp - next.claims.iat).toBe(86_400)
  })

  test('ends when it is told to', async () => {
    const { out } = await sign('--off', 'checkout', '--expires', '2h', '--seq', '9')
    expect(await verdict(out)).toMatchObject({ ok: true, claims: { seq: 9 } })
    expect(await verdict(out, Date.now() + 3 * 3_600_000)).toMatchObject({ code: 'expired' })
  })

  test.each([
    ['no flag', [], 'no flag is named'],
    ['a flag twice', ['--off', 'a', '--serve', 'a=b'], 'flag a is named twice'],
    ['no variant', ['--serve', 'a'], '--serve must be FLAG=VARIANT'],
    ['an empty variant', ['--serve', 'a='], 'readers would refuse it: malformed'],
    ['a seq of 0', ['--off', 'a', '--seq', '0'], '--seq must be an integer from 1'],
    ['a long reason', ['--off', 'a', '-m', 'x'.repeat(513)], 'readers would refuse it: malformed'],
  ])('refuses %s', async (_, words, message) => {
    const result = await sign(...words)
    expect([result.code, result.out]).toEqual([1, ''])
    expect(result.err).toContain(message)
  })

  test.each([
    ['no key', 'nowhere.json', 'there is no file nowhere.json'],
    ['a public key', 'public.json', '--key-file is not a private key'],
    ['a text', 'text.json', 'text.json is not a JSON object'],
    ['another kind of key', 'rsa.json', 'must be a JWK of an EC key on P-256'],
  ])('refuses %s', async (_, file, message) => {
    await writeFile(join(cli.folder, 'public.json'), JSON.stringify(key))
    await writeFile(join(cli.folder, 'text.json'), 'hunter2')
    await writeFile(join(cli.folder, 'rsa.json'), '{"kty":"RSA","d":"hunter2"}')
    const result = await run('override', 'sign', ...FOR, '--key-file', file, '--off', 'a')
    expect(result.code).toBe(1)
    expect(result.err).toContain(message)
    expect(result.err).not.toContain('hunter2')
  })
})

test('override verify says what applications would say', async () => {
  await run(
    'override',
    'sign',
    ...FOR,
    '--key-file',
    'override.key.json',
    '--off',
    'a',
    '-o',
    'v.jws',
  )
  await writeFile(join(cli.folder, 'public.json'), JSON.stringify(key))
  const good = await run('override', 'verify', 'v.jws', ...FOR, '--key-file', 'public.json')
  expect([good.code, good.out]).toEqual([
    0,
    expect.stringContaining('v.jws is genuine: shop/production'),
  ])
  const elsewhere = ['--project', 'shop', '--env', 'staging', '--key-file', 'public.json', '--json']
  const bad = await run('override', 'verify', 'v.jws', ...elsewhere)
  expect([bad.code, bad.json()]).toMatchObject([2, { ok: false, code: 'audience' }])
})
