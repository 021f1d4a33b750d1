/** What the server refuses, told by the files it stands in: nobody who wrote a file knows an operation by its number. */
import { formatPointer, type ItemRef, type Operation, parsePointer } from '#core'
import { findPlace, parseDocument } from '#formats'
import { AdminError } from '../../contract/client.ts'
import { formatOfPath, type FolderFiles } from '../folder/files.ts'
import { idOf } from '../folder/items.ts'
import type { ReadFolder } from '../folder/read.ts'
import { UserError } from '../frame/command.ts'

export interface Sent {
  readonly operations: readonly Operation[]
  readonly files: FolderFiles
  readonly read: ReadFolder
}

/** For `catch`: throws again what is not about operations that came out of files. */
export const inFiles =
  (sent: Sent) =>
  (error: unknown): never => {
    const errors = error instanceof AdminError ? (error.problem?.errors ?? []) : []
    const placed = errors.map((one) => placeOf(one, sent))
    if (!(error instanceof AdminError) || placed.every((one) => one === undefined)) throw error
    throw new UserError('the platform would refuse it', {
      code: error.code,
      errors: errors.map((one, index) => ({
        path: placed[index] ?? one.path,
        message: one.message,
      })),
    })
  }

/** `flags/new-checkout.yaml:6`; undefined when it is of no file. */
function placeOf(
  { path, pointer }: { readonly path: string; readonly pointer?: string },
  { operations, files, read }: Sent,
): string | undefined {
  const [, index, ...rest] = parsePointer(path) ?? []
  const operation = path.startsWith('/operations/') ? operations[Number(index)] : undefined
  if (operation === undefined) return undefined
  const ref = refOf(operation)
  const file = read.files.get(idOf(ref))
  const text = file === undefined ? undefined : files.get(file)
  const format = file === undefined ? undefined : formatOfPath(file)
  if (file === undefined || text === undefined || format === undefined) return undefined
  const tokens = ref.kind === 'config' ? parsePointer(pointer ?? '') : tokensIn(ref, rest)
  if (tokens === undefined || tokens.length === 0) return file
  const line = parseDocument(text, format).ok ? findPlace(text, format, tokens).line : undefined
  const place = ref.kind === 'config' ? '' : ` ${formatPointer(rest)}`
  return line === undefined ? `${file}${place}` : `${file}:${line}${place}`
}

/** Where in its file: the settings of an environment stand in their flag's, and tables hold many items. */
function tokensIn({ kind, key, layer }: ItemRef, rest: readonly string[]): readonly string[] {
  if (kind === 'environment' || kind === 'mirror') return [key, ...rest]
  if (kind === 'schema') return rest.slice(1)
  return layer === 'base' ? rest : ['environments', layer.slice('env:'.length), ...rest]
}

const KINDS = ['config', 'flag', 'segment', 'schema', 'mirror'] as const

function refOf(operation: Operation): ItemRef {
  const kind = KINDS.find((one) => operation.op.toLowerCase().includes(one)) ?? 'environment'
  const environment = 'environment' in operation ? operation.environment : undefined
  const key = 'key' in operation ? operation.key : 'name' in operation ? operation.name : undefined
  if (kind === 'environment') return { kind, key: environment ?? '', layer: 'base' }
  return { kind, key: key ?? '', layer: environment === undefined ? 'base' : `env:${environment}` }
}
