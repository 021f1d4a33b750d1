/** `watch`: publishes the folder when a file in it is saved. */
import { watch as watchFiles } from 'node:fs'
import { type Call, type Outcome } from '../frame/command.ts'
import { faultOf, faultText } from '../frame/fault.ts'
import { timeText } from '../frame/table.ts'
import { placeOfFile } from '../folder/files.ts'
import { doneText, send } from '../server/commit.ts'
import { compare, openFolder } from '../server/compare.ts'
import { inFiles } from '../server/in-files.ts'

/** Editors write a file in several steps. */
const SETTLE_MS = 150

export async function watch(call: Call): Promise<Outcome> {
  const { io } = call
  const folder = await openFolder(call)
  let wake: (() => void) | undefined
  let isChanged = true
  const watcher = watchFiles(folder.path, { recursive: true }, (_, name) => {
    const path = (name ?? '').replaceAll('\\', '/')
    if (placeOfFile(path).is === 'other') return
    isChanged = true
    wake?.()
  })
  io.signal.addEventListener('abort', () => wake?.())
  say(call, `watching ${folder.path}`)
  try {
    while (!io.signal.aborted) {
      if (isChanged) {
        await io.sleep(SETTLE_MS)
        isChanged = false
        await sync(call)
      } else
        await new Promise<void>((settle) => {
          wake = settle
        })
    }
  } finally {
    watcher.close()
  }
  return { text: '', json: undefined }
}

async function sync(call: Call): Promise<void> {
  try {
    const compared = await compare(call)
    const { session, operations, revision, changes } = compared
    if (changes.length === 0) return
    const deletes = changes.filter(({ change }) => change === 'removed')
    if (deletes.length > 0 && !call.is('yes'))
      return say(call, 'not published: it would delete what has no file any more; --yes allows it')
    if (call.is('dry-run')) return say(call, `would publish ${changes.length} changes`)
    const done = await send(
      session,
      { operations, base: revision, reason: 'saved in the folder' },
      call,
      false,
    ).catch(inFiles(compared))
    say(call, doneText(done))
  } catch (error) {
    say(call, faultText(faultOf(error)))
  }
}

function say(call: Call, text: string): void {
  const { io } = call
  io.out(
    call.is('json')
      ? `${JSON.stringify({ atMs: io.nowMs(), text })}\n`
      : `${timeText(io.nowMs())} ${text}\n`,
  )
}
