// SHA-256 (FIPS 180-4), at once and everywhere: crypto.subtle is there in secure
// contexts only, which plain http on another host than this machine's own is not, and
// answers each of a hundred thousand small texts by a promise.

const K = new Int32Array(64);
const START = new Int32Array(8);
// The constants are the first bits of the fractional parts of roots of primes.
for (let prime = 2, found = 0; found < 64; prime++) {
  let divisor = 2;
  while (divisor * divisor <= prime && prime % divisor) divisor++;
  if (divisor * divisor <= prime) continue;
  if (found < 8) START[found] = (Math.sqrt(prime) % 1) * 2 ** 32 | 0;
  K[found++] = (Math.cbrt(prime) % 1) * 2 ** 32 | 0;
}

const w = new Int32Array(64);
const turn = (x, n) => (x >>> n) | (x << (32 - n));

// sha256 returns the 32 bytes of the hash of bytes.
export function sha256(bytes) {
  const padded = new Uint8Array(((bytes.length + 8 >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, bytes.length << 3);
  const hash = START.slice();
  for (let at = 0; at < padded.length; at += 64) block(hash, view, at);
  const sum = new Uint8Array(32);
  const out = new DataView(sum.buffer);
  hash.forEach((word, i) => out.setInt32(4 * i, word));
  return sum;
}

function block(hash, view, at) {
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15];
    const b = w[i - 2];
    w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
  }
  let a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0;
    d = c; c = b; b = a; a = (one + two) | 0;
  }
  hash[0] += a; hash[1] += b; hash[2] += c; hash[3] += d; hash[4] += e; hash[5] += f; hash[6] += g; hash[7] += h;
}
