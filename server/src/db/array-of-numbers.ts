/** Numbers, or texts of digits, as the text of an array of PostgreSQL's. The driver would quote and escape each of them. */
export const arrayOfNumbers = (numbers: readonly (number | string)[]): string => `{${numbers.join(',')}}`
