import { describe, expect, test } from 'vitest'
import { config, flag } from './support.ts'
import { onStage, SERVER, type Stage } from './publishing.ts'

const HOUR_MS = 60 * 60 * 1000

/** A project whose first heads are everywhere. */
async function begin(stage: Stage): Promise<void> {
  stage.create()
  await stage.publisher.drain()
  stage.log.length = 0
  stage.nowMs += 10_000
}

const about = (stage: Stage, audience: string) =>
  stage.log.filter((line) => line.includes(`/${audience}`))

describe('publishing', () => {
  test('a new environment gets a signed head for each audience, empty as it is', () =>
    onStage(async (stage) => {
      stage.create()
      await stage.publisher.drain()
      expect(
        stage.signed
          .map(({ aud, seq, epoch, revision }) => `${aud} ${epoch}.${seq} ${revision}`)
          .toSorted(),
      ).toEqual(['shop/production/client 1.1 1', 'shop/production/server 1.1 1'])
      const { sha256 } = stage.head()
      expect(stage.kv.get('head/shop/production/server')).toBe(stage.head().manifest)
      expect(stage.kv.get(`body/shop/production/server/${sha256}`)).toBe(
        '{"audience":"server","configs":{},"environment":"production","flags":{},"format":1,' +
          '"project":"shop","revision":1,"secrets":{},"segments":{}}',
      )
      expect(stage.outbox()).toEqual([])
    }))

  test('a change goes out as body, head and announcement, only to the audience that sees it', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      expect(stage.log.toSorted()).toEqual([
        'announce shop/production/server 2 with body',
        'put body/shop/production/server',
        'put deltas/shop/production/server',
        'put head/shop/production/server',
      ])
      expect(stage.head()).toMatchObject({ seq: 2, revision: 2 })
      expect(stage.head({ environment: 'production', audience: 'client' })).toMatchObject({
        seq: 1,
        revision: 1,
      })
    }))

  test('the manifest names issuer, audience, times, hash and size', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      const { sha256 } = stage.head()
      const body = stage.kv.get(`body/shop/production/server/${sha256}`) ?? ''
      const iat = Math.floor(stage.nowMs / 1000)
      expect(stage.signed.at(-1)).toEqual({
        iss: 'driftless',
        aud: 'shop/production/server',
        iat,
        exp: iat + 24 * 60 * 60,
        epoch: 1,
        seq: 2,
        revision: 2,
        sha256,
        size: new TextEncoder().encode(body).length,
        delta: {
          from: 1,
          base: expect.any(String),
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      })
    }))

  test('many commits before a drain make one head', () =>
    onStage(async (stage) => {
      await begin(stage)
      for (let i = 0; i < 20; i++) stage.commit(config({ i }))
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ seq: 2, revision: 21 })
      expect(about(stage, 'server')).toHaveLength(4)
    }))

  test('a commit while a head is being signed is in the head after it', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ a: 1 }))
      stage.whileSigning = () => stage.commit(config({ a: 2 }))
      await stage.publisher.drain()
      // The other audience was through by then; the drain of the second commit sees to it.
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ seq: 3, revision: 3 })
      expect(stage.kv.get('head/shop/production/server')).toBe(stage.head().manifest)
      expect(stage.outbox()).toEqual([])
    }))

  test('a change that is undone before it was published makes no head', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ a: 1 }))
      stage.commit({ op: 'deleteConfig', name: 'settings' })
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ seq: 1, revision: 1 })
      expect(stage.log).toEqual([])
    }))

  test('a large document stands outside the body and is put before anyone is told', () =>
    onStage(async (stage) => {
      await begin(stage)
      const document = { text: 'x'.repeat(70_000) }
      stage.commit(config(document))
      await stage.publisher.drain()
      expect(about(stage, 'server').slice(0, 2)).toEqual([
        'put body/shop/production/server',
        'put body/shop/production/server',
      ])
      expect(about(stage, 'server')).toContain('announce shop/production/server 2 with body')
      expect([...stage.kv.values()]).toContain(JSON.stringify(document))
    }))

  test('bodies nobody needs any more are dropped from the storage', () =>
    onStage(async (stage) => {
      await begin(stage)
      const blobs = () => stage.storage.sql.exec('SELECT COUNT(*) AS n FROM blob').one()['n']
      stage.commit(config({ text: 'a'.repeat(70_000) }))
      await stage.publisher.drain()
      const before = blobs()
      for (const letter of ['b', 'c', 'd']) {
        stage.nowMs += 10_000
        stage.commit(config({ text: letter.repeat(70_000) }))
        await stage.publisher.drain()
      }
      // Three more sources, which are history, and no more bodies or documents than before.
      expect(blobs()).toBe(Number(before) + 3)
    }))
})

