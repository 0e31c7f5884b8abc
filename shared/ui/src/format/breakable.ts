/**
 * A name with a place to break (a zero-width space) behind each dot, slash, dash and run of underscores, so that
 * `logisticregression__C` breaks between its words and never inside one. For display only: what is copied has none.
 */
export const breakable = (name: string): string => name.replace(/([._/:-]+)(?=[^._/:-])/g, '$1\u200b')
