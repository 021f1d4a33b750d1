/** Which validate webhooks a change is put before, what each is told, and what its answer says. Pure: nothing is sent here. */
import { comparedParts, type PartPorts } from './content-parts.ts'
import { isJsonObject } from '#core'
import { quote } from './issues.ts'
import type { JsonValue, ValidatedContent, ValidationQuestion } from '#core'
import type { Veto } from './errors.ts'
import type { Items } from './items.ts'

const MAX_CHANGED = 1_000
const MAX_CONTENT_CHARACTERS = 256 * 1024
const MAX_MESSAGE_CHARACTERS = 500

/** A question, and where it goes. */
export interface HookQuestion {
  readonly url: string
  readonly question: ValidationQuestion
}

/** What is asked about, but for what each hook sees of it. */
export type Asked = Omit<
  ValidationQuestion,
  'hook' | 'environments' | 'content' | 'truncated' | 'changed'
> & { readonly changed: ValidationQuestion['changed'] }

/**
 * One question for each hook of `environments`, by their settings before the change: they cannot be loosened together
 * with content. An environment that is deleted, or gets what it had, asks nobody.
 */
export function hookQuestions(
  before: Items,
  after: Items,
  environments: readonly string[],
  asked: Asked,
  ports: PartPorts,
): readonly HookQuestion[] {
  const hooks = new Map<string, { name: string; url: string; environments: string[] }>()
  const contents = new Map<string, readonly ContentChange[]>()
  for (const environment of environments) {
    const { validate = [] } = before.environment(environment) ?? {}
    if (validate.length === 0 || after.environment(environment) === undefined) continue
    const changes = [...contentChanges(before, after, environment, ports)]
    if (changes.length === 0) continue
    contents.set(environment, changes)
    for (const { name, url } of validate) {
      const id = `${name}\n${url}`
      const hook = hooks.get(id) ?? { name, url, environments: [] }
      hook.environments.push(environment)
      hooks.set(id, hook)
    }
  }
  return [...hooks.values()].map(({ name, url, environments: named }) => {
    const room = withinRoom(named.flatMap((environment) => contents.get(environment) ?? []))
    const changed = asked.changed.slice(0, MAX_CHANGED)
    const truncated = room.truncated || changed.length < asked.changed.length
    const { content } = room
    return {
      url,
      question: { ...asked, hook: name, environments: named, changed, content, truncated },
    }
  })
}

interface ContentChange extends Omit<ValidatedContent, 'value'> {
  readonly text?: () => string
  readonly size: number
}

function* contentChanges(
  before: Items,
  after: Items,
  environment: string,
  ports: PartPorts,
): Generator<ContentChange> {
  for (const { kind, key, was, is } of comparedParts(before, after, environment, ports)) {
    if (was?.stamp === is?.stamp) continue
    if (is === undefined) yield { environment, kind, key, change: 'removed', size: 0 }
    else {
      const { text, size } = is
      yield { environment, kind, key, change: was === undefined ? 'added' : 'changed', text, size }
    }
  }
}

/** Contents as long as there is room; what does not fit any more is named. */
function withinRoom(
  changes: readonly ContentChange[],
): Pick<ValidationQuestion, 'content' | 'truncated'> {
  let left = MAX_CONTENT_CHARACTERS
  let truncated = changes.length > MAX_CHANGED
  const content = changes
    .slice(0, MAX_CHANGED)
    .map(({ text, size, ...named }): ValidatedContent => {
      if (text === undefined) return named
      if (size > left) {
        truncated = true
        return named
      }
      left -= size
      const value: JsonValue = JSON.parse(text())
      return { ...named, value }
    })
  return { content, truncated }
}

export type HookAnswer =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'none'; readonly why: string }

/** Status 200 and `{"allow": true}` or `{"allow": false, "message": "…"}`; everything else is no answer. */
export function readHookAnswer(status: number, body: string): HookAnswer {
  if (status >= 300 && status < 400) {
    return { kind: 'none', why: `it answered ${status}, and redirects are not followed` }
  }
  if (status !== 200) return { kind: 'none', why: `it answered ${status}` }
  const why = 'what it answered is not {"allow": true} or {"allow": false, "message": "…"}'
  let answer: JsonValue
  try {
    answer = JSON.parse(body)
  } catch {
    return { kind: 'none', why }
  }
  if (!isJsonObject(answer) || typeof answer['allow'] !== 'boolean') return { kind: 'none', why }
  if (answer['allow']) return { kind: 'allowed' }
  const { message } = answer
  return {
    kind: 'refused',
    message: typeof message === 'string' ? oneLine(message) : 'it gives no reason',
  }
}

/** For people: who stands in the way, and why. */
export function describeVetoes(vetoes: readonly Veto[]): string {
  const texts = vetoes.map(({ hook, environments, answered, message }) => {
    const what = answered ? 'refuses it' : 'did not answer'
    return `${quote(hook)} ${what} for ${environments.join(', ')}: ${message}`
  })
  return `${texts.join('; ')}.`
}

/** A text from outside as it may stand in a message, a log and the audit. */
function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * MAX_MESSAGE_CHARACTERS)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+/gu, ' ')
    .trim()
  if (line === '') return 'it gives no reason'
  return line.length > MAX_MESSAGE_CHARACTERS ? `${line.slice(0, MAX_MESSAGE_CHARACTERS)}…` : line
}
