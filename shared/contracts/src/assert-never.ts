/** The end of a `switch` over every case of a union. */
export const assertNever = (value: never): never => {
  throw new Error(`Unexpected value ${JSON.stringify(value)}`)
}
