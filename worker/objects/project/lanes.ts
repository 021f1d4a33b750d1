/** Work that must not run twice at once: one lane a name, and what is asked for meanwhile is one more run after it. */

interface Lane {
  again: boolean
  done: Promise<void>
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  /**
   * Runs `work`, or, when it is under way under this name, makes it run once more. Settles when nothing is left to run;
   * rejects with what a run rejected with, and then does not run again by itself.
   */
  run(name: string, work: () => Promise<void>): Promise<void> {
    const busy = this.#lanes.get(name)
    if (busy !== undefined) {
      busy.again = true
      return busy.done
    }
    const lane: Lane = { again: true, done: Promise.resolve() }
    this.#lanes.set(name, lane)
    lane.done = this.#drive(name, lane, work)
    return lane.done
  }

  async #drive(name: string, lane: Lane, work: () => Promise<void>): Promise<void> {
    try {
      while (lane.again) {
        lane.again = false
        await work()
      }
    } finally {
      this.#lanes.delete(name)
    }
  }
}
