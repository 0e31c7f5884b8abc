import { html, LitElement, nothing, type TemplateResult } from 'lit'
import { createJobFeed, type Client, type JobFeed, type Locale, type Me, type Stream } from '@novabrain/contracts'
import { cardErrorOf, fill, stringsOf, type Host, type NbEvents, type Strings } from '@novabrain/ui'
import { appStyles } from './app-styles.js'
import './authorize-page.js'
import { webClient, webStream } from './connection.js'
import './device-page.js'
import { createPreferences, type ThemeChoice } from './preferences.js'
import { hashOf, pageOf, type Page } from './router.js'
import './sign-in.js'
import { webHost } from './web-host.js'

type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'signed_in'; readonly me: Me }

interface Notice {
  readonly id: number
  readonly text: string
  readonly kind: Parameters<Host['notify']>[1]
}

const noticeMs = 6000

/** Under which link of the navigation a page is found, where it has none of its own. */
const sections: Partial<Record<Page['name'], Page['name']>> = {
  run: 'runs',
  job: 'jobs',
  trace: 'traces',
  model: 'models',
  version: 'models',
}

/**
 * The frame around the pages. The session is `loading` until the server answered who we are, then `signed_out`,
 * `failed` or `signed_in`; each is a page of its own. Within a session one project is open, with one stream and one
 * feed of its jobs that every page shares.
 */
export class WebApp extends LitElement {
  static override properties = {
    session: { state: true },
    page: { state: true },
    host: { state: true },
    notices: { state: true },
  }
  static override styles = appStyles

  declare private session: SessionState
  declare private page: Page
  declare private host: Host | null
  declare private notices: readonly Notice[]
  readonly #preferences = createPreferences()
  readonly #client: Client
  #stream: Stream | null = null
  #feed: JobFeed | null = null
  #stopListening: () => void = () => undefined
  #lastNotice = 0

  constructor() {
    super()
    this.session = { kind: 'loading' }
    this.page = pageOf(location.hash)
    this.host = null
    this.notices = []
    this.#client = webClient(this.#preferences, () => this.#signedOut())
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', this.#navigate)
    void this.#whoAmI()
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('hashchange', this.#navigate)
    this.#leaveProject()
  }

  get #t(): Strings {
    return stringsOf(this.#preferences.locale)
  }

  readonly #navigate = (): void => {
    this.page = pageOf(location.hash)
    void this.#findProject()
  }

