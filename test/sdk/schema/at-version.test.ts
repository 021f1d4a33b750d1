/** Documents of another version than the published one: the chain that is taken, what fails, what is not told. */
import { describe, expect, test } from 'vitest'
import type { DocumentVersion } from '../../../sdk/src/core/index.ts'
import { atVersion, defineMigration, jsonSchema } from '../../../sdk/src/schema.ts'

const published: DocumentVersion = {
  version: '2.1.0',
  migrations: [
    { from: '2.1.0', to: '2.0.0', steps: [{ op: 'remove', path: '/new' }] },
    {
      from: '2.0.0',
      to: '1.0.0',
      steps: [
        { op: 'move', from: '/server/port', path: '/port' },
        { op: 'convert', path: '/port', type: 'string' },
      ],
    },
  ],
}
const document = { server: { port: 80 }, new: 1 }
const told = (version: DocumentVersion | undefined) => ({ libraryOptions: { driftless: version } })

describe('a document at a version', () => {
  test('is the published one where that is wanted, or where nobody knows', async () => {
    const latest = atVersion('2.1.0')['~standard']
    expect(await latest.validate(document, told(published))).toEqual({ value: document })
    const first = atVersion('1.0.0')['~standard']
    expect(await first.validate(document, told(undefined))).toEqual({ value: document })
    expect(await first.validate(document)).toEqual({ value: document })
  })

  test('goes the declared way, step by step', async () => {
    const second = await atVersion('2.0.0')['~standard'].validate(document, told(published))
    expect(second).toEqual({ value: { server: { port: 80 } } })
    const first = await atVersion('1.0.0')['~standard'].validate(document, told(published))
    expect(first).toEqual({ value: { port: '80' } })
  })

  test('goes by functions of the application, which come before what is declared', async () => {
    const own = defineMigration({
      from: '2.0.0',
      to: '1.0.0',
      migrate: async (value) => ({ mine: value }),
    })
    const up = defineMigration({ from: '2.1.0', to: '3.0.0', migrate: () => ({ up: true }) })
    const at = (version: string) =>
      atVersion(version, { migrations: [own, up] })['~standard'].validate(document, told(published))
    expect(await at('1.0.0')).toEqual({ value: { mine: { server: { port: 80 } } } })
    expect(await at('3.0.0')).toEqual({ value: { up: true } })
  })

  test('must fit the schema of that version', async () => {
    const schema = jsonSchema<{ port: string }>({ properties: { port: { type: 'string' } } })
    const { validate } = atVersion('1.0.0', { schema })['~standard']
    expect(await validate(document, told(published))).toEqual({ value: { port: '80' } })
    expect(await validate({ server: { port: { a: 1 } } }, told(published)).catch(String)).toBe(
      'MigrationError: the migration from 2.0.0 to 1.0.0 failed at /port: is no value that can become a string',
    )
    const number = jsonSchema({ properties: { port: { type: 'number' } } })
    const refused = atVersion('1.0.0', { schema: number })['~standard']
    expect((await refused.validate(document, told(published))).issues).toHaveLength(1)
  })

  test('is none when nothing leads there, a function throws or a step is not known', async () => {
    const at = (version: string, served: DocumentVersion, migrate = () => {}) => {
      const migrations = [{ from: '1.0.0', to: '0.1.0', migrate }]
      const { validate } = atVersion(version, { migrations })['~standard']
      return validate(document, told(served)).catch(String)
    }
    expect(await at('9.0.0', published)).toBe(
      'MigrationError: nothing leads from version 2.1.0 to 9.0.0',
    )
    const thrower = (): void => {
      throw new Error('the value is secret')
    }
    expect(await at('0.1.0', published, thrower)).toBe(
      'MigrationError: the migration from 1.0.0 to 0.1.0 threw',
    )
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- from a newer platform
    const newer = { op: 'teleport', path: '/a' } as unknown as { op: 'remove'; path: string }
    const unknown = {
      version: '2.0.0',
      migrations: [{ from: '2.0.0', to: '1.0.0', steps: [newer] }],
    }
    expect(await at('1.0.0', unknown)).toContain('is of a kind that is not known here')
  })

  test('does not change the document it was given', async () => {
    const frozen = Object.freeze({ server: Object.freeze({ port: 80 }), new: 1 })
    await atVersion('1.0.0')['~standard'].validate(frozen, told(published))
    expect(frozen).toEqual(document)
  })

  test('wants versions and functions', () => {
    expect(() => atVersion('one')).toThrow('version: expected a version of SemVer')
    const migrate = (): null => null
    expect(() => defineMigration({ from: 'x', to: '1.0.0', migrate })).toThrow('from: expected')
    expect(() => defineMigration({ from: '1.0.0', to: '1.0.0', migrate })).toThrow('to: expected')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a caller without types may do
    const none = { from: '1.0.0', to: '2.0.0' } as unknown as Parameters<typeof defineMigration>[0]
    expect(() => defineMigration(none)).toThrow('migrate: expected a function')
  })
})
