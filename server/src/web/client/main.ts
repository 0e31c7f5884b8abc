import { applyTheme, defineElements } from '@novabrain/ui'
import './app.js'

applyTheme(document, 'web')
const page = new CSSStyleSheet()
page.replaceSync('html, body { margin: 0; height: 100%; background: var(--nb-bg); }')
document.adoptedStyleSheets = [...document.adoptedStyleSheets, page]
defineElements()
document.body.append(document.createElement('nb-web-app'))
