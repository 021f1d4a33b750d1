/** The steps of OpenFeature's older suite, `evaluation.feature`: the same questions in other words. */
import { expect } from 'vitest'
import { type Act, evaluate, kindOf, valueOf } from './openfeature-steps.ts'

const asksFor: Act = async (play, args, table) => {
  const [kind = '', key = '', fallback = ''] = args
  play.kind = kindOf(kind === '' ? 'string' : kind)
  play.key = key
  play.fallback = fallback === '' ? null : valueOf(play.kind, fallback)
  await evaluate(play, args, table)
}

const answered: Act = (play, [kind = '', value = '', variant = '', reason = '']) => {
  const expected = valueOf(kindOf(kind), value)
  expect(play.both('value')).toEqual([expected, expected])
  if (variant === '') return
  expect(play.both('variant')).toEqual([variant, variant])
  expect(play.both('reason')).toEqual([reason, reason])
}

const FLAG = 'flag with key "([^"]*)" is evaluated'

export const OLD_STEPS: readonly (readonly [RegExp, Act])[] = [
  [new RegExp(`^an? (\\w+) ${FLAG} with (?:details and )?default value "?([^"]*)"?$`), asksFor],
  [new RegExp(`^an? (\\w+) ${FLAG} with (?:details and )?a null default value$`), asksFor],
  [new RegExp(`^a() ${FLAG} with default value "([^"]*)"$`), asksFor],
  [
    new RegExp(`^a non-existent (\\w+) ${FLAG} with details and a fallback value "([^"]*)"$`),
    asksFor,
  ],
  [
    /^a string flag with key "([^"]*)" is evaluated as an (\w+), with details and a fallback value (\d+)$/,
    (play, [key = '', kind = '', fallback = ''], table) =>
      asksFor(play, [kind, key, fallback], table),
  ],
  [/^the resolved (\w+) value should be "?([^"]*)"?$/, answered],
  [
    /^the resolved (\w+) details value should be "?([^",]*)"?, the variant should be "(\w+)", and the reason should be "(\w+)"$/,
    answered,
  ],
  [/^the resolved (string) response should be "([^"]*)"$/, answered],
  [
    /^the resolved object (?:details )?value should be contain fields "(\w+)", "(\w+)", and "(\w+)", with values "(\w+)", "([^"]*)" and (\d+), respectively$/,
    (play, [first = '', second = '', third = '', truth, text, number]) => {
      const fields = { [first]: truth === 'true', [second]: text, [third]: Number(number) }
      for (const value of play.both('value')) expect(value).toMatchObject(fields)
    },
  ],
  [
    /^the variant should be "(\w+)", and the reason should be "(\w+)"$/,
    (play, [variant, reason]) => {
      expect(play.both('variant')).toEqual([variant, variant])
      expect(play.both('reason')).toEqual([reason, reason])
    },
  ],
  [
    /^context contains keys "(\w+)", "(\w+)", "(\w+)", "(\w+)" with values "([^"]*)", "([^"]*)", (\d+), "(\w+)"$/,
    (play, [first = '', last = '', age = '', customer = '', ...values]) => {
      const [firstName = '', lastName = '', years, isCustomer] = values
      play.context = {
        [first]: firstName,
        [last]: lastName,
        [age]: Number(years),
        [customer]: isCustomer === 'true',
      }
    },
  ],
  [
    /^the resolved flag value is "([^"]*)" when the context is empty$/,
    async (play, [value], table) => {
      play.context = {}
      await evaluate(play, [], table)
      expect(play.both('value')).toEqual([value, value])
    },
  ],
  [
    /^the default \w+ value should be returned$/,
    (play) => expect(play.both('value')).toEqual([play.fallback, play.fallback]),
  ],
  [
    /^the reason should indicate an error and the error code should indicate a [\w ]+ with "(\w+)"$/,
    (play, [code]) => {
      expect(play.both('reason')).toEqual(['ERROR', 'ERROR'])
      expect(play.both('errorCode')).toEqual([code, code])
    },
  ],
]
