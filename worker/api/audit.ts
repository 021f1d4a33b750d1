/** The audit of a project, and of what belongs to no project. */
import type { AuditBounds, AuditStretch } from '../objects/project/interface.ts'
import { type HandlersOf, valueOf } from './call.ts'

/** Rows asked for at once: far less than an answer between the Worker and an object may have. */
const BATCH_ROWS = 1_000

export const auditHandlers: HandlersOf<
  'listAudit' | 'exportAudit' | 'listDirectoryAudit' | 'exportDirectoryAudit'
> = {
  async listAudit({ project, query }) {
    const page = valueOf(await project.audit(query))
    const info = await project.info()
    return { body: page, ...(info.ok && { revision: info.value.revision }) }
  },

  async exportAudit({ project, parameters }) {
    const bounds = valueOf(await project.auditBounds())
    const read = async (seq: number) => valueOf(await project.auditRows(seq, BATCH_ROWS))
    return { body: exported(`audit/${parameters.project}`, bounds, read) }
  },

  async listDirectoryAudit({ backend, query }) {
    return { body: valueOf(await backend.directory().audit(query)) }
  },

  async exportDirectoryAudit({ backend }) {
    const directory = backend.directory()
    const bounds = await directory.auditBounds()
    return { body: exported('audit', bounds, (seq) => directory.auditRows(seq, BATCH_ROWS)) }
  },
}

/** The lines of an export (docs/audit.md): what it is, then each row, and each checkpoint after the row it is of. */
function exported(
  audit: string,
  { start, head }: AuditBounds,
  read: (seq: number) => Promise<AuditStretch>,
): ReadableStream<Uint8Array> {
  // Without a master key nothing can be signed; the rows are there all the same.
  const end = head?.seq ?? Infinity
  const encoder = new TextEncoder()
  const write = (lines: readonly object[]): Uint8Array =>
    encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  let seq = start?.seq ?? 0
  let first = true
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (first) {
        first = false
        const opening = {
          kind: 'audit',
          format: 1,
          audit,
          start: start?.jws ?? null,
          head: head?.jws ?? null,
        }
        controller.enqueue(write([opening]))
        return
      }
      const { rows, checkpoints } = await read(seq)
      const within = rows.filter((row) => row.seq <= end)
      const jwsOf = new Map(checkpoints.map((checkpoint) => [checkpoint.seq, checkpoint.jws]))
      const lines = within.flatMap((row) => {
        const jws = jwsOf.get(row.seq)
        const line = { kind: 'row', ...row }
        return jws === undefined ? [line] : [line, { kind: 'checkpoint', jws }]
      })
      seq = within.at(-1)?.seq ?? end
      if (lines.length > 0) controller.enqueue(write(lines))
      if (seq >= end || within.length === 0) controller.close()
    },
  })
}
