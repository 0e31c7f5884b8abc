import type { Locale } from '@novabrain/contracts'

const en = {
  heading: 'Let {client} in?',
  asks: '{client} wants to use NovaBrain as you, {member}.',
  may: 'It may do what you may do in {tenant}: see runs and files, submit and stop jobs.',
  until:
    'It gets an API key of its own, good until {date}. You can revoke it at any time with `novabrain keys revoke`.',
  onlyYours: 'Allow it only if you have just begun to sign in there yourself.',
  goesTo: 'Afterwards this browser goes to {place}.',
  began: 'It asked at {time}.',
  allow: 'Allow',
  deny: 'Deny',
  allowed: '{client} is in',
  allowedText: 'Go back to {client}; you can close this page.',
  notOpened: 'If {client} did not come to the front:',
  openAgain: 'Open {client}',
  denied: '{client} was turned away',
  deniedText: 'It got nothing. You can close this page.',
  codeHeading: 'Sign in a program',
  codeText: 'Enter the code that the program shows. It is good for ten minutes.',
  code: 'Code',
  next: 'Continue',
  incomplete: 'This address lacks something',
  incompleteText: 'Open the page again from your editor, or sign in there with a code.',
}

const zh: typeof en = {
  heading: '允许 {client} 登录吗？',
  asks: '{client} 希望以您（{member}）的身份使用 NovaBrain。',
  may: '它在 {tenant} 中的权限与您相同：查看运行和文件，提交和停止作业。',
  until: '它将获得一个独立的 API 密钥，有效期至 {date}。您可随时用 `novabrain keys revoke` 吊销。',
  onlyYours: '仅当您本人刚刚在该程序中发起登录时，才点击“允许”。',
  goesTo: '随后浏览器将跳转到 {place}。',
  began: '请求时间：{time}。',
  allow: '允许',
  deny: '拒绝',
  allowed: '{client} 已登录',
  allowedText: '请回到 {client}；此页面可以关闭。',
  notOpened: '如果 {client} 没有自动打开：',
  openAgain: '打开 {client}',
  denied: '已拒绝 {client}',
  deniedText: '它没有获得任何权限。此页面可以关闭。',
  codeHeading: '登录程序',
  codeText: '请输入程序显示的代码。代码十分钟内有效。',
  code: '代码',
  next: '继续',
  incomplete: '地址不完整',
  incompleteText: '请从编辑器重新打开此页面，或在编辑器中改用代码登录。',
}

/** The texts of the pages that let a program in. */
export const authorizeTexts = (locale: Locale): typeof en => (locale === 'zh-CN' ? zh : en)

/** A day as people write it. */
export const dayOf = (timestamp: string, locale: Locale): string =>
  new Date(timestamp).toLocaleDateString(locale, { year: 'numeric', month: 'long', day: 'numeric' })

/** A time of today as people write it. */
export const timeOf = (timestamp: string, locale: Locale): string =>
  new Date(timestamp).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
