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
import { mirrorStates } from '../../../admin/cli/drift/mirrors.ts'
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
const plain = (text: string): string => text
const COLORS = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }
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
  const looked = { revision: 4, published: PUBLISHED, overruled: [] }
  const report = reportOf('shop', looked, [change(layer, path)], null)
  expect(report.items[0]?.severity).toBe(severity)
  expect(reaches(report, 'info')).toBe(true)
  expect(reaches(report, 'error')).toBe(severity === 'error')
})

test('a report names the place, both values and who did it', () => {
  const looked = { revision: 4, published: PUBLISHED, overruled: [] }
  const fleet = {
    environment: 'staging',
    audience: 'server',
    severity: 'error',
    instances: 3,
    behind: 1,
    wanted: 4,
    failures: [{ instance: 'i1', revision: 4, code: 'schema', config: 'web' }],
    stragglers: [],
  } as const
  const report = reportOf('shop', looked, [change('env:staging')], {
    found: [fleet],
    instances: 3,
    unknown: [],
    asked: 2,
  })
  expect(reportText(report, COLORS)).toBe(`warning config web in staging is not as declared
    /a  declared 2  published 1  by ana in revision 4: <b>live</b>

error staging (server): 1 of 3 instances do not serve revision 4
    i1  failed on revision 4  schema (web)

drifted: 1 place of 1 layer differ from revision 4; 1 instance behind`)
  const html = reportHtml(report, 0)
  expect(html).toContain('&lt;b&gt;live&lt;/b&gt;')
  expect(html).not.toContain('<b>live')
})

const MIRRORED = [
  ...[...PUBLISHED.values()].map(({ ref, content }) => ({ ...ref, content })),
  {
    kind: 'config',
    key: 'platform',
    layer: 'base',
    content: { format: 'yaml', source: 'db: {host: db-1}\n' },
  },
  {
    kind: 'config',
    key: 'app',
    layer: 'base',
    content: { format: 'json', source: '{"host":"db-1"}' },
  },
  {
    kind: 'config',
    key: 'app',
    layer: 'env:production',
    content: { format: 'json', source: '{"host":"db-9"}' },
  },
  {
    kind: 'mirror',
    key: 'host',
    layer: 'base',
    content: {
      from: 'platform',
      to: 'app',
      mode: 'alert',
      paths: [{ from: '/db/host', to: '/host' }],
    },
  },
]

test('a mirror that does not hold is drift, with both values in each environment, as merged', () => {
  const published = itemsOfExport(MIRRORED)
  expect(mirrorStates(published)).toEqual([
    {
      mirror: 'host',
      from: 'platform',
      to: 'app',
      mode: 'alert',
      state: 'differs',
      differences: [
        {
          environment: 'production',
          pointer: '/host',
          leads: 'db-1',
          follows: 'db-9',
          severity: 'error',
        },
      ],
    },
  ])
  const report = reportOf('shop', { revision: 4, published, overruled: [] }, [], null)
  expect(reportText(report, COLORS))
    .toBe(`error mirror host (alert): config app does not say what config platform says
    production  /host  platform "db-1"  app "db-9"

drifted: 1 mirror broken`)
  expect(reaches(report, 'error')).toBe(true)
  expect(reportHtml(report, 0)).toContain('host (alert) in production')
})

test('a mirror holds or waits, and what is not known of the fleet is said', () => {
  const holding = itemsOfExport(MIRRORED.filter(({ layer }) => layer === 'base'))
  expect(mirrorStates(holding)).toMatchObject([{ state: 'holds', differences: [] }])
  const waiting = itemsOfExport(MIRRORED.filter(({ key }) => key !== 'app'))
  const look = {
    found: [],
    instances: 0,
    unknown: [{ environment: 'staging', why: 'the token may not read it' }],
    asked: 2,
  }
  const report = reportOf('shop', { revision: 4, published: waiting, overruled: [] }, [], look)
  expect(reportText(report, COLORS)).toBe(`clean: shop at revision 4 is what the folder declares
mirror host waits: config platform or app is not published
what runs in staging is not known: the token may not read it
what runs is not known: no instance reports`)
  const none = { ...look, asked: 1 }
  expect(reportOf('shop', { revision: 4, published: waiting, overruled: [] }, [], none).fleet).toBe(
    null,
  )
})
