/** Requests to the whole Worker, from outside. */
import { exports } from 'cloudflare:workers'

const ORIGIN = 'https://driftless.test'

export function send(path: string, init?: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(`${ORIGIN}${path}`, init))
}
