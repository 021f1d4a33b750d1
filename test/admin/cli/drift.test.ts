/** When a watch heals and when it backs off; what a report says. */
import { expect, test } from 'vitest'
import { reportHtml } from '../../../admin/cli/drift/html.ts'
import {
  AT_REST,
  decide,
  FIRST_WAIT_MS,
  FORGET_MS,
  type Healing,
  MAX_WAIT_MS,
  waitMs,
} from '../../../admin/cli/drift/healing.ts'
import { reaches, reportOf } from '../../../admin/cli/drift/report.ts'
import { reportText } from '../../../admin/cli/drift/text.ts'
import { itemsOfExport } from '../../../admin/cli/folder/items.ts'

/** Looks once: what was decided, and how it goes on. */
function looking(heals: boolean) {
  let state: Healing = AT_REST
  return (nowMs: number, drift: string | null): string => {
    const next = decide(state, { nowMs, drift, revision: 1 }, heals)
    ;({ state } = next)
    return next.decision.kind
  }
}

test('a drift is told of once, and that it is clean again once', () => {
  const look = looking(false)
  expect([0, 1, 2, 3, 4, 5].map((at) => look(at, ['', 'a', 'a', 'b', '', ''][at] || null))).toEqual(
    ['nothing', 'tell', 'nothing', 'tell', 'clean', 'nothing'],
  )
})

test('a drift is healed at once; the same one again only after a wait that doubles, and it says so once', () => {
  const look = looking(true)
  expect(look(0, 'a')).toBe('heal')
  expect(look(10, null)).toBe('clean')
  expect(look(20, 'a')).toBe('wait')
  expect(look(FIRST_WAIT_MS - 1, 'a')).toBe('nothing')
  expect(look(FIRST_WAIT_MS, 'a')).toBe('heal')
  expect(look(FIRST_WAIT_MS + 1, null)).toBe('clean')
  expect(look(FIRST_WAIT_MS + 2, 'a')).toBe('wait')
  expect(look(3 * FIRST_WAIT_MS - 1, 'a')).toBe('nothing')
  expect(look(3 * FIRST_WAIT_MS, 'a')).toBe('heal')
})

test('another drift is healed at once, and a heal that held long enough is forgotten', () => {
  const look = looking(true)
  expect(look(0, 'a')).toBe('heal')
  expect(look(1, 'b')).toBe('heal')
  expect(look(2, null)).toBe('clean')
  expect(look(1 + FORGET_MS, 'b')).toBe('heal')
  expect(waitMs(100)).toBe(MAX_WAIT_MS)
})

const PUBLISHED = itemsOfExport([
  { kind: 'environment', key: 'production', layer: 'base', content: { protected: true } },
  { kind: 'environment', key: 'staging', layer: 'base', content: { protected: false } },
])
const owner = { author: 'ana', revision: 4, atMs: 0, reason: '<b>live</b>' }
const change = (layer: string, path = '/a') =>
  ({
    kind: 'config',
    key: 'web',
    layer,
    change: 'changed',
    places: [{ path, before: 1, after: 2, owner }],
  }) as const

test.each([
  ['base', '/a', 'error'],
  ['env:production', '/a', 'error'],
  ['env:staging', '/a', 'warning'],
  ['env:production', 'text', 'info'],
] as const)('severity of %s %s is %s', (layer, path, severity) => {
  const report = reportOf('shop', 4, PUBLISHED, [change(layer, path)], null)
  expect(report.items[0]?.severity).toBe(severity)
  expect(reaches(report, 'info')).toBe(true)
  expect(reaches(report, 'error')).toBe(severity === 'error')
})

test('a report names the place, both values and who did it', () => {
  const plain = (text: string): string => text
  const colors = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }
  const report = reportOf(
    'shop',
    4,
    PUBLISHED,
    [change('env:staging')],
    [
      {
        environment: 'staging',
        audience: 'server',
        severity: 'error',
        instances: 3,
        behind: 1,
        wanted: 4,
        failures: [{ instance: 'i1', revision: 4, code: 'schema', config: 'web' }],
        stragglers: [],
      },
    ],
  )
  expect(reportText(report, colors)).toBe(`warning config web in staging is not as declared
    /a  declared 2  published 1  by ana in revision 4: <b>live</b>

error staging (server): 1 of 3 instances do not serve revision 4
    i1  failed on revision 4  schema (web)

drifted: 1 place of 1 layer differ from revision 4; 1 instance behind`)
  const html = reportHtml(report, 0)
  expect(html).toContain('&lt;b&gt;live&lt;/b&gt;')
  expect(html).not.toContain('<b>live')
})
