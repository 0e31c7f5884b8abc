/**
 * The order in which files are tested: first those that wait for other programs, so that at the end no worker waits for one
 * of them alone. Jest knows how long a file took only where it ran before.
 */
import Sequencer from '@jest/test-sequencer'

const slowFolders = ['conformance', 'execution', 'laws', 'integration']

const rank = ({ path }) => {
  const at = slowFolders.findIndex((folder) => path.includes(`/test/${folder}/`))
  return at < 0 ? slowFolders.length : at
}

export default class SlowestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b))
  }
}
