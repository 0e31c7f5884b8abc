/**
 * The condition that a row, found by a key of its own, is of the project $1; for `IS TRUE` the planner has no index. Plans
 * are made while there is little and then kept: with an index that begins with the project, they would walk all that the
 * project ever had, dead entries included, to find a row.
 */
export const ofProject = (table: string): string => `(${table}.project_id = $1) IS TRUE`