  async #whoAmI(): Promise<void> {
    try {
      const me = await this.#client.getMe()
      this.session = { kind: 'signed_in', me }
      const remembered = me.projects.find(({ project }) => project.id === this.#preferences.read('project'))
      const first = remembered ?? me.projects[0]
      if (first !== undefined) this.#enterProject(first.project.id)
      await this.#findProject()
    } catch (error) {
      if (this.session.kind !== 'signed_out') this.session = { kind: 'failed', error }
    }
  }
  #signedOut(): void {
    this.#leaveProject()
    this.session = { kind: 'signed_out' }
  }
  async #signOut(): Promise<void> {
    try {
      await this.#client.signOut()
      this.#signedOut()
    } catch (error) {
      this.#notify(cardErrorOf(error, this.#preferences.locale).message, 'error')
    }
  }

  #enterProject(projectId: string): void {
    this.#leaveProject()
    const stream = webStream(projectId)
    this.#stream = stream
    this.#feed = createJobFeed({ client: this.#client, projectId, events: stream })
    this.#preferences.write('project', projectId)
    this.#stopListening = stream.onConnection(({ refusedCode }) => {
      this.requestUpdate()
      if (refusedCode !== null) void this.#client.getMe().catch(() => undefined)
    })
    this.#makeHost(projectId)
  }
  #makeHost(projectId: string): void {
    const { session } = this
    if (session.kind !== 'signed_in' || this.#stream === null) return
    this.host = webHost({
      client: this.#client,
      stream: this.#stream,
      projectId,
      role: session.me.projects.find(({ project }) => project.id === projectId)?.role ?? 'viewer',
      preferences: this.#preferences,
      notify: (text, kind) => this.#notify(text, kind),
    })
  }
  #leaveProject(): void {
    this.#stopListening()
    this.#feed?.dispose()
    this.#stream?.close()
    this.#feed = null
    this.#stream = null
    this.host = null
  }

  /** The address of a run or a model names no project: when it is not in the open one, the others are asked. */
  async #findProject(): Promise<void> {
    const { page, session, host } = this
    const ask = this.#asking(page)
    if (ask === null || session.kind !== 'signed_in' || host === null) return
    const others = session.me.projects.map(({ project }) => project.id).filter((id) => id !== host.projectId)
    for (const projectId of [host.projectId, ...others]) {
      const found = await ask(projectId)
        .then(() => true)
        .catch(() => false)
      if (!found || this.page !== page) continue
      if (projectId !== host.projectId) this.#enterProject(projectId)
      return
    }
  }

  #asking(page: Page): ((projectId: string) => Promise<unknown>) | null {
    const client = this.#client
    switch (page.name) {
      case 'run':
        return (projectId) => client.getRun({ params: { projectId, runId: page.runId } })
      case 'trace':
        return (projectId) => client.getTrace({ params: { projectId, traceId: page.traceId } })
      case 'model':
      case 'version':
        return (projectId) => client.getModel({ params: { projectId, modelName: page.modelName } })
      default:
        return null
    }
  }

  #notify(text: string, kind: Notice['kind']): void {
    const id = ++this.#lastNotice
    this.notices = [...this.notices.slice(-2), { id, text, kind }]
    setTimeout(() => (this.notices = this.notices.filter((notice) => notice.id !== id)), noticeMs)
  }

  override render() {
    const { session } = this
    return html`${session.kind === 'signed_in' ? this.#frame(session.me) : this.#outside(session)}
      <div class="notices" role="status" aria-live="polite">
        ${this.notices.map(({ text, kind }) => html`<div class="notice ${kind}">${text}</div>`)}
      </div>`
  }

  #outside(session: Exclude<SessionState, { kind: 'signed_in' }>) {
    const t = this.#t
    const { locale } = this.#preferences
    const languages = html`<header>
      ${this.#brand()}
      <span class="end">${this.#languageSelect()}</span>
    </header>`
    switch (session.kind) {
      case 'loading':
        return html`${languages}
          <main><p class="inset muted" role="status">${t.loading}</p></main>`
      case 'failed':
        return html`${languages}
          <main>
            <nb-error-card
              class="inset"
              .error=${cardErrorOf(session.error, locale)}
              action=${t.action.retry}
              @nb-activate=${() => void this.#whoAmI()}
            ></nb-error-card>
          </main>`
      case 'signed_out':
        return html`${languages}
          <main>
            <nb-sign-in .client=${this.#client} .locale=${locale} @signed-in=${() => void this.#whoAmI()}></nb-sign-in>
          </main>`
    }
  }

  #brand() {
    return html`<a class="brand" href="#/runs" aria-label="NovaBrain"
      ><img src="web/icon.svg" alt="" /><span>NovaBrain</span></a
    >`
  }

  #frame(me: Me) {
    const { web, connection } = this.#t
    const state = this.#stream?.connection.state ?? 'connecting'
    const words = { online: connection.online, connecting: connection.connecting, offline: web.offline }
    const links: readonly [Page, string][] = [
      [{ name: 'runs' }, web.runs],
      [{ name: 'experiments', experimentIds: [], query: '' }, web.experiments],
      [{ name: 'jobs' }, web.jobs],
      [{ name: 'traces', experimentId: null }, web.traces],
      [{ name: 'models' }, web.models],
      [{ name: 'queue', tab: 'waiting' }, web.queue],
      [{ name: 'nodes' }, web.nodes],
    ]
    const fixed = ['run', 'job', 'runs', 'experiments', 'trace'].includes(this.page.name)
    return html`<a class="skip" href="#content" @click=${(event: Event) => this.#skip(event)}>${web.skip}</a>
      <header>
        ${this.#brand()}
        <nav aria-label="NovaBrain">${links.map(([page, text]) => this.#link(page, text))}</nav>
        <span class="end">
          <span class="live ${state}" role="status">${words[state]}</span>
          ${me.projects.length > 1 ? this.#projectSelect(me) : nothing} ${this.#menu(me)}
        </span>
      </header>
      <main id="content" tabindex="-1" class=${fixed ? 'fixed' : ''}>${this.#content(me)}</main>`
  }
  #skip(event: Event): void {
    event.preventDefault()
    this.renderRoot.querySelector<HTMLElement>('main')?.focus()
  }
  #link(page: Page, text: string) {
    const { name } = this.page
    const current = (sections[name] ?? name) === page.name
    return html`<a href=${hashOf(page)} aria-current=${current ? 'page' : nothing}>${text}</a>`
  }
  #projectSelect(me: Me) {
    const { web } = this.#t
    const choose = (event: Event) => {
      this.#enterProject((event.currentTarget as HTMLSelectElement).value)
      if (this.page.name === 'run' || this.page.name === 'job') location.hash = '#/runs'
      if (this.page.name === 'trace' || this.page.name === 'traces') location.hash = '#/traces'
      if (this.page.name === 'experiments') location.hash = '#/experiments'
      if (this.page.name === 'model' || this.page.name === 'version') location.hash = '#/models'
    }
    return html`<select aria-label=${web.project} @change=${choose}>
      ${me.projects.map(
        ({ project }) =>
          html`<option value=${project.id} ?selected=${project.id === this.host?.projectId}>${project.name}</option>`,
      )}
    </select>`
  }
  #menu(me: Me) {
    const { web } = this.#t
    return html`<details @keydown=${(event: KeyboardEvent) => this.#menuKey(event)}>
      <summary>${me.member.name}</summary>
      <div class="menu">
        <span class="whole">${fill(web.signedInAs, { name: me.member.name })}</span>
        <label for="language">${web.language}</label>${this.#languageSelect()}
        <label for="theme">${web.theme}</label>${this.#themeSelect()}
        <button class="whole" @click=${() => void this.#signOut()}>${web.signOut}</button>
        <span class="whole muted">${fill(web.serverVersion, { version: me.serverVersion })}</span>
      </div>
    </details>`
  }
  #menuKey(event: KeyboardEvent): void {
    const menu = event.currentTarget as HTMLDetailsElement
    if (event.key !== 'Escape') return
    menu.open = false
    menu.querySelector('summary')?.focus()
  }
  #languageSelect() {
    const choose = (event: Event) => {
      this.#preferences.locale = (event.currentTarget as HTMLSelectElement).value as Locale
      if (this.host !== null) this.#makeHost(this.host.projectId)
      this.requestUpdate()
    }
    const { locale } = this.#preferences
    return html`<select id="language" aria-label=${this.#t.web.language} @change=${choose}>
      <option value="en" lang="en" ?selected=${locale === 'en'}>English</option>
      <option value="zh-CN" lang="zh-CN" ?selected=${locale === 'zh-CN'}>简体中文</option>
    </select>`
  }
  #themeSelect() {
    const { web } = this.#t
    const { themeChoice } = this.#preferences
    const names: readonly [ThemeChoice, string][] = [
      ['system', web.themeSystem],
      ['light', web.themeLight],
      ['dark', web.themeDark],
    ]
    const choose = (event: Event) => {
      this.#preferences.themeChoice = (event.currentTarget as HTMLSelectElement).value as ThemeChoice
      this.requestUpdate()
    }
    return html`<select id="theme" @change=${choose}>
      ${names.map(([value, text]) => html`<option value=${value} ?selected=${value === themeChoice}>${text}</option>`)}
    </select>`
  }

  #content(me: Me): TemplateResult {
    const { host, page } = this
    const { web } = this.#t
    const letIn = this.#letIn(me)
    if (letIn !== null) return letIn
    if (host === null) {
      const text = fill(web.noProjectText, { tenant: me.tenant.name })
      return html`<nb-empty-state heading=${web.noProject} text=${text}></nb-empty-state>`
    }
    switch (page.name) {
      case 'runs':
        return html`<nb-run-list .host=${host} .feed=${this.#feed}></nb-run-list>`
      case 'experiments':
        return this.#experiments(host, page)
      case 'run':
      case 'job':
        return html`<nb-run-page
          .host=${host}
          .runId=${page.name === 'run' ? page.runId : ''}
          .jobId=${page.name === 'job' ? page.jobId : ''}
          .tab=${page.tab}
          @nb-tab=${(event: CustomEvent<NbEvents['nb-tab']>) => this.#tab(event.detail.tab)}
        ></nb-run-page>`
      case 'jobs':
        return html`<nb-job-table .host=${host} .feed=${this.#feed}></nb-job-table>`
      case 'traces':
        return this.#traces(host, page.experimentId)
      case 'trace':
        return html`<nb-trace-page .host=${host} .traceId=${page.traceId}></nb-trace-page>`
      case 'models':
        return html`<nb-model-list .host=${host}></nb-model-list>`
      case 'model':
        return html`<nb-model-page .host=${host} .name=${page.modelName}></nb-model-page>`
      case 'version':
        return html`<nb-version-page .host=${host} .name=${page.modelName} .version=${page.version}></nb-version-page>`
      case 'queue':
        return html`<nb-queue-page
          without-devices
          .host=${host}
          .tab=${page.tab}
          @nb-queue-tab=${(event: CustomEvent<NbEvents['nb-queue-tab']>) => this.#goTo({ ...page, ...event.detail })}
        ></nb-queue-page>`
      case 'nodes':
        return html`<nb-node-grid .host=${host}></nb-node-grid>`
      case 'authorize':
      case 'device':
      case 'unknown':
        return html`<nb-empty-state
          .host=${host}
          heading=${web.pageNotFound}
          text=${web.pageNotFoundText}
          action=${web.toRuns}
          @nb-activate=${() => (location.hash = '#/runs')}
        ></nb-empty-state>`
    }
  }
  /** The pages that let a program in are about the person, and need no project. */
  #letIn(me: Me): TemplateResult | null {
    const { page } = this
    const { locale } = this.#preferences
    if (page.name === 'authorize')
      return html`<nb-authorize-page
        .client=${this.#client}
        .me=${me}
        .locale=${locale}
        .request=${page.request}
      ></nb-authorize-page>`
    if (page.name === 'device')
      return html`<nb-device-page
        .client=${this.#client}
        .me=${me}
        .locale=${locale}
        .userCode=${page.userCode}
      ></nb-device-page>`
    return null
  }
  #experiments(host: Host, page: Extract<Page, { name: 'experiments' }>) {
    const go = (next: Page) => (location.hash = hashOf(next))
    const experimentId = page.experimentIds.length === 1 ? (page.experimentIds[0] ?? null) : null
    return html`<nb-run-table
      .host=${host}
      .experimentIds=${this.#same(page.experimentIds)}
      .query=${page.query}
      @nb-query=${({ detail }: CustomEvent<NbEvents['nb-query']>) => this.#query(page, detail)}
      @nb-experiments=${({ detail }: CustomEvent<NbEvents['nb-experiments']>) =>
        go({ ...page, experimentIds: detail.experimentIds })}
      >${
        experimentId === null
          ? nothing
          : html`<a slot="links" href=${hashOf({ name: 'traces', experimentId })}>${this.#t.web.itsTraces}</a>`
      }</nb-run-table
    >`
  }
  /** The same experiments stay the same object: another one is another table. */
  #experimentIds: readonly string[] = []
  #same(ids: readonly string[]): readonly string[] {
    if (ids.join() !== this.#experimentIds.join()) this.#experimentIds = ids
    return this.#experimentIds
  }
  /** All that a table shows is in its address; only steps that one would go back over fill the history. */
  #query(page: Extract<Page, { name: 'experiments' }>, { query, replace }: NbEvents['nb-query']): void {
    this.page = { ...page, query }
    history[replace ? 'replaceState' : 'pushState'](null, '', hashOf(this.page))
  }
  #traces(host: Host, experimentId: string | null) {
    const { web } = this.#t
    const crumb = html`<div class="crumb">
      <strong>${fill(web.experiment, { id: experimentId ?? '' })}</strong>
      <a href=${hashOf({ name: 'experiments', experimentIds: experimentId === null ? [] : [experimentId], query: '' })}
        >${web.itsRuns}</a
      >
      <a href="#/traces">${web.allTraces}</a>
    </div>`
    return html`${experimentId === null ? nothing : crumb}
      <nb-trace-list
        .host=${host}
        .experimentId=${experimentId}
        @nb-trace=${(event: CustomEvent<NbEvents['nb-trace']>) => host.openTrace?.(event.detail.traceId)}
      ></nb-trace-list>`
  }
  /** A tab is a part of the address, but going through tabs fills no history. */
  #tab(tab: NbEvents['nb-tab']['tab']): void {
    const { page } = this
    if (page.name === 'run' || page.name === 'job') this.#goTo({ ...page, tab })
  }
  #goTo(page: Page): void {
    this.page = page
    history.replaceState(null, '', hashOf(page))
  }
}
customElements.define('nb-web-app', WebApp)
