/** A row of a table of decisions: under these facts, this. `why` is for whoever reads the table, and for the protocol page. */
export type DecisionRow<Facts, Decision> = { readonly when: Partial<Facts>; readonly decision: Decision; readonly why: string }

/**
 * The first row whose facts are all so. A fact may be a getter: it is asked for only when a row wants it.
 *
 * @param rows  the last one has an empty `when`, and so fits always.
 */
export const decide = <Facts extends object, Decision>(rows: readonly DecisionRow<Facts, Decision>[], facts: Facts): Decision => {
  const names = ({ when }: DecisionRow<Facts, Decision>) => Object.keys(when) as (keyof Facts)[]
  return rows.find(row => names(row).every(name => row.when[name] === facts[name]))!.decision
}
