import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import {
  errorText,
  gpuRangeFault,
  mostGpusOfRange,
  mostGpusOnNode,
  type DeviceChoice,
  type ErrorText,
  type PriorityClass,
  type Resources,
  type SubmitChoice,
  type SubmitDraft,
  type SubmitProgress,
} from '@novabrain/contracts'
import { formatBytes, formatMib } from '../format/bytes.js'
import { formatDuration } from '../format/duration.js'
import { formatCount } from '../format/number.js'
import { joinArguments, parameterText, parseParameter, splitArguments } from '../format/parameters.js'
import { formatModel, formatResources } from '../format/resources.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit, type NbEvents } from './events.js'
import { icons } from './icons.js'
import { prose } from './prose.js'
import { submitCardStyles } from './submit-card-styles.js'

type Line = 'environment' | 'device' | 'files' | 'parameters' | 'wait'
const priorities: readonly PriorityClass[] = ['low', 'normal', 'high']
const sendingSteps = ['packing', 'uploading', 'submitting'] as const

/**
 * What will run, where, with what, and when: a card to be read, not a form to be filled.
 *
 * The face gives `draft`, piece by piece as it finds out, and `progress`. Run has the focus, so Enter runs; each line
 * opens to be changed (`nb-change`, so that the face can ask for a new preview). After Run the card counts down
 * `undoMs`, during which Escape or Undo takes it back, and then sends `nb-submit` once. That may be while parts of the
 * draft are still inferred; the face waits for them. Escape or Cancel sends `nb-close`.
 */
export class NbSubmitCard extends NbElement {
  static override properties = {
    draft: { attribute: false },
    progress: { attribute: false },
    undoMs: { type: Number },
    opened: { state: true },
    choice: { state: true },
    undoUntilMs: { state: true },
  }
  static override styles = submitCardStyles

