import { expect, test } from 'vitest'
import { formatNamed } from '../../../sdk/src/schema/formats.ts'

const CASES: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> =
  {
    date: [
      ['1963-06-19', '2020-02-29'],
      ['1998-1-20', '2021-02-29', '2020-11-31', '20200101', '1963-06-1৪', ''],
    ],
    time: [
      ['08:30:06Z', '23:59:60Z', '01:29:60+01:30', '08:30:06.283185z', '22:59:60-01:00'],
      [
        '24:00:00Z',
        '00:60:00Z',
        '22:59:60Z',
        '23:59:61Z',
        '12:00:00',
        '01:02:03+24:00',
        '8:30:6Z',
        '08:30:06#Z',
      ],
    ],
    'date-time': [
      [
        '1963-06-19T08:30:06.283185Z',
        '1937-01-01T12:00:27.87+00:20',
        '1998-12-31T23:59:60Z',
        '1963-06-19t08:30:06z',
      ],
      [
        '1998-12-31T23:58:60Z',
        '1990-02-31T15:59:59Z',
        '06/19/1963 08:30:06 PST',
        '2013-350T01:01:01',
        '1963-06-19 08:30:06Z',
      ],
    ],
    duration: [
      ['P4DT12H30M5S', 'P4Y', 'PT0S', 'P2W', 'PT36H', 'P1M', 'P1Y2M'],
      ['P', 'PT', '4DT', 'P1YT', 'P2D1Y', 'P1D2H', 'P2S', 'P1Y2W', 'PT1D', 'P1'],
    ],
    email: [
      [
        'joe.bloggs@example.com',
        'te~st@example.com',
        '"joe bloggs"@example.com',
        'joe@[127.0.0.1]',
        'joe@[IPv6:::1]',
      ],
      [
        '2962',
        '.test@example.com',
        'te..st@example.com',
        'joe@[127.0.0.300]',
        'joe@in valid=domain.com',
        '@a.b',
        'a@',
      ],
    ],
    'idn-email': [
      ['실례@실례.테스트', 'joe@example.com'],
      ['2962', '@', ''],
    ],
    hostname: [
      ['www.example.com', 'xn--4gbwdl.xn--wgbh1c', 'a', '1host', 'a-b.c'],
      [
        '-a.b',
        'a-.b',
        'not_a_host',
        `${'a'.repeat(64)}.com`,
        'a..b',
        '.a',
        'a.',
        '',
        'XN--aa---o47jg78q',
        'ab--cd',
      ],
    ],
    'idn-hostname': [
      ['실례.테스트', 'www.example.com', 'l·l', 'ἀ͵β', 'א׳ב', '・ぁ', 'क्‍ष'],
      ['〮실례', '-> $1.00 <--', 'a·l', 'def・abc', '٠۰', 'क‍ष', 'ـߺ', '-실례', ''],
    ],
    ipv4: [
      ['192.168.0.1', '0.0.0.0', '255.255.255.255'],
      ['256.1.1.1', '1.2.3', '1.2.3.4.5', '0x7f.0.0.1', '087.10.0.1', '1.2.3.4.', '1২7.0.0.1'],
    ],
    ipv6: [
      [
        '::1',
        '::',
        '::abef',
        '1:2:3:4:5:6:7:8',
        '::ffff:192.168.0.1',
        '1::1.2.3.4',
        'a:b:c::d:e',
        '1:2:3:4:5:6:1.2.3.4',
      ],
      [
        '12345::',
        '1:1:1:1:1:1:1:1:1',
        '1::2::3',
        ':2:3:4:5:6:7:8',
        '1:2:3:4:5:6:7:',
        '::1%eth0',
        '1:2:3:4:5:::8',
        '1.2.3.4',
        '::1.2.3.4.5',
        '::laptop',
        '',
      ],
    ],
    uri: [
      [
        'http://foo.bar/?baz=qux#quux',
        'urn:oasis:names:a',
        'ldap://[2001:db8::7]/c=GB?x',
        'mailto:a@b.c',
        "http://-.~_!$&'()*+,;=:%40:80%2f::::@example.com",
        'tel:+1-816',
      ],
      [
        '//foo.bar',
        '/abc',
        'abc',
        '\\\\WINDOWS',
        'http:// a',
        'bar,baz:foo',
        'http://a/<b>',
        'https://[@example.org/test.txt',
        'http://a:b/',
        ':// should fail',
        'http://foo.bar/{x}',
        'http://é.test/',
      ],
    ],
    'uri-reference': [
      ['/abc', 'abc#x', '', '//foo.bar/?x', '#frag'],
      ['\\\\WINDOWS', 'abc#frag\\ment', 'a b', 'unescaped<'],
    ],
    iri: [
      ['http://ƒøø.ßår/?∂éœ=πîx#πîüx', 'ldap://[2001:db8::7]/c'],
      ['/abc', 'âππ', 'http://2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
    ],
    'iri-reference': [
      ['//ƒøø.ßår/?x', 'âππ', '#ƒrägmênt'],
      ['\\\\WINDOWS\\filëßåré', '#ƒräg\\mênt'],
    ],
    'uri-template': [
      ['http://a/{b}/{c:3}{?d*,e}', 'plain', '', '{+x.y}'],
      ['http://a/{b', '{}', 'a}', '{a b}', '<a>'],
    ],
    'json-pointer': [
      ['', '/', '/foo//bar~0/~1', '/a b'],
      ['a', '/~', '/~2', '#/a'],
    ],
    'relative-json-pointer': [
      ['1', '0/foo', '2/0/baz', '0#', '120/a'],
      ['/a', '-1/a', '+1/a', '01/a', '0##', '', '1a'],
    ],
    regex: [
      ['([abc])+\\s+$', '(a)\\1'],
      ['^(abc]', '\\Z('],
    ],
    uuid: [
      ['2EB8AA08-AA98-11EA-B4AA-73B441D16380', '00000000-0000-0000-0000-000000000000'],
      [
        '2eb8aa08-aa98-11ea-b4aa73b441d16380',
        '2eb8aa08aa9811eab4aa73b441d16380',
        '2eb8-aa08-aa98-11ea-b4aa73b44-1d16380',
        '',
      ],
    ],
  }

for (const [name, [good, bad]] of Object.entries(CASES)) {
  test(`format ${name}`, () => {
    const holds = formatNamed(name)
    for (const text of good) expect(holds?.(text), text).toBe(true)
    for (const text of bad) expect(holds?.(text), text).toBe(false)
  })
}

test('a format that is not known says nothing', () => {
  expect(formatNamed('no-such')).toBeUndefined()
  expect(formatNamed('constructor')).toBeUndefined()
})
