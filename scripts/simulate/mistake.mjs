/** What whoever asked can mend: said without a trace of the program. */
export class Mistake extends Error {}

/** Ends with a text for whoever asked. */
export const mistake = (text) => {
  throw new Mistake(text)
}