  declare draft: SubmitDraft | null
  declare progress: SubmitProgress
  /** How long a submission can be taken back, in milliseconds. */
  declare undoMs: number
  declare private opened: Line | null
  /** What the user changed; what is not in it follows the draft. */
  declare private choice: Partial<SubmitChoice>
  declare private undoUntilMs: number | null
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.draft = null
    this.progress = { kind: 'ready' }
    this.undoMs = 5000
    this.opened = null
    this.choice = {}
    this.undoUntilMs = null
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#takeBack()
  }

  protected override firstUpdated(_changed: PropertyValues): void {
    this.#focusRun()
  }
  /** Enter runs; where nothing can be run yet, Escape still has to reach the card. */
  #focusRun(): void {
    const run = this.renderRoot.querySelector<HTMLElement>('button.primary:not(:disabled)')
    const card = this.renderRoot.querySelector<HTMLElement>('.card')
    ;(run ?? card)?.focus()
  }

  /** The draft with the user's changes. */
  get #choice(): SubmitChoice | null {
    const { draft } = this
    if (draft === null) return null
    const { task } = draft
    return {
      name: draft.name,
      resources: draft.resources,
      priorityClass: draft.priorityClass,
      parameters: task.kind === 'notebook' ? task.parameters : {},
      arguments: task.kind === 'script' ? task.arguments : [],
      leaveOut: [],
      takeAlong: [],
      ...this.choice,
    }
  }
  #change(change: Partial<SubmitChoice>): void {
    this.choice = { ...this.choice, ...change }
    const choice = this.#choice
    if (choice !== null && this.#rangeFault(choice) === null) emit(this, 'nb-change', choice)
  }
  #changeResources(change: Partial<Resources>): void {
    const choice = this.#choice
    if (choice !== null) this.#change({ resources: { ...choice.resources, ...change } })
  }

  #run(): void {
    if (this.#blocked() || this.undoUntilMs !== null) return
    if (this.undoMs <= 0) return this.#submit()
    this.undoUntilMs = performance.now() + this.undoMs
    this.#timer = setInterval(() => this.#count(), 100)
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.card')?.focus())
  }
  #count(): void {
    if (this.undoUntilMs !== null && performance.now() >= this.undoUntilMs) this.#submit()
    else this.requestUpdate()
  }
  #submit(): void {
    this.#takeBack()
    const choice = this.#choice
    if (choice !== null) emit(this, 'nb-submit', choice)
  }
  #takeBack(): void {
    clearInterval(this.#timer)
    this.undoUntilMs = null
  }
  async #undo(): Promise<void> {
    this.#takeBack()
    await this.updateComplete
    this.#focusRun()
  }

  /** Why the chosen range of GPUs is none, in the reader's words. */
  #rangeFault({ resources }: SubmitChoice): ErrorText | null {
    const fault = gpuRangeFault(resources, this.draft?.task.kind ?? null)
    if (fault === null) return null
    const data = { least: resources.gpuCount, most: resources.maxGpuCount }
    return errorText(fault, data, this.host?.locale() ?? 'en')
  }
  /** A clash of packages, a file that cannot be read or a range that is none is settled first. */
  #blocked(): boolean {
    const { draft } = this
    const choice = this.#choice
    if (draft === null || choice === null || this.#rangeFault(choice) !== null) return true
    const { environment, files } = draft
    return environment.state === 'conflict' || environment.state === 'failed' || files.state === 'failed'
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    if (this.undoUntilMs !== null) void this.#undo()
    else emit(this, 'nb-close', null)
  }

  override render() {
    const { draft, t } = this
    const choice = this.#choice
    const cpu = choice?.resources.gpuCount === 0
    return html`<div
      class="card"
      role="dialog"
      tabindex="-1"
      aria-label=${cpu ? t.card.titleCpu : t.card.title}
      @keydown=${(event: KeyboardEvent) => this.#key(event)}
    >
      <header>
        <h2>${cpu ? t.card.titleCpu : t.card.title}</h2>
        <span class="name ellipsis muted" title=${draft?.name ?? ''}>${draft?.name ?? ''}</span>
        <button class="quiet" aria-label=${t.action.close} @click=${() => emit(this, 'nb-close', null)}>
          ${icons.close}
        </button>
      </header>
      <div class="lines">
        ${this.#environmentLine()} ${this.#deviceLine(choice)} ${this.#filesLine(choice)}
        ${this.#parametersLine(choice)} ${this.#waitLine(choice)}
      </div>
      ${this.#bottom()}
    </div>`
  }

  #line(line: Line, label: string, summary: unknown, body: TemplateResult | typeof nothing) {
    const open = this.opened === line
    const idle = this.progress.kind === 'ready' && this.undoUntilMs === null
    const toggle = () => (this.opened = open ? null : line)
    const fixed = body === nothing || !idle
    const inside = html`<span class="muted">${label}</span><span>${summary}</span>`
    return html`<div class="line">
      ${
        fixed
          ? html`<div class="head">${inside}</div>`
          : html`<button class="head" aria-expanded=${open} @click=${toggle}>
              ${inside}${open ? icons.up : icons.down}
            </button>`
      }
      ${open && !fixed ? html`<div class="body">${body}</div>` : nothing}
    </div>`
  }
  #ghost(width: number) {
    return html`<nb-ghost .width=${width}></nb-ghost><span class="hidden-text">${this.t.card.inferring}</span>`
  }
  #sub(text: string, tone = '') {
    return html`<span class="sub ${tone}">${prose(text)}</span>`
  }

  #environmentLine() {
    const { t } = this
    const environment = this.draft?.environment ?? { state: 'inferring' }
    const line = (summary: unknown, body: TemplateResult | typeof nothing = nothing) =>
      this.#line('environment', t.card.environmentLine, summary, body)
    switch (environment.state) {
      case 'inferring':
        return line(this.#ghost(24))
      case 'none':
        return line(t.card.noPin)
      case 'failed':
        return line(
          html`<span class="bad">${environment.error.message}</span>${this.#sub(environment.error.remedy ?? '')}`,
        )
      case 'conflict':
        return this.#conflictLine(environment.conflicts)
      case 'pinned': {
        const { packageCount, pythonVersion, unavailable, changes = 0 } = environment
        const packages = counted(t.environment.packages, packageCount)
        const summary = html`${fill(t.card.pinned, { packages })} · ${fill(t.card.python, { version: pythonVersion })}
        ${changes > 0 ? this.#sub(counted(t.card.changes, changes)) : nothing}
        ${unavailable.length > 0 ? this.#sub(counted(t.environment.unavailableCount, unavailable.length), 'warn') : nothing}`
        const rows = unavailable.map(
          ({ name, version, reason }) =>
            html`<div>
              <dt class="mono">${name} ${version}</dt>
              <dd class="muted">${t.unavailable[reason]}</dd>
            </div>`,
        )
        return line(summary, rows.length === 0 ? nothing : html`<dl>${rows}</dl>`)
      }
    }
  }
  #conflictLine(conflicts: Extract<SubmitDraft['environment'], { state: 'conflict' }>['conflicts']) {
    const { card } = this.t
    const told = conflicts.map(
      ({ package: name, installed, left, right, suggestion }) =>
        html`<div class="conflict">
          <p class="bad">${fill(card.conflict, { left: left.requirement, right: right.requirement })}</p>
          <p class="sub">${fill(card.conflictBy, { package: left.requiredBy, requirement: left.requirement })}</p>
          <p class="sub">${fill(card.conflictBy, { package: right.requiredBy, requirement: right.requirement })}</p>
          ${installed === null ? nothing : html`<p class="sub">${fill(card.conflictInstalled, { package: name, version: installed })}</p>`}
          ${suggestion === null ? nothing : this.#suggestion(suggestion)}
        </div>`,
    )
    return html`<div class="line">
      <div class="head"><span class="muted">${card.environmentLine}</span><span>${told}</span></div>
    </div>`
  }
  #suggestion(change: string) {
    const { t } = this
    const copy = () => void this.host?.copyText(`pip install "${change}"`)
    return html`<p>
      ${fill(t.card.conflictFix, { suggestion: change })}
      <button class="link" @click=${copy}>${t.action.copy}</button>
    </p>`
  }

  #deviceLine(choice: SubmitChoice | null) {
    const { t } = this
    if (choice === null) return this.#line('device', t.card.deviceLine, this.#ghost(14), nothing)
    const { resources } = choice
    const device = this.#previewed()?.device
    const asked = resources.gpuModel ?? device?.model ?? null
    const model = asked === null ? null : formatModel(asked, t.device)
    const memory = device?.memoryMib ?? 0
    const simulated = device?.simulated ?? false
    const words = formatResources({ ...resources, gpuModel: model }, t.device)
    const summary = html`${words}
    ${memory > 0 && resources.gpuCount > 0 ? html`<span class="muted">· ${formatMib(memory)}</span>` : nothing}
    ${simulated ? html`<span class="tag" title=${t.device.simulatedHint}>${t.device.simulated}</span>` : nothing}`
    return this.#line('device', t.card.deviceLine, summary, this.#deviceFields(choice))
  }
  #previewed() {
    const preview = this.draft?.preview
    return preview?.state === 'ready' ? preview.preview : null
  }
  #deviceFields(choice: SubmitChoice) {
    const { card, priority } = this.t
    const { resources } = choice
    const onGpu = resources.gpuCount > 0
    return html`<div class="fields">
      <label for="model">${card.deviceModel}</label>
      <select
        id="model"
        @change=${(event: Event) => this.#chooseDevice((event.currentTarget as HTMLSelectElement).value)}
      >
        <option value="cpu" ?selected=${!onGpu}>${this.t.device.cpu}</option>
        <option value="any" ?selected=${onGpu && (resources.gpuModel ?? null) === null}>${card.anyGpu}</option>
        ${this.#gpuChoices().map((device) => this.#deviceOption(device, resources))}
      </select>
      ${onGpu ? this.#countFields(choice) : nothing}
      <label for="cpu">${card.cpu}</label>
      <input
        id="cpu"
        type="number"
        min="0.5"
        step="0.5"
        .value=${String(resources.cpuMilli / 1000)}
        @change=${(event: Event) => this.#changeResources({ cpuMilli: Math.round(number(event, 0.1) * 1000) })}
      />
      <label for="memory">${card.memory}</label>
      <span class="unit"
        ><input
          id="memory"
          type="number"
          min="0.5"
          step="0.5"
          .value=${String(Math.round(resources.memoryMib / 102.4) / 10)}
          @change=${(event: Event) => this.#changeResources({ memoryMib: Math.round(number(event, 0.1) * 1024) })}
        />
        GiB</span
      >
      <label for="priority">${card.priority}</label>
      <select
        id="priority"
        @change=${(event: Event) =>
          this.#change({ priorityClass: (event.currentTarget as HTMLSelectElement).value as PriorityClass })}
      >
        ${priorities.map(
          (each) => html`<option value=${each} ?selected=${choice.priorityClass === each}>${priority[each]}</option>`,
        )}
      </select>
    </div>`
  }
  /** A number, or a range where there is a node with several to choose from. */
  #countFields(choice: SubmitChoice) {
    const { card } = this.t
    const { gpuCount, gpuMilli, gpuModel, maxGpuCount } = choice.resources
    const onNode = mostGpusOnNode(this.#gpuChoices(), gpuModel ?? null)
    const ranges = gpuMilli === 1000 && ((onNode ?? 2) > 1 || typeof maxGpuCount === 'number')
    const setLeast = (event: Event) => this.#changeRange(Math.round(number(event, 1)), maxGpuCount ?? null)
    const setMost = (event: Event) => {
      const most = Math.round(Number((event.currentTarget as HTMLInputElement).value))
      this.#changeRange(gpuCount, most > 0 ? most : null)
    }
    return html`<label for="count">${card.gpuCount}</label>
      <span class="unit"
        ><input id="count" type="number" min="1" .value=${String(gpuCount)} @change=${setLeast} /> ${
          ranges
            ? html`<label for="most" aria-hidden="true">${card.gpuTo}</label>
                <input
                  id="most"
                  type="number"
                  min="1"
                  max=${mostGpusOfRange}
                  placeholder=${String(gpuCount)}
                  aria-label=${card.gpuMost}
                  title=${card.gpuMostHint}
                  .value=${typeof maxGpuCount === 'number' ? String(maxGpuCount) : ''}
                  @change=${setMost}
                />`
            : nothing
        }</span
      >
      ${typeof maxGpuCount === 'number' ? this.#rangeWords(choice, onNode) : nothing}`
  }
  /** What is wrong with a range, or what it promises. */
  #rangeWords(choice: SubmitChoice, onNode: number | null) {
    const { card } = this.t
    const { gpuCount: least, maxGpuCount: most } = choice.resources
    const fault = this.#rangeFault(choice)
    if (fault !== null)
      return html`<p class="told bad" role="alert">${prose(fault.message)}<br />${prose(fault.cause)}</p>`
    const tooMany = onNode !== null && (most ?? 0) > onNode
    return html`<p class="told muted">
      ${prose(fill(card.gpuRange, { least }))}
      ${tooMany ? html`<span class="warn">${fill(card.gpuRangeNode, { n: onNode })}</span>` : nothing}
    </p>`
  }
  #changeRange(gpuCount: number, most: number | null): void {
    this.#changeResources({ gpuCount, maxGpuCount: most === gpuCount ? null : most, gpuMilli: 1000 })
  }
  #gpuChoices(): readonly DeviceChoice[] {
    return this.draft?.deviceChoices.filter(({ model }) => model !== null) ?? []
  }
  #deviceOption(device: DeviceChoice, resources: Resources) {
    const { card, device: words } = this.t
    const { model, memoryMib, total, free, simulated } = device
    const text = [
      model === null ? words.cpu : formatModel(model, words),
      formatMib(memoryMib),
      fill(card.freeOf, { free, total }),
      ...(simulated ? [words.simulated] : []),
    ].join(' · ')
    const chosen = resources.gpuCount > 0 && resources.gpuModel === model
    return html`<option value=${`model:${model ?? ''}`} ?selected=${chosen}>${text}</option>`
  }
  #chooseDevice(value: string): void {
    if (value === 'cpu') return this.#changeResources({ gpuCount: 0, gpuModel: null, maxGpuCount: null })
    const count = Math.max(1, this.#choice?.resources.gpuCount ?? 1)
    this.#changeResources({ gpuCount: count, gpuModel: value === 'any' ? null : value.slice('model:'.length) })
  }

  #filesLine(choice: SubmitChoice | null) {
    const { t } = this
    const files = this.draft?.files ?? { state: 'inferring' }
    const line = (summary: unknown, body: TemplateResult | typeof nothing = nothing) =>
      this.#line('files', t.card.filesLine, summary, body)
    if (files.state === 'inferring') return line(this.#ghost(18))
    if (files.state === 'failed') return line(html`<span class="bad">${files.error.message}</span>`)
    const leaveOut = choice?.leaveOut ?? []
    const takeAlong = choice?.takeAlong ?? []
    const going = [
      ...files.included.filter((file) => !leaveOut.includes(file.path)),
      ...files.excluded.filter((file) => takeAlong.includes(file.path)),
    ]
    const size = formatBytes(going.reduce((sum, file) => sum + file.sizeBytes, 0))
    const staying = files.included.length + files.excluded.length - going.length
    const summary = html`${counted(t.card.filesSummary, going.length, { n: formatCount(going.length), size })}
    ${staying > 0 ? html`<span class="muted">· ${counted(t.card.leftOut, staying)}</span>` : nothing}
    ${files.unsaved ? this.#sub(t.card.unsaved) : nothing} ${this.#git(files.git)}`
    return line(
      summary,
      html`<nb-file-list
        .host=${this.host}
        .included=${files.included}
        .excluded=${files.excluded}
        .leaveOut=${leaveOut}
        .takeAlong=${takeAlong}
        selectable
        @nb-toggle=${(event: CustomEvent<NbEvents['nb-toggle']>) => this.#toggleFile(event.detail)}
      ></nb-file-list>`,
    )
  }
  #git(git: { branch: string | null; commit: string | null; dirty: boolean } | null) {
    if (git === null || git.commit === null) return nothing
    const { code } = this.t
    const where = [git.branch, git.commit.slice(0, 7)].filter((part) => part !== null).join(' ')
    return this.#sub(git.dirty ? fill(code.at, { where, state: code.dirty }) : where)
  }
  #toggleFile({ path, included }: NbEvents['nb-toggle']): void {
    const choice = this.#choice
    const files = this.draft?.files
    if (choice === null || files?.state !== 'ready') return
    const inferred = files.included.some((file) => file.path === path)
    const key = inferred ? 'leaveOut' : 'takeAlong'
    const others = choice[key].filter((other) => other !== path)
    this.#change({ [key]: included === inferred ? others : [...others, path] })
  }

  #parametersLine(choice: SubmitChoice | null) {
    const { card } = this.t
    if (choice === null || this.draft === null) return nothing
    if (this.draft.task.kind === 'script') {
      const line = joinArguments(choice.arguments)
      const edit = (event: Event) =>
        this.#change({ arguments: splitArguments((event.currentTarget as HTMLInputElement).value) })
      const field = html`<input class="mono" aria-label=${card.arguments} .value=${line} @change=${edit} />`
      const summary = line === '' ? html`<span class="muted">–</span>` : html`<span class="mono">${line}</span>`
      return this.#line('parameters', card.arguments, summary, field)
    }
    const entries = Object.entries(choice.parameters)
    if (entries.length === 0) return nothing
    const summary = entries.map(([name, value]) => `${name} = ${parameterText(value)}`).join(', ')
    return this.#line(
      'parameters',
      card.parametersLine,
      html`<span class="mono">${summary}</span>`,
      html`<div class="fields">${entries.map(([name, value]) => this.#parameter(choice, name, value))}</div>`,
    )
  }
  #parameter(choice: SubmitChoice, name: string, value: unknown) {
    const edit = (event: Event) => {
      const typed = parseParameter((event.currentTarget as HTMLInputElement).value)
      this.#change({ parameters: { ...choice.parameters, [name]: typed } })
    }
    const id = `parameter-${name}`
    return html`<label class="mono ellipsis" for=${id} title=${name}>${name}</label>
      <input class="mono" id=${id} .value=${parameterText(value)} @change=${edit} />`
  }

  #waitLine(choice: SubmitChoice | null) {
    const { card, duration } = this.t
    const preview = this.draft?.preview ?? { state: 'inferring' }
    const line = (summary: unknown) => this.#line('wait', card.waitLine, summary, nothing)
    if (choice !== null && this.#rangeFault(choice) !== null) return line(html`<span class="muted">–</span>`)
    if (preview.state === 'inferring') return line(this.#ghost(20))
    if (preview.state === 'failed') {
      const { message, remedy } = preview.error
      return line(html`<span class="bad">${message}</span>${remedy === null ? nothing : this.#sub(remedy)}`)
    }
    const { startsNow, expectedWaitMs, message } = preview.preview
    if (startsNow) return line(message)
    const wait =
      expectedWaitMs === null
        ? card.startsUnknown
        : fill(card.startsIn, { duration: formatDuration(expectedWaitMs, duration) })
    return line(html`${wait}${this.#sub(message)}`)
  }

  #bottom() {
    const { progress, t } = this
    if (this.undoUntilMs !== null) return this.#countdown(this.undoUntilMs - performance.now())
    switch (progress.kind) {
      case 'ready':
        return html`<footer>
          <span class="text muted">${t.card.keys}</span>
          <button @click=${() => emit(this, 'nb-close', null)}>${t.card.cancel}</button>
          <button class="primary" ?disabled=${this.#blocked()} @click=${() => this.#run()}>${t.card.run}</button>
        </footer>`
      case 'sending':
        return html`<footer role="status">${this.#steps(progress)}</footer>`
      case 'failed':
        return html`<nb-error-card
          .host=${this.host}
          .error=${progress.error}
          action=${t.action.retry}
          @nb-activate=${(event: Event) => {
            event.stopPropagation()
            this.#submit()
          }}
        ></nb-error-card>`
      case 'offline':
        return html`<footer role="status">
          <span class="text"><strong>${t.card.offline}</strong>${this.#sub(t.card.offlineText)}</span>
        </footer>`
      case 'sent':
        return html`<footer role="status">
          <span class="text">${fill(t.card.sent, { number: progress.jobNumber })}</span>
          <button class="primary" @click=${() => this.host?.openRun(progress.runId)}>${t.card.openRun}</button>
        </footer>`
    }
  }
  #countdown(leftMs: number) {
    const { card } = this.t
    const seconds = Math.max(1, Math.ceil(leftMs / 1000))
    const part = Math.max(0, Math.min(1, leftMs / this.undoMs))
    return html`<div class="count" .style=${`transform:scaleX(${part})`}></div>
      <footer>
        <span class="text number" role="timer" aria-live="off">${fill(card.undoIn, { seconds })}</span>
        <button @click=${() => void this.#undo()}>${card.undo}</button>
      </footer>`
  }
  #steps(progress: Extract<SubmitProgress, { kind: 'sending' }>) {
    const { stage, card } = this.t
    const amount =
      progress.done === undefined || progress.total === undefined
        ? ''
        : ` ${fill(card.of, { done: progress.done, total: progress.total })}`
    return html`<ol class="steps">
      ${sendingSteps.map((step) =>
        step === progress.step
          ? html`<li class="now" aria-current="step">${stage[step]}${amount}</li>`
          : html`<li>${stage[step]}</li>`,
      )}
    </ol>`
  }
}

/** What is in a number field, at least so much. */
const number = (event: Event, least: number): number =>
  Math.max(least, Number((event.currentTarget as HTMLInputElement).value) || least)

/** Register the element. */
export const defineSubmitCard = (): void => defineElement('nb-submit-card', NbSubmitCard)

declare global {
  interface HTMLElementTagNameMap {
    'nb-submit-card': NbSubmitCard
  }
}
