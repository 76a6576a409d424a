/** An IPv4 address as a number; undefined for any other text. */
export function ipv4Number(text: string): number | undefined {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      octet = Math.max(octet, 0) * 10 + digit;
      if (octet > 255) return undefined;
    } else if (digit === -2 && octet >= 0 && dots < 3) {
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined;
}

export function ipv4Text(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

const hex = Array.from({length: 256}, (_, octet) => octet.toString(16).padStart(2, '0'));

/** The MAC that Docker makes of an address by default (see `hintedMac`), from its number. */
export function hintedMacOf(value: number): string {
  return `02:42:${hex[value >>> 24]}:${hex[(value >>> 16) & 255]}:${hex[(value >>> 8) & 255]}:${hex[value & 255]}`;
}