describe('what fails in publishing', () => {
  test('KV: sockets are told all the same, and KV gets it later', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.broken.add('put')
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      expect(stage.log).toEqual(['announce shop/production/server 2 with body'])
      expect(stage.outbox()).toMatchObject([
        { body_done: 0, head_done: 0, announce_done: 1, attempts: 1 },
      ])
      stage.broken.clear()
      stage.nowMs += 1_000
      await stage.publisher.drain()
      expect(stage.kv.get('head/shop/production/server')).toBe(stage.head().manifest)
      expect(stage.log.filter((line) => line.startsWith('announce'))).toHaveLength(1)
      expect(stage.outbox()).toEqual([])
    }))

  test('the hub: KV has it, and the hub is told later', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.broken.add('announce')
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      expect(stage.kv.get('head/shop/production/server')).toBe(stage.head().manifest)
      stage.broken.clear()
      stage.nowMs += 1_000
      await stage.publisher.drain()
      expect(about(stage, 'server').at(-1)).toBe('announce shop/production/server 2 with body')
    }))

  test('signing: the old head stays, and asking for the head tries again', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.broken.add('sign')
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ seq: 1 })
      await expect(stage.publisher.ensureHead(SERVER)).rejects.toThrow('broken')
      stage.broken.clear()
      await stage.publisher.ensureHead(SERVER)
      expect(stage.head()).toMatchObject({ seq: 2, revision: 2 })
    }))

  test('is tried again after 1, 2, 4 … seconds, at most 60', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.broken.add('announce')
      stage.commit(config({ a: 1 }))
      const waits: number[] = []
      for (let i = 0; i < 9; i++) {
        await stage.publisher.drain()
        const next = Number(stage.outbox()[0]?.['not_before_ms'])
        waits.push((next - stage.nowMs) / 1000)
        stage.nowMs = next
      }
      expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    }))

  test('is reported each time, as nobody waits for it', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.broken.add('sign').add('put')
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      expect(stage.reported.map(String)).toContain('Error: sign is broken')
      const before = stage.reported.length
      stage.nowMs += 1_000
      await stage.publisher.drain()
      expect(stage.reported.length).toBeGreaterThan(before)
      stage.broken.clear()
      const { length } = stage.reported
      stage.nowMs += 60_000
      await stage.publisher.drain()
      expect(stage.reported).toHaveLength(length)
    }))

  test('nothing is tried before its time, and a new commit starts at once', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.broken.add('announce')
      stage.commit(config({ a: 1 }))
      await stage.publisher.drain()
      stage.broken.clear()
      stage.nowMs += 999
      await stage.publisher.drain()
      expect(stage.log.some((line) => line.startsWith('announce'))).toBe(false)
      stage.commit(config({ a: 2 }))
      await stage.publisher.drain()
      expect(stage.log.findLast((line) => line.startsWith('announce'))).toBe(
        'announce shop/production/server 3 with body',
      )
    }))

  test.each([
    'before-sign',
    'after-sign',
    'before-body',
    'after-body',
    'before-head',
    'after-head',
    'before-announce',
    'after-announce',
  ])('a process that ends %s leaves work that the next one finishes', (place) =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ a: 1 }), flag())
      await stage.restart(place).drain()
      expect(stage.outbox()).not.toEqual([])
      stage.nowMs += 60_000
      await stage.restart().drain()
      expect(stage.outbox()).toEqual([])
      expect(stage.head()).toMatchObject({ seq: 2, revision: 2 })
      expect(stage.kv.get('head/shop/production/server')).toBe(stage.head().manifest)
      expect(stage.kv.has(`body/shop/production/server/${stage.head().sha256}`)).toBe(true)
      expect(stage.log).toContain('announce shop/production/server 2 with body')
    }),
  )
})

