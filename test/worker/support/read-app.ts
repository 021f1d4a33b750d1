/** The read path over a store in memory, with a clock that the test moves. */
import { type ReadOptions, createRead } from '../../../worker/read/routes.ts'
import type { FakeStore } from './fake-store.ts'
import { bearer } from './http.ts'
import { sdkKey } from './published.ts'

export interface TestReadApp {
  nowMs: number
  readonly errors: unknown[]
  forgetKey(sha256: string): void
  /** A request with the key of `SHOP`, unless the headers say otherwise. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Response>
}

/** Everything that is left running settles by itself: the store is in memory. */
const CONTEXT = { waitUntil() {}, passThroughOnException() {}, props: {} }

export function createTestReadApp(
  store: FakeStore,
  hub: ReadOptions['hub'] = () => ({
    fetch: () => Promise.reject(new Error('no hub')),
    grow: () => Promise.reject(new Error('no hub')),
  }),
): TestReadApp {
  const test: TestReadApp = {
    nowMs: 1_000_000,
    errors: [],
    forgetKey: (sha256) => read.forgetKey(sha256),
    async get(path, headers = {}, method = 'GET') {
      const request = new Request(`https://driftless.test${path}`, {
        method,
        headers: { ...bearer(sdkKey()), ...headers },
      })
      return read.app.fetch(request, {}, CONTEXT)
    },
  }
  const read = createRead({
    store,
    hub,
    random: () => 0,
    record: () => Promise.reject(new Error('no project')),
    keepSamples: () => Promise.reject(new Error('no project')),
    takeStatus: () => Promise.reject(new Error('no hub')),
    clock: () => test.nowMs,
    every: () => () => undefined,
    onError: (error) => void test.errors.push(error),
  })
  return test
}
