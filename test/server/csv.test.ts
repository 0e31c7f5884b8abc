import { csvRecord } from '../../server/src/core/tracking/csv.js'

describe('a record of CSV', () => {
  test.each([
    [['a', 'b'], 'a,b'],
    [['a,b', 'say "yes"'], '"a,b","say ""yes"""'],
    [['two\nlines', ' padded '], '"two\nlines"," padded "'],
    [[null, 0.1, -2, 'NaN', '-Infinity'], ',0.1,-2,NaN,-Infinity'],
    [['质检', '=1+1'], "质检,'=1+1"],
    [['+1', '-1.5e-3', '-1+2', '@x', '\t=1', '＝1'], `+1,-1.5e-3,'-1+2,'@x,'\t=1,'＝1`],
    [['=HYPERLINK("http://x","y")'], '"\'=HYPERLINK(""http://x"",""y"")"'],
  ])('%j', (cells, line) => expect(csvRecord(cells)).toBe(`${line}\r\n`))
})
