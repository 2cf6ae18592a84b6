/**
 * A small keyed re-render: a view is a tree of plain nodes; patching it into the page keeps elements that stay, and with them focus, caret and scroll.
 * In `props`: `on:type` is a listener, `.name` a DOM property, anything else an attribute (undefined or false: absent, true: empty).
 */
export interface VNode {
  readonly tag: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly children: readonly (VNode | string)[];
}

export type Child = VNode | string | undefined | false | readonly Child[];
type Listener = (event: Event) => void;

const SVG = 'http://www.w3.org/2000/svg';
/** The node an element was last made from. */
const shown = new WeakMap<Node, VNode>();
const listeners = new WeakMap<Element, Map<string, Listener>>();
/** Custom elements also tell of changes made by a program; those are not the person's. */
let patching = false;

export function h(tag: string, props: Readonly<Record<string, unknown>> = {}, ...children: readonly Child[]): VNode {
  return { tag, props, children: flat(children) };
}

function flat(children: readonly Child[]): (VNode | string)[] {
  return children.flatMap((child): (VNode | string)[] => {
    if (child === undefined || child === false || child === '') return [];
    if (typeof child === 'string' || 'tag' in child) return [child];
    return flat(child);
  });
}

/** Makes `root`'s content be `children`. */
export function render(root: Element, ...children: readonly Child[]): void {
  patching = true;
  try {
    patchChildren(root, flat(children));
  } finally {
    patching = false;
  }
}

function patchChildren(parent: Element, wanted: readonly (VNode | string)[]): void {
  const old = [...parent.childNodes];
  const used = new Set<Node>();
  let next: Node | null = parent.firstChild;
  for (const child of wanted) {
    const same = old.find(node => !used.has(node) && isSame(node, child));
    const node = same ?? create(child, parent);
    used.add(node);
    if (same) patch(same, child);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  for (const node of old) if (!used.has(node)) node.remove();
}

function isSame(node: Node, child: VNode | string): boolean {
  const was = shown.get(node);
  if (typeof child === 'string') return node.nodeType === Node.TEXT_NODE;
  return was?.tag === child.tag && was.props.key === child.props.key;
}

function create(child: VNode | string, parent: Element): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  const svg = child.tag === 'svg' || parent.namespaceURI === SVG;
  const element = svg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  shown.set(element, { tag: child.tag, props: { key: child.props.key }, children: [] });
  patch(element, child);
  return element;
}

function patch(node: Node, child: VNode | string): void {
  if (typeof child === 'string') {
    if (node.nodeValue !== child) node.nodeValue = child;
    return;
  }
  const element = node as Element;
  const was = shown.get(element)?.props ?? {};
  shown.set(element, child);
  patchChildren(element, child.children);
  for (const name of new Set([...Object.keys(was), ...Object.keys(child.props)])) {
    if (name === 'key') continue;
    const value = child.props[name];
    if (name.startsWith('on:')) listen(element, name.slice(3), value as Listener | undefined);
    else if (name.startsWith('.')) setProperty(element, name.slice(1), value);
    // Only what is new: custom elements keep classes of their own in the same attribute.
    else if (was[name] !== value) setAttribute(element, name, value);
  }
}

function setAttribute(element: Element, name: string, value: unknown): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

function setProperty(element: Element, name: string, value: unknown): void {
  const target = element as unknown as Record<string, unknown>; // foreign edge: custom elements have properties of their own
  // What is being typed wins over an answer that is on its way.
  if (name === 'value' && element.tagName === 'VSCODE-TEXT-FIELD' && element === document.activeElement) return;
  if (target[name] !== value) target[name] = value;
}

function listen(element: Element, type: string, listener: Listener | undefined): void {
  const known = listeners.get(element) ?? new Map<string, Listener>();
  listeners.set(element, known);
  if (listener && !known.has(type))
    element.addEventListener(type, event => {
      if (!patching) known.get(type)?.(event);
    });
  if (listener) known.set(type, listener);
  else known.delete(type);
}
