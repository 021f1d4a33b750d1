/** A drift report for people. Pure. */
import type { Colors } from '../frame/io.ts'
import { itemText, plural, table, valueText } from '../frame/table.ts'
import type { DriftedFleet, DriftedItem, DriftedPlace, DriftReport, Severity } from './report.ts'

export function reportText(report: DriftReport, colors: Colors): string {
  const { project, revision, items, fleet } = report
  if (report.status === 'clean')
    return `${colors.green('clean')}: ${project} at revision ${revision} is what the folder declares${fleet === null ? '' : ', and what runs'}`
  return [
    ...items.map((item) => itemBlock(item, colors)),
    ...(fleet ?? []).map((one) => fleetBlock(one, colors)),
    summary(report),
  ].join('\n\n')
}

function summary({ revision, items, fleet }: DriftReport): string {
  const places = items.reduce((sum, one) => sum + Math.max(1, one.places.length), 0)
  const behind = (fleet ?? []).reduce((sum, one) => sum + one.behind, 0)
  const parts = [
    ...(items.length === 0
      ? []
      : [
          `${plural(places, 'place')} of ${plural(items.length, 'layer')} differ from revision ${revision}`,
        ]),
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
  return rows.length === 0 ? head : `${head}\n${table(rows)}`
}

function placeCells({ path, declared, published }: DriftedPlace): [string, string] {
  if (path === 'text') return ['comments or layout', '']
  return [`declared ${valueText(declared, 40)}`, `published ${valueText(published, 40)}`]
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
  return rows.length === 0 ? head : `${head}\n${table(rows)}`
}
