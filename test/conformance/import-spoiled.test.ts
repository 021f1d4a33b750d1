/**
 * Documents that nobody wrote on purpose: an importer never throws, says where each fault is, and what it makes of the rest is
 * accepted by the Worker's own checks and can be evaluated.
 */
import { compile, getPointer, type JsonValue } from '#core'
import { expect, test } from 'vitest'
import { importFrom } from '../../admin/import/index.ts'
import { bucketers, contextFrom } from '../../sdk/src/migrate.ts'
import { randomPayload as randomConfigCat, randomUser } from '../support/configcat-payload.ts'
import {
  randomAttributes,
  randomPayload as randomGrowthBook,
} from '../support/growthbook-payload.ts'
import { bodyOf } from '../support/imported.ts'
import {
  randomContext,
  randomPayload as randomLaunchDarkly,
} from '../support/launchdarkly-payload.ts'
import { createDice, type Dice } from '../support/random.ts'
import { spoil } from '../support/spoil.ts'

const VENDORS = [
  { vendor: 'growthbook', document: randomGrowthBook, context: randomAttributes },
  {
    vendor: 'launchdarkly',
    document: (dice: Dice) => randomLaunchDarkly(dice, 1),
    context: randomContext,
  },
  {
    vendor: 'configcat',
    document: (dice: Dice) => randomConfigCat(dice, 4),
    context: randomUser,
  },
] as const

test.each(VENDORS)(
  'a spoiled $vendor document is listed or refused, and the rest is a body',
  ({ vendor, document, context }) => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const dice = createDice(seed)
      let spoiled: JsonValue = document(dice)
      for (let i = dice.below(4); i >= 0; i--) spoiled = spoil(spoiled, dice)
      const translation = importFrom(vendor, spoiled, { environment: 'production' })
      const listed = translation.ok ? translation.skipped : translation.issues
      for (const { path } of listed) {
        // What is missing is named by where it would stand.
        const parent = path.slice(0, path.lastIndexOf('/'))
        expect(
          getPointer(spoiled, path) ?? getPointer(spoiled, parent),
          `seed ${seed}: ${path}`,
        ).toBeDefined()
      }
      if (!translation.ok) continue
      expect(translation.sources).toHaveLength(translation.operations.length)
      const evaluator = compile(bodyOf('production', translation.operations), { bucketers })
      const asked = contextFrom(vendor, context(dice))
      for (const key of evaluator.flagKeys()) {
        const details = evaluator.details(key, undefined, null, asked, Number.NaN)
        expect(details.reason, `seed ${seed}: ${key} ${details.errorMessage ?? ''}`).not.toBe(
          'ERROR',
        )
      }
    }
  },
)
