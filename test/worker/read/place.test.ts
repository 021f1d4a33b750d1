/** Where a reader is told that it is: SNAPSHOT.md §4.3. */
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { placeOf, regionOf, withPlace } from '../../../worker/read/place.ts'
import { namesRings } from '../../../worker/read/manifest.ts'

const at = (cf?: Record<string, unknown>) => placeOf(cf === undefined ? {} : { cf })

test('is what the platform says of the request, part by part', () => {
  expect(at({ continent: 'EU', country: 'DE', colo: 'FRA' })).toBe('EU/DE/FRA')
  expect(at({ country: 'T1' })).toBe('/T1/')
  expect(at({ colo: 'SJC', city: 'San José' })).toBe('//SJC')
})

test('is nothing where nobody knows, or where what is said is no such thing', () => {
  expect(at()).toBeNull()
  expect(at({})).toBeNull()
  expect(at({ continent: 'EU/DE', country: 'Germany', colo: 7 })).toBeNull()
})

test('goes into the answer as a header', () => {
  const request = { cf: { country: 'DE' } }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `cf` is looked at
  const answer = withPlace(new Response('x'), request as unknown as Request)
  expect(answer.headers.get('driftless-place')).toBe('/DE/')
})

test('is asked for by a manifest with rings, and by no other text', async () => {
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32))
  expect(namesRings(await sign({ candidate: { share: 0, rings: [{ ring: ['a'] }] } }))).toBe(true)
  expect(namesRings(await sign({ candidate: { share: 10 } }))).toBe(false)
  expect(namesRings(await sign({}))).toBe(false)
  expect(namesRings('no manifest')).toBe(false)
})

test('objects are made near who asks for room', () => {
  const near = (cf?: Record<string, unknown>) => regionOf(cf === undefined ? {} : { cf })
  expect(near({ continent: 'EU', longitude: '8.6' })).toBe('weur')
  expect(near({ continent: 'EU', longitude: '21.0' })).toBe('eeur')
  expect(near({ continent: 'NA', longitude: '-121.9' })).toBe('wnam')
  expect(near({ continent: 'NA' })).toBe('enam')
  expect(near({ continent: 'AS', country: 'AE' })).toBe('me')
  expect(near({ continent: 'AS', country: 'JP' })).toBe('apac')
  expect(near({ continent: 'AN' })).toBeUndefined()
  expect(near()).toBeUndefined()
})
