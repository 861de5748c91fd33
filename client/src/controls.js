// controls.js: form controls whose value the state decides, without fighting who types.
//
// What the user has edited stands until the event that tells the host of it was answered. Then the
// state's value is the truth again. A focused control keeps its caret and selection.

import { isTrue, shown, toNumber } from './values.js';

const controls = new WeakMap();

export const controlOf = dom => controls.get(dom) ?? null;

const isFocused = dom => dom === document.activeElement;

export class Control {
  constructor(dom) {
    this.dom = dom;
    this.wanted = {};
    this.edited = false;
    this.lacking = false;   // what is typed is nothing to tell the host, so far
    this.composing = false;
    this.waiting = 0;
    controls.set(dom, this);
    dom.addEventListener('input', () => this.edit());
    dom.addEventListener('blur', () => this.leave());
    dom.addEventListener('compositionstart', () => { this.composing = true; });
    dom.addEventListener('compositionend', () => this.endComposing());
    if (dom.options) this.followOptions();
  }

  // Options are drawn by themselves, so the one that the state names may come after it was named.
  followOptions() {
    const changes = new MutationObserver(() => { if (!this.edited) this.write(); });
    changes.observe(this.dom, { childList: true, subtree: true, characterData: true, attributeFilter: ['value'] });
  }

  edit() {
    this.edited = true;
    this.lacking = false;
  }

  leave() {
    if (!this.waiting && (this.lacking || !this.edited)) this.write();
  }

  // A letter that is put together from several keys is lost when its field is written to.
  endComposing() {
    this.composing = false;
    if (!this.edited) this.write();
  }

  // The state says what the control should hold.
  update(wanted) {
    const changed = Object.keys(wanted).some(name => wanted[name] !== this.wanted[name]);
    this.wanted = wanted;
    if (!this.edited || (changed && !this.isHeld())) this.write();
  }

  // Not to be overwritten: an answer is still to come, or the user is in the middle of it.
  isHeld() {
    return this.waiting > 0 || isFocused(this.dom);
  }

  asked() {
    this.waiting++;
  }

  // After an error a focused control keeps what was typed, so that it can be mended.
  answered(failed) {
    if (--this.waiting > 0) return;
    const isRadio = this.dom.type === 'radio';
    if ((failed || this.lacking) && !isRadio && isFocused(this.dom)) return;
    this.write();
    if (isRadio) this.writeOthers();
  }

  // Choosing one radio button has cleared another, which no event has told of.
  writeOthers() {
    for (const dom of document.getElementsByName(this.dom.name)) controls.get(dom)?.write();
  }

  write() {
    this.edited = this.lacking = false;
    if (this.composing) return;
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
  return typeof value === 'number' && isFocused(dom) && toNumber(dom.value) === value;
}

function caretOf(dom) {
  if (!isFocused(dom) || !dom.setSelectionRange) return null;
  const { selectionStart, selectionEnd, selectionDirection } = dom;
  return selectionStart === null ? null : [selectionStart, selectionEnd, selectionDirection];
}

// What a control brings as an event's argument.
export function controlValue(dom) {
  if (dom.type === 'checkbox') return dom.checked;
  if (dom.type === 'number' || dom.type === 'range') return numberOf(dom);
  if (dom.type === 'file') return oneOrList(dom, Array.from(dom.files, file => file.name));
  if (dom.multiple && dom.options) return valuesOf(dom.selectedOptions);
  return dom.value ?? null;
}

const numberOf = dom => (Number.isFinite(dom.valueAsNumber) ? dom.valueAsNumber : null);
const oneOrList = (dom, names) => (dom.multiple ? names : names[0] ?? null);
const valuesOf = list => Array.from(list, dom => dom.value);

const NO_FIELD = new Set(['submit', 'button', 'reset', 'image', 'file', 'fieldset', 'output', 'object']);

const isField = dom => dom.name && !NO_FIELD.has(dom.type) && !dom.matches(':disabled');

// A map of a form's named fields, and of the button that submits it.
export function formValues(form, submitter) {
  const groups = new Map();
  for (const dom of form.elements) if (isField(dom)) groups.set(dom.name, [...(groups.get(dom.name) ?? []), dom]);
  const fields = Object.create(null);
  for (const [name, group] of groups) fields[name] = groupValue(group);
  if (submitter?.name) fields[submitter.name] = submitter.value;
  return fields;
}

// Of radio buttons the chosen one, of check boxes the list of those that are checked.
function groupValue(group) {
  const checked = valuesOf(group.filter(dom => dom.checked));
  if (group[0].type === 'radio') return checked[0] ?? null;
  if (group.length === 1) return controlValue(group[0]);
  return group[0].type === 'checkbox' ? checked : group.map(controlValue);
}