describe('order and time of heads', () => {
  test('KV gets at most one head a second, the newest; sockets get every one', () =>
    onStage(async (stage) => {
      await begin(stage)
      for (let i = 0; i < 5; i++) {
        stage.commit(config({ i }))
        await stage.publisher.drain()
        stage.nowMs += 100
      }
      const lines = about(stage, 'server')
      expect(lines.filter((line) => line.startsWith('put head'))).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith('announce'))).toHaveLength(5)
      stage.nowMs += 1_000
      await stage.publisher.drain()
      expect(stage.kv.get('head/shop/production/server')).toBe(stage.head().manifest)
      expect(stage.head()).toMatchObject({ seq: 6 })
      expect(stage.outbox()).toEqual([])
    }))

  test('a head is signed anew after 6 hours and not before: next seq, same content', () =>
    onStage(async (stage) => {
      stage.create()
      await stage.publisher.drain()
      const before = stage.head()
      stage.nowMs += 6 * HOUR_MS - 1
      await stage.publisher.drain()
      expect(stage.head()).toEqual(before)
      stage.log.length = 0
      stage.nowMs += 1
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ seq: 2, revision: 1, sha256: before.sha256 })
      expect(stage.signed.at(-1)?.iat).toBe(Math.floor(stage.nowMs / 1000))
      // The body again, so that KV does not let it expire while it is current.
      expect(about(stage, 'server').toSorted()).toEqual([
        'announce shop/production/server 2 with body',
        'put body/shop/production/server',
        'put head/shop/production/server',
      ])
    }))

  test('asking for a head that should have been signed anew signs it', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.nowMs += 30 * HOUR_MS
      await stage.publisher.ensureHead(SERVER)
      expect(stage.head()).toMatchObject({ seq: 2 })
    }))

  test('the alarm is set for the next thing to do', () =>
    onStage(async (stage) => {
      const alarm = () => stage.storage.getAlarm()
      stage.create()
      expect(await alarm()).toBe(stage.nowMs + 1_000)
      await stage.publisher.drain()
      expect(await alarm()).toBe(stage.nowMs + 6 * HOUR_MS)
      stage.nowMs += 10_000
      stage.commit(config({ a: 1 }))
      expect(await alarm()).toBe(stage.nowMs + 1_000)
    }))

  test('an environment that is deleted goes from KV and its sockets are closed', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit({ op: 'deleteEnvironment', environment: 'production' })
      expect(() => stage.head()).toThrow('no head')
      await stage.publisher.drain()
      expect(stage.log.toSorted()).toEqual([
        'delete head/shop/production/client',
        'delete head/shop/production/server',
        'disconnectAll shop/production/client',
        'disconnectAll shop/production/server',
      ])
      expect(stage.outbox()).toEqual([])
    }))

  test('an environment of the same name goes on in the order of the old one', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit({ op: 'deleteEnvironment', environment: 'production' })
      await stage.publisher.drain()
      stage.nowMs += 10_000
      stage.commit({ op: 'createEnvironment', environment: 'production', protected: false })
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ epoch: 1, seq: 2, revision: 3 })
    }))

  test('a project made again has a higher epoch, whatever was asked for, and nothing of the old one', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ secret: 'old' }))
      await stage.publisher.drain()
      stage.remove()
      stage.nowMs += 10_000
      await stage.publisher.drain()
      expect(stage.kv.has('head/shop/production/server')).toBe(false)
      stage.nowMs += 10_000
      stage.create(1)
      await stage.publisher.drain()
      expect(stage.head()).toMatchObject({ epoch: 2, seq: 3, revision: 1 })
      const blobs = stage.storage.sql
        .exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM blob')
        .toArray()
      const texts = blobs.map(({ bytes }) => new TextDecoder().decode(bytes))
      expect(texts.join()).not.toContain('old')
    }))

  test('a project removed while a head is being signed gets no head', () =>
    onStage(async (stage) => {
      await begin(stage)
      stage.commit(config({ a: 1 }))
      stage.whileSigning = () => stage.remove()
      await stage.publisher.drain()
      expect(() => stage.head()).toThrow('no head')
      stage.nowMs += 60_000
      await stage.publisher.drain()
      expect(stage.kv.has('head/shop/production/server')).toBe(false)
      expect(stage.outbox()).toEqual([])
    }))
})
