/**
 * Thousands of SDKs with open streams, in processes of their own: each has descriptors and a core for itself, and none of them
 * shares either with the platform that is measured.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT } from './run-tool.ts'
import { until } from './until.ts'

const MEMBER = join(ROOT, 'test/support/crowd-member.ts')
/** As many as a process keeps up with. */
const A_PROCESS = 3_000

export type CrowdOrder =
  | {
      readonly type: 'connect'
      readonly url: string
      readonly key: string
      readonly count: number
    }
  /** `forget`: counts from nothing again. */
  | { readonly type: 'forget' | 'leave' }
  /** `times`: each of them, which costs those who are asked. */
  | { readonly type: 'report'; readonly times: boolean }

export interface CrowdReport {
  /** Clients that have what they have from their stream. */
  readonly streaming: number
  /** Connections that are open now. */
  readonly open: number
  readonly attempts: number
  readonly opened: number
  readonly heard: number
  /** Of each connection, milliseconds since 1970. */
  readonly openedAtMs: readonly number[]
  /** When the config `n` was heard to change. */
  readonly heardAtMs: readonly number[]
  /** Resident memory of the process. */
  readonly bytes: number
  /** Of the process since it began. */
  readonly cpuMs: number
  readonly failed?: string
}

export interface Crowd {
  readonly size: number
  /** Of all processes together. */
  report(times?: boolean): Promise<CrowdReport>
  forget(): Promise<void>
  leave(): Promise<void>
}

/** `size` clients of one environment, connected when this resolves. */
export async function gatherCrowd(
  url: string,
  key: string,
  size: number,
  patienceMs: number,
): Promise<Crowd> {
  const counts = Array.from({ length: Math.ceil(size / A_PROCESS) }, (_, index) =>
    Math.min(A_PROCESS, size - index * A_PROCESS),
  )
  const members = counts.map(() => fork(MEMBER, { cwd: ROOT }))
  const crowd: Crowd = {
    size,
    async report(times = false) {
      const reports = await Promise.all(members.map((member) => ask(member, times)))
      const sum = (read: (one: CrowdReport) => number): number =>
        reports.reduce((total, one) => total + read(one), 0)
      const failed = reports.find((one) => one.failed !== undefined)?.failed
      if (failed !== undefined) throw new Error(`a client did not connect: ${failed}`)
      return {
        streaming: sum((one) => one.streaming),
        open: sum((one) => one.open),
        attempts: sum((one) => one.attempts),
        opened: sum((one) => one.opened),
        heard: sum((one) => one.heard),
        openedAtMs: reports.flatMap((one) => one.openedAtMs),
        heardAtMs: reports.flatMap((one) => one.heardAtMs),
        bytes: sum((one) => one.bytes),
        cpuMs: sum((one) => one.cpuMs),
      }
    },
    async forget() {
      // Whoever is asked afterwards has done this before.
      for (const member of members) member.send({ type: 'forget' } satisfies CrowdOrder)
      await crowd.report()
    },
    async leave() {
      await Promise.all(
        members.map(async (member) => {
          if (member.exitCode !== null || !member.connected) return
          const gone = once(member, 'exit')
          member.send({ type: 'leave' } satisfies CrowdOrder)
          await gone
        }),
      )
    },
  }
  try {
    for (const [index, member] of members.entries()) {
      const count = counts[index] ?? 0
      member.send({ type: 'connect', url, key, count } satisfies CrowdOrder)
    }
    const isThere = async (): Promise<boolean> => (await crowd.report()).streaming === size
    await until(`${size} streams`, isThere, patienceMs)
  } catch (error) {
    for (const member of members) member.kill('SIGKILL')
    throw error
  }
  return crowd
}

async function ask(member: ChildProcess, times: boolean): Promise<CrowdReport> {
  const answer = once(member, 'message')
  member.send({ type: 'report', times } satisfies CrowdOrder)
  const [report]: unknown[] = await answer
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- crowd-member.ts sends nothing else
  return report as CrowdReport
}
