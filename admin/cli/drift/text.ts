/** A drift report for people. Pure. */
import type { Colors } from '../frame/io.ts'
import { itemText, plural, table } from '../frame/table.ts'
import { pairText, valueText } from '../frame/values.ts'
import { overruledText } from '../folder/overruled.ts'
import type { MirrorState } from './mirrors.ts'
import type { DriftedFleet, DriftedItem, DriftedPlace, DriftReport } from './report.ts'
import type { Severity } from './severity.ts'

export function reportText(report: DriftReport, colors: Colors): string {
  const { project, revision, items, fleet, mirrors } = report
  const notes = notesText(report)
  if (report.status === 'clean') {
    const runs = fleet !== null && report.instances > 0 ? ', and what runs' : ''
    const clean = `${colors.green('clean')}: ${project} at revision ${revision} is what the folder declares${runs}`
    return [clean, ...notes].join('\n')
  }
  return [
    ...items.map((item) => itemBlock(item, colors)),
    ...mirrors.flatMap((one) => (one.state === 'differs' ? [mirrorBlock(one, colors)] : [])),
    ...(fleet ?? []).map((one) => fleetBlock(one, colors)),
    [summary(report), ...notes].join('\n'),
  ].join('\n\n')
}

/** What could not be compared, and what is not what it seems. */
export function notesText({
  overruled,
  mirrors,
  fleet,
  instances,
  fleetUnknown,
}: DriftReport): string[] {
  const waiting = mirrors.flatMap(({ state, mirror, from, to }) =>
    state === 'waits' ? [`mirror ${mirror} waits: config ${from} or ${to} is not published`] : [],
  )
  const isSilent = fleet !== null && instances === 0
  return [
    ...(overruled.length === 0 ? [] : [overruledText(overruled)]),
    ...waiting,
    ...fleetUnknown.map(
      ({ environment, why }) => `what runs in ${environment} is not known: ${why}`,
    ),
    ...(isSilent ? ['what runs is not known: no instance reports'] : []),
  ]
}

function mirrorBlock({ mirror, mode, from, to, differences }: MirrorState, colors: Colors): string {
  const worst = differences.some(({ severity }) => severity === 'error') ? 'error' : 'warning'
  const rows = differences.map(({ environment, pointer, leads, follows }) => [
    `    ${environment}`,
    pointer,
    `${from} ${valueText(leads, 40)}`,
    `${to} ${valueText(follows, 40)}`,
  ])
  const head = `${mark(worst, colors)} ${colors.bold(`mirror ${mirror}`)} (${mode}): config ${to} does not say what config ${from} says`
  return `${head}\n${table(rows, colors.width)}`
}

function summary({ revision, items, mirrors, fleet }: DriftReport): string {
  const places = items.reduce((sum, one) => sum + Math.max(1, one.places.length), 0)
  const differing = mirrors.filter(({ state }) => state === 'differs').length
  const behind = (fleet ?? []).reduce((sum, one) => sum + one.behind, 0)
  const parts = [
    ...(items.length === 0
      ? []
      : [
          `${plural(places, 'place')} of ${plural(items.length, 'layer')} differ from revision ${revision}`,
        ]),
    ...(differing === 0 ? [] : [`${plural(differing, 'mirror')} broken`]),
    ...((fleet ?? []).length === 0 ? [] : [`${plural(behind, 'instance')} behind`]),
  ]
  return `drifted: ${parts.join('; ')}`
}

function mark(severity: Severity, colors: Colors): string {
  const paint = { info: colors.dim, warning: colors.yellow, error: colors.red } as const
  return paint[severity](severity)
}

const DRIFTS = {
  changed: 'is not as declared',
  missing: 'is declared and not published',
  unexpected: 'is published and not declared',
} as const

function itemBlock({ drift, severity, places, ...ref }: DriftedItem, colors: Colors): string {
  const rows = places.map((place) => [
    `    ${place.path || '(whole)'}`,
    ...placeCells(place),
    whoText(place, colors),
  ])
  const head = `${mark(severity, colors)} ${colors.bold(itemText(ref))} ${DRIFTS[drift]}`
  return rows.length === 0 ? head : `${head}\n${table(rows, colors.width)}`
}

function placeCells({ path, declared, published }: DriftedPlace): [string, string] {
  if (path === 'text') return ['comments or layout', '']
  const [is, was] = pairText(declared, published, 40)
  return [`declared ${is}`, `published ${was}`]
}

function whoText({ owner }: DriftedPlace, colors: Colors): string {
  return owner === undefined
    ? ''
    : colors.dim(`by ${owner.author} in revision ${owner.revision}: ${owner.reason}`)
}

function fleetBlock(one: DriftedFleet, colors: Colors): string {
  const { environment, audience, severity, instances, behind, wanted, failures, stragglers } = one
  const rows = [
    ...failures.map(({ instance, revision, code, config }) => [
      `    ${instance}`,
      `failed on revision ${revision}`,
      config === undefined ? code : `${code} (${config})`,
    ]),
    ...stragglers.map(({ instance, state, revision }) => [
      `    ${instance}`,
      state,
      `serves revision ${revision}`,
    ]),
  ]
  const head = `${mark(severity, colors)} ${colors.bold(`${environment} (${audience})`)}: ${behind} of ${plural(instances, 'instance')} do not serve revision ${wanted ?? '(none)'}`
  return rows.length === 0 ? head : `${head}\n${table(rows, colors.width)}`
}
