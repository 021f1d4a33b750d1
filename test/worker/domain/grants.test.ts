import { describe, expect, test } from 'vitest'
import { ROLE_NAMES } from '../../../admin/contract/token.ts'
import { type Action, ACTIONS, entryOf, ROLES } from '../../../worker/domain/access.ts'
import {
  type Access,
  EVERYTHING,
  type Grant,
  hasAction,
  isAllowed,
  isEverAllowed,
  isWithin,
  operationNeeds,
  OWNER_ACCESS,
} from '../../../worker/domain/grants.ts'

const shop = { ...EVERYTHING, projects: ['shop'] }
const staging = { ...shop, environments: ['staging'] }
const access = (...grants: readonly Grant[]): Access => ({ grants })
const editorIn = (scope: typeof shop): Access => access({ role: 'editor', ...scope })

describe('the policy table', () => {
  test('names the roles that the contract takes', () => {
    expect(ROLE_NAMES).toEqual(ROLES)
  })

  test('gives an owner everything, and an owner of all is allowed all', () => {
    for (const action of ACTIONS) {
      expect(entryOf(action)?.roles, action).toContain('owner')
      expect(isAllowed(OWNER_ACCESS, action, { project: 'shop', environment: 'x' })).toBe(true)
    }
  })

  test('reveals secrets to secret-readers and owners alone', () => {
    expect(entryOf('secret.read')?.roles).toEqual(['secret-reader', 'owner'])
  })

  test.each(['nothing', 'constructor', '__proto__', 'toString'])(
    'denies %s, which is no action, to everybody',
    (name) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the point of the test
      const action = name as Action
      expect(isAllowed(OWNER_ACCESS, action, { project: 'shop' })).toBe(false)
      expect(
        isAllowed(access({ actions: [action], ...EVERYTHING }), action, { project: null }),
      ).toBe(false)
    },
  )

  test('denies all without a grant', () => {
    for (const action of ACTIONS) {
      expect(isAllowed(access(), action, { project: 'shop' })).toBe(false)
      expect(isEverAllowed(access(), action, 'shop')).toBe(false)
    }
  })
})

