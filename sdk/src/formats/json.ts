export function parseJson(): never {
  throw new TypeError('being written')
}
