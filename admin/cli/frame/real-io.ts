/** The world of a real process: its streams, its environment, its terminal. */
import { text as readAll } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import picocolors from 'picocolors'
import type { Io, Questions } from './io.ts'
import { printable } from './printable.ts'

export function createIo(process: NodeJS.Process): Io {
  const { stdin, stdout, stderr, env } = process
  const abort = new AbortController()
  // Once: a second Ctrl-C ends the process as always.
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort())
  // A reader such as `head` may leave early; that is no fault of the command.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode)
    throw error
  })
  return {
    env,
    cwd: process.cwd(),
    // A pipe or a file gets every byte.
    out: (text) => void stdout.write(stdout.isTTY ? printable(text) : text),
    err: (text) => void stderr.write(stderr.isTTY ? printable(text) : text),
    isTerminal: stdin.isTTY && stdout.isTTY,
    colors: {
      ...picocolors.createColors(hasColor(env, stdout.isTTY)),
      // A terminal that does not know its width says 0.
      ...(stdout.isTTY && stdout.columns > 0 && { width: stdout.columns }),
    },
    ask: questions,
    stdin: () => readAll(stdin),
    fetch: (url, init) => fetch(url, init),
    nowMs: () => Date.now(),
    sleep: (ms) => delay(ms, undefined, { signal: abort.signal }).catch(() => undefined),
    signal: abort.signal,
  }
}

/**
 * https://no-color.org: any NO_COLOR that is not empty turns colours off; FORCE_COLOR turns them on without a terminal.
 * Node leaves `isTTY` undefined on a pipe, which picocolors would take for "decide yourself" and colour the logs of CI.
 */
function hasColor(env: NodeJS.ProcessEnv, isTerminal: boolean | undefined): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  if ((env['FORCE_COLOR'] ?? '') !== '') return true
  return isTerminal === true && env['TERM'] !== 'dumb'
}

const questions: Questions = {
  async confirm(message) {
    const { confirm } = await import('@clack/prompts')
    return (await confirm({ message, initialValue: false })) === true
  },
  async secret(message) {
    const { password } = await import('@clack/prompts')
    const answer = await password({ message })
    return typeof answer === 'string' ? answer : undefined
  },
  async text(message, initialValue) {
    const { text } = await import('@clack/prompts')
    const answer = await text({ message, initialValue })
    return typeof answer === 'string' ? answer : undefined
  },
}
