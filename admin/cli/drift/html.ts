/** A drift report as one HTML page that needs nothing else: for a pipeline's artifacts, or a mail. Pure. */
import { itemText } from '../frame/table.ts'
import { valueText } from '../frame/values.ts'
import type { DriftReport } from './report.ts'
import { notesText } from './text.ts'

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const row = (cells: readonly string[], tag = 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1c1c1c;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
td:nth-child(3),td:nth-child(4),td:nth-child(5){font-family:ui-monospace,monospace}`

/** `atMs`: when it was made. */
export function reportHtml(report: DriftReport, atMs: number): string {
  const { project, revision, status, items, fleet } = report
  const rows = items.flatMap((item) => {
    const places = item.places.length === 0 ? [{ path: '' }] : item.places
    return places.map((place) => {
      const owner = 'owner' in place ? place.owner : undefined
      return row([
        item.severity,
        itemText(item),
        place.path || '(whole)',
        'declared' in place ? valueText(place.declared, 400) : '(none)',
        'published' in place ? valueText(place.published, 400) : '(none)',
        owner === undefined ? '' : `${owner.author}, revision ${owner.revision}: ${owner.reason}`,
      ])
    })
  })
  const instances = (fleet ?? []).map((one) =>
    row([
      one.severity,
      `${one.environment} (${one.audience})`,
      String(one.instances),
      String(one.behind),
      String(one.wanted ?? ''),
    ]),
  )
  const items_ =
    rows.length === 0
      ? '<p>What is published is what is declared.</p>'
      : `<table>${row(['Severity', 'What', 'Place', 'Declared', 'Published', 'Who'], 'th')}${rows.join('')}</table>`
  const fleet_ =
    instances.length === 0
      ? ''
      : `<h2>Applied</h2><table>${row(['Severity', 'Where', 'Instances', 'Behind', 'Wanted revision'], 'th')}${instances.join('')}</table>`
  const mirrors = report.mirrors.flatMap(({ mirror, from, to, mode, differences }) =>
    differences.map(({ environment, pointer, leads, follows, severity }) =>
      row([
        severity,
        `${mirror} (${mode}) in ${environment}`,
        `${from} ${valueText(leads, 400)}`,
        `${to} ${pointer} ${valueText(follows, 400)}`,
      ]),
    ),
  )
  const mirrors_ =
    mirrors.length === 0
      ? ''
      : `<h2>Mirrors</h2><table>${row(['Severity', 'Mirror', 'Leads', 'Follows'], 'th')}${mirrors.join('')}</table>`
  const notes = notesText(report)
    .flatMap((text) => text.split('\n'))
    .map((line) => `<p>${escaped(line)}</p>`)
    .join('\n')
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Drift of ${escaped(project)}</title>
<style>${STYLE}</style>
<h1>Drift of ${escaped(project)}: ${status}</h1>
<p>Revision ${revision}, ${escaped(new Date(atMs).toISOString())}</p>
${items_}
${mirrors_}
${fleet_}
${notes}
</html>
`
}
