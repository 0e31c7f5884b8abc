import { applyTheme, defineElements, type Face } from '@novabrain/ui'
import { fakeHost, type FakeHost, type FakeOptions } from './fake-host.js'
import { scenes } from './scenes.js'

declare global {
  interface Window {
    /** Show a scene; called by the script that takes pictures. */
    showScene(name: string, options: FakeOptions): Promise<{ width: number }>
    sceneNames: readonly string[]
    host: FakeHost
  }
}

applyTheme(document, (new URLSearchParams(location.search).get('face') ?? 'web') as Face)
defineElements()
window.sceneNames = Object.keys(scenes)

window.showScene = async (name, options) => {
  const scene = scenes[name]
  if (scene === undefined) throw new Error(`There is no scene ${name}`)
  if (options.theme !== undefined) document.documentElement.dataset['nbTheme'] = options.theme
  const host = fakeHost({ ...options, ...scene.host })
  window.host = host
  document.body.style.cssText = 'margin:0;padding:12px;background:var(--nb-bg);display:inline-block'
  const element = document.createElement(scene.tag)
  element.style.width = `${scene.width}px`
  if (scene.height !== undefined) element.style.height = `${scene.height}px`
  element.style.boxSizing = 'border-box'
  Object.assign(element, { host }, scene.properties?.(host))
  document.body.replaceChildren(element)
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  scene.then?.(element)
  return { width: scene.width }
}
