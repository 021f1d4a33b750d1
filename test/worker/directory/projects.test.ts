import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { caller, directory, must } from '../support/objects.ts'

describe('projects in the directory', () => {
  beforeEach(() => reset())

  test('a new name starts at epoch 1 and is listed', async () => {
    const made = must(await directory().createProject('shop', 'first', caller))
    expect(made).toMatchObject({ name: 'shop', epoch: 1 })
    expect(await directory().projects()).toEqual([made])
  })

  test('a name is taken once, also by two at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => directory().createProject('shop', 'race', caller)),
    )
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1)
    expect(answers.find((answer) => !answer.ok)).toEqual({
      ok: false,
      error: { reason: 'already_exists', noun: 'project', name: 'shop' },
    })
  })

  test('a deleted name comes back with a higher epoch', async () => {
    for (const epoch of [1, 2, 3]) {
      const made = must(await directory().createProject('shop', 'again', caller))
      expect(made.epoch).toBe(epoch)
      must(await directory().removeProject('shop', 'done', caller))
      expect(await directory().projects()).toEqual([])
    }
  })

  test('what is not there cannot be removed', async () => {
    expect(await directory().removeProject('shop', 'why', caller)).toEqual({
      ok: false,
      error: { reason: 'not_found', noun: 'project', name: 'shop' },
    })
  })

  test('what was done is in the audit, newest first, and what was refused is not', async () => {
    must(await directory().createProject('shop', 'open', caller))
    await directory().createProject('shop', 'twice', caller)
    must(await directory().removeProject('shop', 'close', caller))
    const page = must(await directory().audit({ limit: 100 }))
    expect(page.items).toMatchObject([
      { seq: 2, action: 'project.delete', target: 'shop', reason: 'close', actor: 'tester' },
      { seq: 1, action: 'project.create', target: 'shop', reason: 'open', actor: 'tester' },
    ])
  })
})
