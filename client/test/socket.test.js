// What goes over the wire is JSON that every reader takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wellFormed } from '../src/socket.js';

test('half of a surrogate pair is replaced, everything else stays', () => {
  const all = String.fromCharCode(...Array(0x300).keys());
  for (const [text, expected] of [
    ['plain', 'plain'], ['\u{1f600} ü', '\u{1f600} ü'], [all, all],
    ['\ud83d', '\ufffd'], ['a\ude00b', 'a\ufffdb'], ['\ud83d\ud83d\ude00\ude00', '\ufffd\ud83d\ude00\ufffd'], ['\udbff\udfff\udc00', '\udbff\udfff\ufffd'],
    ['\\ud83d', '\\ud83d'], ['\\\ud83d', '\\\ufffd'], ['\\\\ud83d"\ud800"', '\\\\ud83d"\ufffd"'], ['\u0000\ud800\u001f', '\u0000\ufffd\u001f'],
  ]) {
    assert.deepEqual(JSON.parse(wellFormed({ [text]: [text] })), { [expected]: [expected] });
    assert.doesNotMatch(wellFormed([text]).replaceAll('\\\\', ''), /\\ud/);
  }
});
