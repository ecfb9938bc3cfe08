// Elements without HTML: text goes in by textContent alone, whoever wrote it.

/** A new element. `children` are elements, texts, or nothing. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Put new content into an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}

/** Bring an element's children into this order. What is there already and stands right is not touched: it keeps the focus, and a press on it that is under way. */
export function arrange(element, children) {
  const wanted = new Set(children);
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, i) => {
    if (element.children[i] !== child) element.insertBefore(child, element.children[i] ?? null);
  });
}

export const byId = (id) => document.getElementById(id);

/** A `tel:` address made of what a phone can dial, or none. */
export function dialable(phone) {
  const digits = phone.replace(/[^\d+*#,]/g, "");
  return digits.length >= 3 ? `tel:${digits}` : null;
}

/** One cell of a CSV; a text that a spreadsheet would run is kept a text (the same list: geo/files/cells.py). */
export function csvCell(value) {
  const told = String(value ?? "");
  const text = typeof value === "string" && /^'*[=+\-@＝＋－＠\t\r\n]/.test(value) ? `'${told}` : told;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
