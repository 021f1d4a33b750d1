/**
 * Documents of another version of their schema than the one that is published: an application says which it was written
 * for, and gets that, by what the schema declares and by functions of its own. A Standard Schema, for `createClient`.
 */
import type { JsonValue } from '../core/json.ts'
import { compareSemver } from '../core/semver.ts'
import type { DocumentVersion } from '../core/snapshot.ts'
import { type Hop, migrateAlong, shortest } from './migration.ts'

/** What leads from one version to another in the application's own words. */
export interface DocumentMigration {
  readonly from: string
  readonly to: string
  /** Makes a new document; the given one is frozen. What it throws keeps the last good document. */
  readonly migrate: (document: unknown) => unknown
}

export interface AtVersionOptions<T> {
  /** What a document of that version must fit: of any library. Default: nothing is asked. */
  readonly schema?: Validating<T>
  /** Beside those that the schema declares, and before one of these between the same versions. Default: none. */
  readonly migrations?: readonly DocumentMigration[]
}

interface Validating<T> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Validated<T> | Promise<Validated<T>>
    readonly types?: { readonly output: T } | undefined
  }
}

type Validated<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** As `StandardSchemaV1<unknown, T>`. */
export interface VersionedSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'driftless'
    readonly validate: (value: unknown, options?: unknown) => Promise<Validated<T>>
    readonly types?: { readonly input: unknown; readonly output: T }
  }
}

/** A migration, looked at: throws a TypeError when a version is none of SemVer, or both are the same. */
export function defineMigration(migration: DocumentMigration): DocumentMigration {
  for (const name of ['from', 'to'] as const) checkVersion(name, migration[name])
  if (migration.from === migration.to) throw new TypeError('to: expected another version than from')
  if (typeof migration.migrate !== 'function') throw new TypeError('migrate: expected a function')
  return migration
}

/**
 * The schema of a config whose application wants documents of `version`, whichever is published. References are answered
 * before. Where the platform names no version (the config has no schema) a document is taken as it is.
 *
 * A document that no chain of migrations leads to, or that a migration fails on, leaves the last good one where it was.
 */
export function atVersion<T = unknown>(
  version: string,
  { schema, migrations = [] }: AtVersionOptions<T> = {},
): VersionedSchema<T> {
  checkVersion('version', version)
  const own = migrations.map(defineMigration)
  return {
    '~standard': {
      version: 1,
      vendor: 'driftless',
      async validate(value, options) {
        const migrated = await migrateTo(version, value, publishedOf(options), own)
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without a schema the application says which type it is
        return schema ? schema['~standard'].validate(migrated) : { value: migrated as T }
      },
    },
  }
}

type Step = { readonly from: string; readonly to: string } & (
  | { readonly declared: Hop }
  | { readonly own: DocumentMigration }
)

async function migrateTo(
  version: string,
  document: unknown,
  published: DocumentVersion | undefined,
  own: readonly DocumentMigration[],
): Promise<unknown> {
  if (published === undefined || published.version === version) return document
  const isOwn = (hop: { from: string; to: string }): boolean =>
    own.some(({ from, to }) => from === hop.from && to === hop.to)
  const steps: Step[] = [
    ...own.map((one) => ({ from: one.from, to: one.to, own: one })),
    ...(published.migrations ?? [])
      .filter((hop) => !isOwn(hop))
      .map((hop) => ({ from: hop.from, to: hop.to, declared: { ...hop, path: '' } })),
  ]
  const chain = shortest(steps, published.version, version)
  if (chain === undefined) {
    throw new MigrationError(`nothing leads from version ${published.version} to ${version}`)
  }
  let migrated = document
  for (const step of chain) migrated = await take(step, migrated)
  return migrated
}

async function take(step: Step, document: unknown): Promise<unknown> {
  const where = `the migration from ${step.from} to ${step.to}`
  if ('own' in step) {
    try {
      return await step.own.migrate(document)
    } catch {
      // What it says may quote the document.
      throw new MigrationError(`${where} threw`)
    }
  }
  // What was published, or came of such, is JSON; what a function made of it is the application's word.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const done = migrateAlong(document as JsonValue, [step.declared])
  if (done.ok) return done.document
  const { pointer, message } = done.failure
  throw new MigrationError(`${where} failed${pointer === '' ? '' : ` at ${pointer}`}: ${message}`)
}

/** Its message names versions and places, never a value: it may be told. */
class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** What the client tells of the published document: `libraryOptions.driftless` of Standard Schema. */
function publishedOf(options: unknown): DocumentVersion | undefined {
  const library: unknown = Reflect.get(Object(options), 'libraryOptions')
  const published: unknown = Reflect.get(Object(library), 'driftless')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- from client/prepare.ts
  return published as DocumentVersion | undefined
}

function checkVersion(name: string, version: unknown): void {
  if (typeof version === 'string' && compareSemver(version, version) !== undefined) return
  throw new TypeError(`${name}: expected a version of SemVer, such as 1.0.0`)
}
