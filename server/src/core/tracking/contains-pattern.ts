/** The pattern of `LIKE` for texts that contain a text; `null` when the text is empty or none. */
export const containsPattern = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`
