import { errorCatalogue, type ErrorCode, type Locale } from '@novabrain/contracts'

/** The catalogue of errors for people to read, in the order of the alphabet. */
const entries = (locale: Locale) =>
  (Object.keys(errorCatalogue) as ErrorCode[]).sort().map((code) => {
    const { status, mlflow, en, zh } = errorCatalogue[code]
    return { code, status, mlflow, ...(locale === 'zh-CN' ? zh : en) }
  })

const words = {
  en: {
    title: 'Errors',
    intro:
      'Every error has a stable code. The answer keeps the shape of MLflow (`error_code`, `message`) and adds `code`, `cause`, `remedy`, `docs`, `data` and `requestId`. Words in braces are filled in.',
    status: 'Status',
    cause: 'Why',
    remedy: 'What to do',
    other: '[简体中文](errors.zh-CN.md)',
    made: 'Made from the catalogue in `shared/contracts/src/errors` by `node scripts/errors-docs.mjs`; change it there.',
  },
  'zh-CN': {
    title: '错误',
    intro:
      '每个错误都有稳定的代码。响应沿用 MLflow 的格式（`error_code`、`message`），并附加 `code`、`cause`、`remedy`、`docs`、`data` 和 `requestId`。花括号中的词会被实际内容替换。',
    status: '状态码',
    cause: '原因',
    remedy: '解决办法',
    other: '[English](errors.md)',
    made: '本页由 `node scripts/errors-docs.mjs` 根据 `shared/contracts/src/errors` 中的目录生成；请在那里修改。',
  },
} as const

/** `docs/errors.md` and its Chinese sister. */
export const errorsMarkdown = (locale: Locale): string => {
  const word = words[locale]
  const sections = entries(locale).map(
    ({ code, status, mlflow, message, cause, remedy }) =>
      `## ${code}\n\n> ${message}\n\n- ${word.status}: ${String(status)} \`${mlflow}\`\n- ${word.cause}: ${cause}\n- ${word.remedy}: ${remedy}\n`,
  )
  return `# ${word.title}\n\n${word.other}\n\n${word.intro}\n\n${word.made}\n\n${sections.join('\n')}`
}

/** The page at `/docs/errors`, where the `docs` link of every error leads. */
export const errorsPage = (locale: Locale): string => {
  const word = words[locale]
  const sections = entries(locale).map(
    ({ code, status, message, cause, remedy }) =>
      `<section id="${code}"><h2><code>${code}</code> <small>${String(status)}</small></h2><p><b>${escape(message)}</b></p>` +
      `<p>${word.cause}: ${escape(cause)}</p><p>${word.remedy}: ${escape(remedy)}</p></section>`,
  )
  return `<!doctype html><html lang="${locale}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>NovaBrain: ${word.title}</title><style>${style}</style><main><h1>${word.title}</h1>${sections.join('\n')}</main></html>`
}

const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:44rem;padding:0 1rem}
h2{margin:2rem 0 .25rem;font-size:1.1rem}p{margin:.25rem 0}small{font-weight:normal;opacity:.6}section:target{outline:2px solid;outline-offset:.5rem}`

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${String(sign.charCodeAt(0))};`).replace(/`([^`]*)`/g, '<code>$1</code>')
