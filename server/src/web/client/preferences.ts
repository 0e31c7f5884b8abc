import type { Locale, Unsubscribe } from '@novabrain/contracts'
import type { ThemeKind, ThemeSignal } from '@novabrain/ui'

export type ThemeChoice = 'system' | 'light' | 'dark'

/** What a person chose for this browser: language, theme, project, layout. Never a secret. */
export interface Preferences {
  locale: Locale
  themeChoice: ThemeChoice
  readonly theme: ThemeSignal
  read(key: string): string | null
  write(key: string, value: string): void
}

const prefix = 'novabrain:'

/** Preferences in the storage of the page; a browser that refuses storage forgets them at the end of the visit. */
export const createPreferences = (): Preferences => {
  const forgotten = new Map<string, string>()
  const listeners = new Set<() => void>()
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const contrast = matchMedia('(forced-colors: active)')
  const tell = () => listeners.forEach((listener) => listener())
  for (const query of [dark, contrast]) query.addEventListener('change', tell)

  const read = (key: string): string | null => {
    try {
      return localStorage.getItem(prefix + key)
    } catch {
      return forgotten.get(key) ?? null
    }
  }
  const write = (key: string, value: string): void => {
    try {
      localStorage.setItem(prefix + key, value)
    } catch {
      forgotten.set(key, value)
    }
  }
  const choice = (): ThemeChoice => {
    const value = read('theme')
    return value === 'light' || value === 'dark' ? value : 'system'
  }
  const kind = (): ThemeKind => {
    if (contrast.matches) return 'high-contrast'
    return choice() === 'dark' || (choice() === 'system' && dark.matches) ? 'dark' : 'light'
  }
  const show = () => {
    const chosen = choice()
    if (chosen === 'system') delete document.documentElement.dataset['nbTheme']
    else document.documentElement.dataset['nbTheme'] = chosen
  }
  show()
  document.documentElement.lang = localeOf(read('locale'))
  return {
    read,
    write,
    theme: {
      get kind() {
        return kind()
      },
      onChange(listener: () => void): Unsubscribe {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    get locale() {
      return localeOf(read('locale'))
    },
    set locale(locale: Locale) {
      write('locale', locale)
      document.documentElement.lang = locale
    },
    get themeChoice() {
      return choice()
    },
    set themeChoice(chosen: ThemeChoice) {
      write('theme', chosen)
      show()
      tell()
    },
  }
}

/** What was chosen, else what the browser wants. */
const localeOf = (chosen: string | null): Locale =>
  (chosen ?? navigator.language).toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
