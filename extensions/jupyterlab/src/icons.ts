import { LabIcon } from '@jupyterlab/ui-components'

/** The mark of NovaBrain: a spark in a chip. It takes its colour from the theme. */
export const markIcon = new LabIcon({
  name: 'novabrain:mark',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M8 2h1.6v3H8zM14.4 2H16v3h-1.6zM8 19h1.6v3H8zM14.4 19H16v3h-1.6zM2 8h3v1.6H2zM2 14.4h3V16H2zM19 8h3v1.6h-3zM19 14.4h3V16h-3z"/>
    <path fill-rule="evenodd" d="M7 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zm0 1.6a.4.4 0 0 0-.4.4v10c0 .22.18.4.4.4h10a.4.4 0 0 0 .4-.4V7a.4.4 0 0 0-.4-.4z"/>
    <path d="M13 7.5 8.6 13H11.6L11 16.5 15.4 11H12.4z"/>
  </g>
</svg>`,
})
