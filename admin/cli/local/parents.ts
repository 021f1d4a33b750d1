/**
 * npm runs a script through a shell, and neither passes on a kill -9: the platform would stay behind, holding the port.
 * So it watches the processes that started it and ends when one of them is gone.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const POLL_MS = 500

/** npm and its shell when npm started this process, else nobody: a service or a terminal may well go first. */
export async function parents(): Promise<readonly number[]> {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return []
  const shell = process.ppid
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(shell)])
    const npm = Number(stdout.trim())
    return npm > 1 ? [shell, npm] : [shell]
  } catch {
    return [shell] // no `ps` here
  }
}

/** Calls `stop` once when one of `pids` is gone. */
export function endWith(pids: readonly number[], stop: () => void): void {
  const timer = setInterval(() => {
    if (pids.every(isAlive)) return
    clearInterval(timer)
    stop()
  }, POLL_MS)
  timer.unref()
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process: alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
