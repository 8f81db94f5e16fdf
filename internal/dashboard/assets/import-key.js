// The idempotency key of each line: the same as that of the command `import`, so that a
// file begun there may be finished here, and nothing of it goes out twice.
import { sha256 } from './import-sha256.js';

const encoder = new TextEncoder();

// Keys makes them, for one run over one file.
export class Keys {
  constructor(campaign) {
    this.campaign = campaign;
    this.seen = new Map(); // how often each line came, by the first 16 bytes of its hash
    this.bytes = new Uint8Array(1024);
    this.length = 0;
  }

  // next returns the key of a row: made of the campaign, what the row says, and how many
  // equal rows came before it.
  next(row) {
    this.length = 0;
    for (const text of [this.campaign, row.to, row.content, row.priority, row.reference]) this.text(text);
    // Signed numbers are written doubled there; these are never negative.
    for (const number of [row.sendAt, row.validity * 1000, row.expiresAt]) this.number(2 * number);
    const sum = sha256(this.bytes.subarray(0, this.length));
    const line = String.fromCharCode(...sum.subarray(0, 16));
    const times = (this.seen.get(line) ?? 0) + 1;
    this.seen.set(line, times);
    this.bytes.set(sum);
    this.length = sum.length;
    this.number(times);
    return base64url(sha256(this.bytes.subarray(0, this.length)));
  }

  // text adds a text behind its length, which keeps a field's end from passing for the
  // next one's beginning.
  text(text) {
    const most = this.length + 3 * text.length + 64;
    if (this.bytes.length < most) {
      const grown = new Uint8Array(2 * most);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    const room = 8;
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.length + room));
    const from = this.length + room;
    this.number(written);
    this.bytes.copyWithin(this.length, from, from + written);
    this.length += written;
  }

  // number adds a number in groups of seven bits, the lowest first (LEB128).
  number(number) {
    for (; number > 127; number = Math.floor(number / 128)) this.bytes[this.length++] = (number % 128) | 128;
    this.bytes[this.length++] = number;
  }
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (char) => ({ '+': '-', '/': '_', '=': '' })[char]);
}
