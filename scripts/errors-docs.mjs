/** Write docs/errors.md and docs/errors.zh-CN.md from the catalogue of errors. Build the server first. */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { errorsMarkdown } from '../server/dist/http/error-pages.js'

const docs = path.join(import.meta.dirname, '..', 'docs')
await writeFile(path.join(docs, 'errors.md'), errorsMarkdown('en'))
await writeFile(path.join(docs, 'errors.zh-CN.md'), errorsMarkdown('zh-CN'))
