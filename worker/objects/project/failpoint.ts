/** Places where a test lets the process fail. Without `FAILPOINT`, which only tests set, nothing here does anything. */
import { reportFault } from '../report.ts'

export type Failpoint = (place: string) => Promise<void>

/**
 * `value` names one place: the first time it is reached in an object's life it throws, as a failing step would; with
 * `!exit` behind it it says so on the log and never goes on, so that the test can kill the process exactly there.
 */
export function createFailpoint(value: string | undefined): Failpoint {
  const [name, mode] = value?.split('!') ?? []
  let armed = name !== undefined && name !== ''
  return async (place) => {
    if (!armed || place !== name) return
    armed = false
    if (mode !== 'exit') throw new Error(`failpoint ${place}`)
    reportFault('failpoint', place)
    await scheduler.wait(24 * 60 * 60 * 1000)
  }
}
