/** Whether a name may be an alias: letters, digits, `_` and `-`, and nothing that means a version already. */
export const isFreeAlias = (alias: string): boolean => hasAliasCharacters(alias) && !isReservedAlias(alias)

/** MLflow's rule. */
export const hasAliasCharacters = (alias: string): boolean => /^[\p{L}\p{N}_-]*$/u.test(alias)

/** `latest` and the numbers of versions mean something already. */
export const isReservedAlias = (alias: string): boolean => /^(?:latest|v\d+)$/i.test(alias)
