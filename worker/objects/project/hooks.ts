/**
 * Asks validate webhooks (docs/webhooks.md): all at once, each signed for itself, each with the same time to answer. Who does
 * not answer refuses. Decided in worker/domain/validation.ts.
 */
import { hookUrlFault } from '../../domain/hook-check.ts'
import { type HookAnswer, type HookQuestion, readHookAnswer } from '../../domain/validation.ts'
import type { ValidationClaims } from '#core'
import type { Veto } from '../../domain/errors.ts'
import type { Validated } from './interface.ts'

export interface HookPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** The JWT in compact form. */
  readonly sign: (claims: ValidationClaims) => Promise<string>
  /** Ends after so long, or rejects when `signal` aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>
  readonly issuer: string
  readonly nowMs: () => number
  readonly randomId: () => string
  /** Whether hooks on this computer are asked. */
  readonly localHooks: boolean
}

/** From the first byte sent to the last one read. */
export const HOOK_MS = 5_000
const MAX_ANSWER_BYTES = 16 * 1024
const VALID_FOR_SEC = 60

export interface Verdict {
  /** Empty: all allow it. */
  readonly vetoes: readonly Veto[]
  readonly validated: readonly Validated[]
}

export async function askHooks(
  ports: HookPorts,
  questions: readonly HookQuestion[],
): Promise<Verdict> {
  const answers = await Promise.all(questions.map((one) => askInTime(ports, one)))
  const vetoes: Veto[] = []
  const validated: Validated[] = []
  for (const [index, answer] of answers.entries()) {
    const { question } = questions[index] ?? {}
    if (question === undefined) continue
    const { hook, environments } = question
    if (answer.kind === 'allowed') validated.push({ hook, environments })
    else if (answer.kind === 'refused') {
      vetoes.push({ hook, environments, answered: true, message: answer.message })
    } else vetoes.push({ hook, environments, answered: false, message: answer.why })
  }
  return { vetoes, validated }
}

async function askInTime(ports: HookPorts, asked: HookQuestion): Promise<HookAnswer> {
  const over = new AbortController()
  const why = `nothing within ${HOOK_MS / 1000} s`
  const late = ports.wait(HOOK_MS, over.signal).then((): HookAnswer => ({ kind: 'none', why }))
  // Aborted when the answer is there.
  late.catch(() => undefined)
  try {
    return await Promise.race([ask(ports, asked, over.signal), late])
  } finally {
    // Ends the timer, which would keep the object from sleeping, or the request.
    over.abort()
  }
}

async function ask(
  ports: HookPorts,
  { url, question }: HookQuestion,
  signal: AbortSignal,
): Promise<HookAnswer> {
  const fault = hookUrlFault(url, ports.localHooks)
  if (fault !== undefined) return { kind: 'none', why: `its URL ${fault}` }
  let body: string
  try {
    const iat = Math.floor(ports.nowMs() / 1000)
    const { issuer: iss } = ports
    const exp = iat + VALID_FOR_SEC
    body = await ports.sign({ iss, aud: url, iat, exp, jti: ports.randomId(), ...question })
  } catch {
    return { kind: 'none', why: 'the question could not be signed' }
  }
  try {
    const response = await ports.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jwt', accept: 'application/json' },
      body,
      redirect: 'manual',
      signal,
    })
    const text = await readBounded(response, MAX_ANSWER_BYTES)
    if (text === undefined)
      return { kind: 'none', why: `its answer is over ${MAX_ANSWER_BYTES} bytes` }
    return readHookAnswer(response.status, text)
  } catch {
    // What a runtime says of a failed request may name addresses.
    return { kind: 'none', why: 'it could not be reached' }
  }
}

/** The text of an answer; undefined when it is longer than may be. */
async function readBounded(response: Response, max: number): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > max) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
