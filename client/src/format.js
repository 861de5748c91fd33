// format.js: the tree's `format` operation. Rounding works on the decimal digits that a reader
// sees, so that 1.005 with two places is 1.01 although the float is a little below it.

import { shown, toNumber } from './values.js';

export function format(fmt, args) {
  let next = 0;
  return shown(fmt).replace(/%(%|s|d|x|f|\.(\d\d?)f)/g, (_, spec, places) => {
    if (spec === '%') return '%';
    const arg = args[next++];
    if (spec === 's') return shown(arg);
    const n = toNumber(arg);
    if (n === null) return '';
    if (spec === 'd') return fixed(n, 0).replace(/^-0$/, '0');
    if (spec === 'x') return hexadecimal(n);
    return fixed(n, places === undefined ? 6 : Number(places));
  });
}

// A negative integer shows as 64 bits, as it does in Lua.
const hexadecimal = n => (Number.isInteger(n) ? BigInt.asUintN(64, BigInt(n)).toString(16) : '');

function fixed(n, places) {
  const { whole, fraction } = decimal(Math.abs(n));
  const padded = fraction.padEnd(places + 1, '0');
  let digits = BigInt(whole + padded.slice(0, places));
  if (padded[places] >= '5') digits += 1n;
  const text = digits.toString().padStart(places + 1, '0');
  const cut = text.length - places;
  return (n < 0 ? '-' : '') + text.slice(0, cut) + (places ? '.' + text.slice(cut) : '');
}

// The shortest decimal form of n >= 0, without an exponent.
function decimal(n) {
  const [mantissa, exponent = '0'] = String(n).split('e');
  const [int, frac = ''] = mantissa.split('.');
  const point = int.length + Number(exponent);
  const digits = int + frac;
  if (point <= 0) return { whole: '0', fraction: '0'.repeat(-point) + digits };
  return { whole: digits.slice(0, point).padEnd(point, '0'), fraction: digits.slice(point) };
}
