/** The page of who is signed out, or whose server is away: what is so, and one button. */
export const absentPage = (
  { heading, text, button }: { readonly heading: string; readonly text: string; readonly button: string },
  act: () => void,
): HTMLElement => {
  const page = document.createElement('main')
  page.className = 'nb-absent'
  const [title, words, press] = [
    document.createElement('h1'),
    document.createElement('p'),
    document.createElement('button'),
  ]
  title.textContent = heading
  words.textContent = text
  press.textContent = button
  press.addEventListener('click', act)
  page.append(title, words, press)
  return page
}
