/**
 * Sees to it that child processes do not outlive this one, however it ends. workerd keeps serving, and keeps the port,
 * when its parent is killed with SIGKILL; no handler of the parent can run then. So a small process of its own holds the
 * other end of a pipe: when the pipe closes, it kills what it was told of. This file is both sides.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Guard {
  /** Kills `child` when this process ends. */
  watch(child: ChildProcess): void
  /** Ends the guard; what it still watches is killed. */
  close(): void
}

export function startGuard(): Guard {
  const guard = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group: Ctrl-C and a kill of ours must not reach it before it has done its work.
    detached: true,
  })
  guard.unref()
  const tell = (line: string): void => void guard.stdin.write(`${line}\n`)
  // The guard itself may be killed; that is no reason to stop.
  guard.stdin.on('error', () => {})
  return {
    watch(child) {
      if (child.pid === undefined) return
      tell(`+${child.pid}`)
      child.once('exit', () => tell(`-${child.pid}`))
    },
    close: () => guard.stdin.end(),
  }
}

function guardPipe(): void {
  const pids = new Set<number>()
  let rest = ''
  process.stdin.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const pid = Number(line.slice(1))
      if (line.startsWith('+')) pids.add(pid)
      else pids.delete(pid)
    }
  })
  process.stdin.on('end', () => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) guardPipe()
