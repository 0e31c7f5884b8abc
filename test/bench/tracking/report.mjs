// What was measured as a table. A line compares a figure of ours with the peer's, or with a limit of its own.
import { median } from '../support/server.mjs'

const number = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 100 ? 0 : 1))

/** Medians of each figure over rounds. */
export const mediansOf = (rounds) =>
  Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((each) => each[key]))]))

const told = (line, figures) => (figures === undefined ? '' : line.shows.map((key) => number(figures[key])).join(' / '))

const timesOf = ({ shows: [key], more }, ours, theirs) => {
  if (theirs === undefined) return null
  return more ? ours[key] / theirs[key] : theirs[key] / ours[key]
}

/** What a wish says, and whether it is met; `null` when that is not known. */
const wishes = {
  /** So many times the peer. */
  times: (least, line, ours, theirs) => {
    const times = timesOf(line, ours, theirs)
    return { said: `≥ ${least} ×`, met: times === null ? null : times >= least }
  },
  /** A figure of ours below a limit. */
  below: ({ key, limit, unit }, _line, ours) => ({ said: `< ${limit} ${unit}`, met: ours[key] < limit }),
  /** A share of another figure of ours. */
  share: ({ of, least }, { shows: [key] }, ours) => ({
    said: `≥ ${least * 100} %`,
    met: ours[key] / ours[of] >= least,
  }),
}

const verdict = { true: 'yes', false: '**no**', null: '' }

const failed = ({ name, unit }, reason) => [name, unit, `failed: ${reason}`, '', '', '', verdict.false]

/** The cells of a line. */
export const cellsOf = (line, { ours, theirs, failure = null }) => {
  if (failure !== null) return failed(line, failure)
  const times = timesOf(line, ours, theirs)
  const asked = Object.entries(line.wish ?? {}).map(([kind, wish]) => wishes[kind](wish, line, ours, theirs))
  const met = asked.some((each) => each.met === null) ? null : asked.every((each) => each.met)
  return [
    line.name,
    line.unit,
    told(line, ours) +
      (line.beside === undefined ? '' : ` (${Math.round((ours[line.shows[0]] / ours[line.beside]) * 100)} %)`),
    line.beside === undefined ? told(line, theirs) : `COPY ${number(ours[line.beside])}`,
    times === null || !Number.isFinite(times) ? '' : times.toFixed(1),
    asked.map(({ said }) => said).join(', '),
    asked.length === 0 ? '' : verdict[String(met)],
  ]
}

/** A table of lines; the peer's name heads its column. */
export const tableOf = (rows, peer) =>
  [
    ['work', 'unit', 'NovaBrain', peer, 'times', 'wanted', 'met'],
    ['---', '---', '---:', '---:', '---:', '---:', '---'],
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
