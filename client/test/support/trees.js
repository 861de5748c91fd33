// trees.js: short ways to write the tree's nodes in tests.

export const v = (...path) => ({ $: 'var', path });
export const item = (as, ...path) => ({ $: 'item', of: as, path });
export const pos = as => ({ $: 'pos', of: as });
export const op = (name, ...args) => ({ $: 'op', op: name, args });
export const cond = (test, then, otherwise) => ({ $: 'cond', if: test, then, else: otherwise });
export const each = (list, as, key, body) => ({ $: 'foreach', in: list, as, key, body });
export const on = (type, handler, args = [], opts = {}) => ({ [type]: [{ handler, args, opts }] });
export const el = (tag, attrs, ...children) => [tag, attrs, children];
