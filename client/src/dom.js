// dom.js: makes the few elements that the client itself adds to a page.

export function el(tag, attributes = {}, ...children) {
  const dom = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) dom.addEventListener(name.slice(2), value);
    else dom.setAttribute(name, value);
  }
  dom.append(...children);
  return dom;
}
