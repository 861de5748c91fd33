// controls.js: form controls whose value the state decides, without fighting who types.
//
// What the user has edited stands until the event that tells the host of it was answered. Then the
// state's value is the truth again. A focused control keeps its caret and selection.

import { isNil, isTrue, shown } from './values.js';

const controls = new WeakMap();

export class Control {
  constructor(dom) {
    this.dom = dom;
    this.wanted = {};
    this.edited = false;
    this.waiting = 0;
    controls.set(dom, this);
    dom.addEventListener('input', () => { this.edited = true; });
  }

  // The state says what the control should hold.
  update(wanted) {
    const changed = Object.keys(wanted).some(name => wanted[name] !== this.wanted[name]);
    this.wanted = wanted;
    if (!this.edited || (changed && !this.isHeld())) this.write();
  }

  // Not to be overwritten: an answer is still to come, or the user is in the middle of it.
  isHeld() {
    return this.waiting > 0 || this.dom === document.activeElement;
  }

  asked() {
    this.waiting++;
  }

  // After an error a focused control keeps what was typed, so that it can be mended.
  answered(failed) {
    if (--this.waiting > 0) return;
    const isRadio = this.dom.type === 'radio';
    if (failed && !isRadio && this.dom === document.activeElement) return;
    this.write();
    if (isRadio) this.writeOthers();
  }

  // Choosing one radio button has cleared another, which no event has told of.
  writeOthers() {
    for (const dom of document.getElementsByName(this.dom.name)) controls.get(dom)?.write();
  }

  write() {
    this.edited = false;
    for (const name of Object.keys(this.wanted)) writeProperty(this.dom, name, this.wanted[name]);
  }
}

function writeProperty(dom, name, value) {
  if (name !== 'value') {
    if (dom[name] !== isTrue(value)) dom[name] = isTrue(value);
  } else if (dom.multiple && dom.options) {
    selectOptions(dom, value);
  } else {
    writeText(dom, value);
  }
}

function selectOptions(select, value) {
  const chosen = new Set(Array.isArray(value) ? value.map(shown) : []);
  for (const option of select.options) {
    if (option.selected !== chosen.has(option.value)) option.selected = chosen.has(option.value);
  }
}

export function writeText(dom, value) {
  const text = shown(value);
  if (dom.value === text || isSameNumber(dom, value)) return;
  if (dom.type === 'file') return;
  const caret = caretOf(dom);
  dom.value = text;
  if (caret) dom.setSelectionRange(...caret);
}

// "5." and "05" are 5 on the way to something else: leave them while the user types.
function isSameNumber(dom, value) {
  return dom.type === 'number' && dom === document.activeElement &&
    !isNil(value) && dom.value !== '' && Number(dom.value) === value;
}

function caretOf(dom) {
  if (dom !== document.activeElement || !dom.setSelectionRange) return null;
  const { selectionStart, selectionEnd, selectionDirection } = dom;
  return selectionStart === null ? null : [selectionStart, selectionEnd, selectionDirection];
}

// What a control brings as an event's argument.
export function controlValue(dom) {
  if (dom.type === 'checkbox') return dom.checked;
  if (dom.type === 'number' || dom.type === 'range') return numberOf(dom);
  if (dom.multiple && dom.options) return Array.from(dom.selectedOptions, option => option.value);
  return dom.value ?? null;
}

const numberOf = dom => (Number.isFinite(dom.valueAsNumber) ? dom.valueAsNumber : null);

const NO_FIELD = new Set(['submit', 'button', 'reset', 'image', 'file', 'fieldset', 'output', 'object']);

export function formValues(form) {
  const fields = {};
  for (const dom of form.elements) {
    if (!dom.name || dom.disabled || NO_FIELD.has(dom.type)) continue;
    if (dom.type === 'radio') {
      if (dom.checked || !(dom.name in fields)) fields[dom.name] = dom.checked ? dom.value : null;
    } else {
      fields[dom.name] = controlValue(dom);
    }
  }
  return fields;
}