describe('a grant', () => {
  test('for a project reaches no other, and nothing of the installation', () => {
    expect(isAllowed(editorIn(shop), 'config.write', { project: 'shop' })).toBe(true)
    expect(isAllowed(editorIn(shop), 'config.write', { project: 'shop2' })).toBe(false)
    const owner = access({ role: 'owner', ...shop })
    expect(isAllowed(owner, 'token.write', { project: null })).toBe(false)
    expect(isAllowed(owner, 'project.create', { project: null })).toBe(false)
    expect(isAllowed(owner, 'project.delete', { project: 'shop' })).toBe(true)
  })

  test('for an environment writes there, not elsewhere and not what is in all of them', () => {
    const editor = editorIn(staging)
    const write = (environment?: string) =>
      isAllowed(editor, 'config.write', { project: 'shop', environment })
    expect([write('staging'), write('production'), write()]).toEqual([true, false, false])
  })

  test('for an environment reads what is shared, and not what another has', () => {
    const editor = editorIn(staging)
    expect(isAllowed(editor, 'config.read', { project: 'shop' })).toBe(true)
    expect(isAllowed(editor, 'config.read', { project: 'shop', environment: 'production' })).toBe(
      false,
    )
    expect(isAllowed(editor, 'export.read', { project: 'shop' })).toBe(false)
  })

  test('of single actions allows these and no others', () => {
    const ci = access({ actions: ['flag.write'], ...shop })
    expect(isAllowed(ci, 'flag.write', { project: 'shop' })).toBe(true)
    expect(isAllowed(ci, 'flag.read', { project: 'shop' })).toBe(false)
  })

  test('for some secrets reaches these alone', () => {
    const reader = access({ role: 'secret-reader', ...shop, secrets: ['payments.*'] })
    const read = (secret: string) =>
      isAllowed(reader, 'secret.read', { project: 'shop', environment: 'production', secret })
    expect([read('payments.key'), read('payments'), read('database')]).toEqual([true, false, false])
  })

  test('is not put together with another: role of one, scope of the other', () => {
    const both = access({ role: 'viewer', ...shop }, { role: 'editor', ...staging })
    expect(isAllowed(both, 'flag.write', { project: 'shop', environment: 'production' })).toBe(
      false,
    )
  })

  test.each([
    ['*', 'anything', true],
    ['preview-*', 'preview-1', true],
    ['preview-*', 'preview-', true],
    ['preview-*', 'preview', false],
    ['*-eu', 'prod-eu', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['a*a', 'a', false],
    ['*ab*ab*', 'ab', false],
    ['shop', 'shop', true],
    ['shop', 'shopping', false],
    ['', 'shop', false],
  ])('with the pattern %j covers %j: %s', (pattern, project, covered) => {
    const viewer = access({ role: 'viewer', ...EVERYTHING, projects: [pattern] })
    expect(isAllowed(viewer, 'project.read', { project })).toBe(covered)
  })
})

describe('before its body is read', () => {
  test('a request is refused only when no environment would do', () => {
    expect(isEverAllowed(editorIn(staging), 'revision.rollback', 'shop')).toBe(true)
    expect(isEverAllowed(editorIn(staging), 'revision.rollback', 'other')).toBe(false)
    expect(isEverAllowed(access({ role: 'viewer', ...shop }), 'revision.rollback', 'shop')).toBe(
      false,
    )
  })

  test('what is refused then would be refused for every environment', () => {
    for (const action of ACTIONS) {
      for (const role of ROLES) {
        const who = access({ role, ...staging })
        const ever = isEverAllowed(who, action, 'shop')
        const somewhere = [undefined, 'staging', 'production'].some((environment) =>
          isAllowed(who, action, { project: 'shop', environment }),
        )
        expect(somewhere && !ever, `${role} ${action}`).toBe(false)
      }
    }
  })
})

describe('an operation of a change set', () => {
  test('on a base layer needs all environments, on an override its own', () => {
    expect(operationNeeds({ op: 'deleteConfig', name: 'a' })).toEqual([{ action: 'config.write' }])
    expect(
      operationNeeds({ op: 'deleteConfigOverride', name: 'a', environment: 'staging' }),
    ).toEqual([{ action: 'config.write', environment: 'staging' }])
  })

  test('that names a parent needs to read there', () => {
    const operation = {
      op: 'createEnvironment',
      environment: 'preview-1',
      parent: 'production',
      protected: false,
    } as const
    expect(operationNeeds(operation)).toEqual([
      { action: 'environment.write', environment: 'preview-1' },
      { action: 'config.read', environment: 'production' },
    ])
  })
})

describe('giving grants', () => {
  test('nobody gives what he has not got', () => {
    const cases: readonly (readonly [Access, Grant, boolean])[] = [
      [OWNER_ACCESS, { role: 'owner', ...EVERYTHING }, true],
      [editorIn(shop), { role: 'viewer', ...shop }, true],
      [editorIn(shop), { role: 'viewer', ...EVERYTHING }, false],
      [editorIn(shop), { role: 'publisher', ...shop }, false],
      [editorIn(shop), { role: 'editor', ...staging }, true],
      [editorIn(staging), { role: 'editor', ...shop }, false],
      [
        editorIn({ ...shop, projects: ['shop-*'] }),
        { role: 'editor', ...shop, projects: ['shop-a*'] },
        true,
      ],
      [
        editorIn({ ...shop, projects: ['shop-a*'] }),
        { role: 'editor', ...shop, projects: ['shop-*'] },
        false,
      ],
      [
        access({ actions: ['token.write', 'flag.read'], ...EVERYTHING }),
        { actions: ['flag.read'], ...EVERYTHING },
        true,
      ],
      [
        access({ actions: ['token.write', 'flag.read'], ...EVERYTHING }),
        { role: 'viewer', ...EVERYTHING },
        false,
      ],
    ]
    for (const [who, grant, allowed] of cases) {
      expect(isWithin(who, grant), JSON.stringify([who, grant])).toBe(allowed)
    }
  })

  test('what is within allows nothing that the giver is not allowed', () => {
    const scopes = [EVERYTHING, shop, staging, { ...shop, environments: ['s*'] }]
    for (const own of scopes) {
      for (const given of scopes) {
        for (const role of ROLES) {
          const giver = access({ role: 'publisher', ...own })
          const grant: Grant = { role, ...given }
          if (!isWithin(giver, grant)) continue
          for (const action of ACTIONS.filter((one) => hasAction(grant, one))) {
            for (const project of ['shop', 'other', null]) {
              for (const environment of [undefined, 'staging', 'production']) {
                const target = { project, environment }
                if (isAllowed(access(grant), action, target)) {
                  expect(isAllowed(giver, action, target)).toBe(true)
                }
              }
            }
          }
        }
      }
    }
  })
})
