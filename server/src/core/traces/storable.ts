/** A text as PostgreSQL keeps it: without NUL, and without halves of surrogate pairs. */
export const storable = (text: string): string => text.replaceAll(/[\0\p{Surrogate}]/gu, '\ufffd')
