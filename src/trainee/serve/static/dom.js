/**
 * Elements made by hand. Nothing here parses HTML: what the API says is untrusted, and only ever becomes text.
 */
const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `on…` properties are listeners; null, undefined and false are left out. */
export function h(tag, props, ...children) {
  return filled(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function s(tag, props, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

function filled(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Say it, unless it is said already: an untouched node stays selected, focused and unannounced. */
export function text(node, words) {
  if (node.textContent !== String(words)) node.textContent = words;
}

/** Set the attribute, or take it away where the value is null or false. */
export function attribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value === true ? "" : value))
    node.setAttribute(name, value === true ? "" : value);
}

/** Show only these children, and touch nothing where they are the ones that stand there. */
export function children(parent, nodes) {
  const wanted = nodes.filter(Boolean);
  if (wanted.length !== parent.childNodes.length || wanted.some((node, i) => node !== parent.childNodes[i])) {
    parent.replaceChildren(...wanted);
  }
}

/**
 * One child for each item, in this order. Children that stay are not moved, so they keep focus.
 *
 * @param key item → string, unique among the items
 * @param make item → element
 * @param update (element, item) → nothing; called for new ones too
 */
export function keyed(parent, items, key, make, update) {
  const wanted = new Map(items.map((item) => [key(item), item]));
  const kept = new Map();
  for (const child of [...parent.children]) {
    if (wanted.has(child.dataset.key)) kept.set(child.dataset.key, child);
    else child.remove();
  }
  let place = parent.firstElementChild;
  for (const [name, item] of wanted) {
    const node = kept.get(name) ?? make(item);
    node.dataset.key = name;
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}

/** What a screen reader should say next, politely. */
export function announce(words) {
  const region = document.getElementById("announcer");
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = words));
}
