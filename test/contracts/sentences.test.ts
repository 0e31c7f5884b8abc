import { sentences } from '@novabrain/contracts'

test('sentences follow each other as the language sets them; what is empty is left out', () => {
  expect(sentences(['It failed.', null, '', 'Try again.'], 'en')).toBe('It failed. Try again.')
  expect(sentences(['失败了。', '请重试。'], 'zh-CN')).toBe('失败了。请重试。')
  expect(sentences([null, ''], 'en')).toBe('')
})
