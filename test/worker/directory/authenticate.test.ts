/** Whom credentials speak for, how often, and what is written of those that are refused. */
import { env } from 'cloudflare:workers'
import { reset, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { formatKey } from '#core'
import { sha256Hex } from '../../../worker/crypto/hash.ts'
import { EVERYTHING } from '../../../worker/domain/grants.ts'
import { Gate } from '../../../worker/objects/directory/authenticate.ts'
import type { DirectoryObject } from '../../../worker/objects/directory/directory-object.ts'
import type { Authentication, Credential } from '../../../worker/objects/directory/interface.ts'
import { caller, directory, must } from '../support/objects.ts'

const ADDRESS = '203.0.113.9'

async function make(members: { cidrs?: readonly string[] } = {}) {
  const grants = [{ role: 'editor', ...EVERYTHING }] as const
  const request = { name: 'ci', grants, cidrs: [], expiresAtMs: null, reason: 'deploys' }
  return must(await directory().createToken({ ...request, ...members }, caller))
}

async function credentialOf(token: string): Promise<Credential> {
  return { kind: 'token', sha256: await sha256Hex(token), prefix: token.slice(0, 22) }
}

const NOBODY = formatKey('admin', undefined, undefined, 'x'.repeat(30))

/** A gate of its own over the directory's tables, with a small rate. */
function withGate<T>(use: (gate: Gate) => T | Promise<T>): Promise<T> {
  return runInDurableObject<DirectoryObject, T>(env.DIRECTORY.getByName('directory'), (_, state) =>
    use(new Gate(state.storage.sql, { perSecond: 1, burst: 10 })),
  )
}

const audited = async () => must(await directory().audit({ limit: 100 })).items

describe('the rate of a token', () => {
  beforeEach(() => reset())

  test('is exact: of ten times the burst the burst gets through, and others are not affected', async () => {
    const [one, other] = [await make(), await make()]
    const [first, second] = [await credentialOf(one.token), await credentialOf(other.token)]
    await withGate((gate) => {
      const answers = Array.from({ length: 100 }, () => gate.authenticate(first, ADDRESS, 0))
      expect(answers.filter(({ ok }) => ok)).toHaveLength(10)
      expect(answers.at(-1)).toEqual({
        ok: false,
        reason: 'rate_limited',
        rate: { limit: 10, remaining: 0, retryAfterMs: 1000 },
      })
      expect(gate.authenticate(second, ADDRESS, 0)).toMatchObject({ ok: true })
      expect(gate.authenticate(first, ADDRESS, 999)).toMatchObject({ ok: false })
      expect(gate.authenticate(first, ADDRESS, 1000)).toMatchObject({ ok: true })
    })
  })
})

describe('failed attempts', () => {
  beforeEach(() => reset())

  test('of one address are slowed down, before the token is looked at', async () => {
    const { token } = await make()
    const [good, bad] = [await credentialOf(token), await credentialOf(NOBODY)]
    await withGate((gate) => {
      const tries = Array.from({ length: 1_000 }, () => gate.authenticate(bad, ADDRESS, 0))
      const reasons = (answer: Authentication) => (answer.ok ? 'ok' : answer.reason)
      expect(tries.filter((answer) => reasons(answer) === 'unauthorized')).toHaveLength(100)
      expect(reasons(gate.authenticate(good, ADDRESS, 0))).toBe('rate_limited')
      expect(reasons(gate.authenticate(good, '203.0.113.10', 0))).toBe('ok')
      expect(reasons(gate.authenticate(good, ADDRESS, 1_000))).toBe('ok')
    })
  })

  test('are written with the token they were tried with, its name and the address', async () => {
    const revoked = await make()
    must(await directory().revokeToken(revoked.id, 'left', caller))
    const bound = await make({ cidrs: ['10.0.0.0/8'] })
    const typed = await make()
    for (const token of [revoked.token, bound.token]) {
      const answer = await directory().authenticate(await credentialOf(token), ADDRESS)
      expect(answer).toEqual({ ok: false, reason: 'unauthorized' })
    }
    const guess = { ...(await credentialOf(NOBODY)), prefix: typed.prefix } as Credential
    expect(await directory().authenticate(guess, ADDRESS)).toMatchObject({ ok: false })
    const row = { action: 'token.use', outcome: 'denied', actor: 'ci', address: ADDRESS }
    expect((await audited()).slice(0, 3)).toMatchObject([
      { ...row, tokenId: typed.id, reason: 'not the token' },
      { ...row, tokenId: bound.id, reason: 'from an address it is not for' },
      { ...row, tokenId: revoked.id, reason: 'revoked' },
    ])
  })

  test('of texts that begin like no token are not, and a flood writes a row a minute', async () => {
    const { id, token } = await make()
    must(await directory().revokeToken(id, 'left', caller))
    const [dead, none] = [await credentialOf(token), await credentialOf(NOBODY)]
    const before = (await audited()).length
    await withGate((gate) => {
      for (let count = 0; count < 5_000; count += 1) {
        gate.authenticate(dead, null, count)
        gate.authenticate(none, null, count)
      }
    })
    expect((await audited()).length).toBe(before + 1)
  })
})

describe('sessions', () => {
  beforeEach(() => reset())
  const untilMs = null

  async function begin(tokenId: string, ownerSha256: string | null = null) {
    const secret = { sha256: await sha256Hex(`secret of ${tokenId}`), ownerSha256 }
    await directory().createSession(
      { ...secret, grants: null, untilMs },
      { tokenId, name: 'ada', address: ADDRESS },
    )
    return { kind: 'session', ...secret } as const
  }

  test('one does what its token may do by now, and ends with it', async () => {
    const { id, grants } = await make()
    const session = await begin(id)
    expect(await directory().authenticate(session, ADDRESS)).toMatchObject({ ok: true, id, grants })
    must(await directory().revokeToken(id, 'left', caller))
    expect(await directory().authenticate(session, ADDRESS)).toMatchObject({ ok: false })
  })

  test('the bootstrap owner’s ends when that token is another one', async () => {
    const session = await begin('owner', 'aa')
    expect(await directory().authenticate(session, ADDRESS)).toMatchObject({
      ok: true,
      id: 'owner',
    })
    for (const ownerSha256 of ['bb', null]) {
      const answer = await directory().authenticate({ ...session, ownerSha256 }, ADDRESS)
      expect(answer).toEqual({ ok: false, reason: 'unauthorized' })
    }
  })

  test('one ends after 8 hours, and when it is ended', async () => {
    const session = await begin('owner', 'aa')
    const startMs = Date.now()
    const at = async (nowMs: number) =>
      (await withGate((gate) => gate.authenticate(session, ADDRESS, nowMs))).ok
    expect(await at(startMs + 8 * 3_600_000 - 60_000)).toBe(true)
    expect(await at(startMs + 8 * 3_600_000 + 60_000)).toBe(false)
    await directory().endSession(session.sha256, caller)
    expect(await at(startMs)).toBe(false)
    expect((await audited()).map(({ action }) => action)).toEqual(['session.end', 'session.create'])
  })
})
