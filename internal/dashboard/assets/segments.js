// How a content travels by SMS: the same count as the server's, while one types.
// 3GPP TS 23.038, 6.2.1 (the alphabet) and TS 23.040, 9.2.3.24.1 (the header of joined segments).

const BASIC = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?'
  + '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION = '\f^{}\\[~]|€'; // two septets: an escape comes before each

const septets = new Map([...BASIC].map((char) => [char, 1]));
for (const char of EXTENSION) septets.set(char, 2);

const GSM7 = { encoding: 'GSM-7', units: (char) => septets.get(char), alone: 160, joined: 153 };
const UCS2 = { encoding: 'UCS-2', units: (char) => char.length, alone: 70, joined: 67 };

// segment returns {encoding, segments: how many, characters: code points, used and
// left: units of the last segment, odd: characters that GSM-7 lacks}. What is longer
// than one SMS is packed: a pair, of an escape or of surrogates, is never split.
export function segment(content) {
  const chars = [...content];
  const odd = [...new Set(chars.filter((char) => !septets.has(char)))];
  const carrier = odd.length ? UCS2 : GSM7;
  const whole = chars.reduce((sum, char) => sum + carrier.units(char), 0);
  const result = { encoding: carrier.encoding, segments: 1, characters: chars.length, odd };
  if (whole <= carrier.alone) return { ...result, used: whole, left: carrier.alone - whole };
  let used = 0;
  for (const char of chars) {
    const units = carrier.units(char);
    if (used + units > carrier.joined) {
      result.segments++;
      used = 0;
    }
    used += units;
  }
  return { ...result, used, left: carrier.joined - used };
}
