/** Register an element unless its tag is taken: two versions of the library may meet on one page. */
export const defineElement = (tag: string, element: CustomElementConstructor): void => {
  if (customElements.get(tag) === undefined) customElements.define(tag, element)
}
