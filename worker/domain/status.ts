/** Reads a status report (SNAPSHOT.md §4.2). Members it does not know are left out, since newer SDKs may send more. */
import { INSTANCE_STATES, isJsonObject, type JsonValue, type StatusReport } from '#core'
import { fail, ok, type Result } from './errors.ts'
import { at, isIntegerIn, isOneOf, isText, Issues } from './issues.ts'
import { readMetrics } from './metrics.ts'

/** Of a report as JSON text; a socket's attachment takes 16,384 bytes. */
export const MAX_STATUS_BYTES = 8_192

const MAX_INSTANCE_CHARS = 128
const MAX_NAME_CHARS = 64
/** 16 of the application's, and those of its place (SNAPSHOT.md §4.3). */
const MAX_LABELS = 19
const MAX_LABEL_CHARS = 128
const MAX_ITEM_NAME_CHARS = 128
const CODE = /^[a-z][a-z0-9_]{0,63}$/
const GROUPS = ['stable', 'candidate'] as const

export function readStatus(input: JsonValue): Result<StatusReport> {
  const issues = new Issues()
  const report = readReport(input, issues)
  return report === undefined ? fail({ reason: 'invalid', issues: issues.list }) : ok(report)
}

function readReport(input: JsonValue, issues: Issues): StatusReport | undefined {
  if (!isJsonObject(input)) {
    issues.add('', 'must be an object')
    return undefined
  }
  const { instance, state, revision, seq, error, sdk, labels, secretVersions } = input
  const { group, deployment, metrics, override } = input
  const isWhole = [
    isText(instance, '/instance', issues, 1, MAX_INSTANCE_CHARS),
    isOneOf(state, '/state', issues, INSTANCE_STATES),
    isNumber(revision, '/revision', issues, 0),
    isNumber(seq, '/seq', issues, 0),
  ].every(Boolean)
  const readSdk = readMembers(sdk, '/sdk', issues)
  const isSdk = [
    isText(readSdk?.['name'], '/sdk/name', issues, 1, MAX_NAME_CHARS),
    isText(readSdk?.['version'], '/sdk/version', issues, 1, MAX_NAME_CHARS),
  ].every(Boolean)
  const isOptional = [
    error === undefined || isError(error, issues),
    labels === undefined || areLabels(labels, issues),
    secretVersions === undefined || areVersions(secretVersions, issues),
    group === undefined || isOneOf(group, '/group', issues, GROUPS),
    deployment === undefined || isText(deployment, '/deployment', issues, 1, MAX_INSTANCE_CHARS),
    override === undefined || isOverride(override, issues),
  ].every(Boolean)
  const measured = metrics === undefined ? undefined : readMetrics(metrics, '/metrics', issues)
  const isMeasured = metrics === undefined || measured !== undefined
  if (!isWhole || !isSdk || !isOptional || !isMeasured) return undefined
  const report: unknown = {
    instance,
    state,
    revision,
    seq,
    ...(error !== undefined && { error: pick(error, ['code', 'config']) }),
    sdk: pick(sdk, ['name', 'version']),
    ...(labels !== undefined && { labels }),
    ...(secretVersions !== undefined && { secretVersions }),
    ...(group !== undefined && { group }),
    ...(deployment !== undefined && { deployment }),
    ...(measured !== undefined && { metrics: measured }),
    ...(override !== undefined && { override: pick(override, ['seq', 'error']) }),
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each member was checked above
  return report as StatusReport
}

function isError(error: JsonValue, issues: Issues): boolean {
  const members = readMembers(error, '/error', issues)
  if (members === undefined) return false
  const { code, config } = members
  const isCode = typeof code === 'string' && CODE.test(code)
  if (!isCode) issues.add('/error/code', `must match ${CODE.source}`)
  return (
    (config === undefined || isText(config, '/error/config', issues, 1, MAX_ITEM_NAME_CHARS)) &&
    isCode
  )
}

function isOverride(override: JsonValue, issues: Issues): boolean {
  const members = readMembers(override, '/override', issues)
  if (members === undefined) return false
  const { seq, error } = members
  const isCode = error === undefined || (typeof error === 'string' && CODE.test(error))
  if (!isCode) issues.add('/override/error', `must match ${CODE.source}`)
  return isNumber(seq, '/override/seq', issues, 0) && isCode
}

function areLabels(labels: JsonValue, issues: Issues): boolean {
  return areMembers(labels, '/labels', issues, MAX_LABELS, MAX_NAME_CHARS, (value, path) =>
    isText(value, path, issues, 0, MAX_LABEL_CHARS),
  )
}

function areVersions(versions: JsonValue, issues: Issues): boolean {
  const max = MAX_STATUS_BYTES
  return areMembers(versions, '/secretVersions', issues, max, MAX_ITEM_NAME_CHARS, (value, path) =>
    isNumber(value, path, issues, 1),
  )
}

function areMembers(
  value: JsonValue,
  path: string,
  issues: Issues,
  max: number,
  maxNameChars: number,
  isMember: (value: JsonValue, path: string) => boolean,
): boolean {
  const members = readMembers(value, path, issues)
  if (members === undefined) return false
  const entries = Object.entries(members)
  if (entries.length > max) {
    issues.add(path, `must have at most ${max} members, has ${entries.length}`)
    return false
  }
  return entries
    .map(([name, member]) => {
      const place = at(path, name.slice(0, maxNameChars))
      if (name !== '' && name.length <= maxNameChars) return isMember(member, place)
      issues.add(place, `a name has 1 to ${maxNameChars} characters`)
      return false
    })
    .every(Boolean)
}

function readMembers(value: JsonValue | undefined, path: string, issues: Issues) {
  if (value !== undefined && isJsonObject(value)) return value
  issues.add(path, 'must be an object')
  return undefined
}

function isNumber(value: JsonValue | undefined, path: string, issues: Issues, min: number) {
  return isIntegerIn(value, path, issues, min, Number.MAX_SAFE_INTEGER)
}

function pick(value: JsonValue | undefined, names: readonly string[]): JsonValue {
  const members = value !== undefined && isJsonObject(value) ? Object.entries(value) : []
  return Object.fromEntries(members.filter(([name]) => names.includes(name)))
}

/** The report in a `status` message; null when it is none, or not as SNAPSHOT.md §4.2 has it. */
export function readStatusMessage(text: string): StatusReport | null {
  // The bound is in bytes of UTF-8, of which there are at least as many as characters.
  if (text.length > MAX_STATUS_BYTES) return null
  try {
    const message: JsonValue = JSON.parse(text)
    if (!isJsonObject(message) || message['type'] !== 'status') return null
    const report = readStatus(message)
    return report.ok ? report.value : null
  } catch {
    return null
  }
}
