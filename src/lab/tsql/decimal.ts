/** Exact decimals, as a big integer of 10^-scale. T-SQL's numeric(25,0) LSNs and numeric(38,n) sums never pass through a double. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

const powers: bigint[] = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));
/** 10^exponent. */
export const powerOfTen = (exponent: number): bigint => powers[exponent] ?? 10n ** BigInt(exponent);

const pattern = /^\s*([+-]?)\s*(\d*)(?:\.(\d*))?\s*$/;

/** Reads "-12.50"; undefined when the text is no decimal number. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole.length + fraction.length === 0) return undefined;
  const magnitude = BigInt(whole + fraction);
  return { unscaled: match[1] === '-' ? -magnitude : magnitude, scale: fraction.length };
}

/** Reads a value that is known to be a decimal (a stored one, or an integer). */
export function toDecimal(value: string | number | bigint): Decimal {
  if (typeof value === 'bigint') return { unscaled: value, scale: 0 };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { unscaled: BigInt(value), scale: 0 } : decimalOfDouble(value);
  return parseDecimal(value) ?? decimalOfDouble(Number(value));
}

/** 17 significant digits, as SQL Server takes from a float. */
export function decimalOfDouble(value: number): Decimal {
  const [mantissa = '0', exponentText = '0'] = value.toExponential(16).split('e');
  const parsed = parseDecimal(mantissa) ?? { unscaled: 0n, scale: 0 };
  const scale = parsed.scale - Number(exponentText);
  if (scale <= 0) return { unscaled: parsed.unscaled * powerOfTen(-scale), scale: 0 };
  return scale > 76 ? rescale({ unscaled: parsed.unscaled, scale }, 76) : { unscaled: parsed.unscaled, scale };
}

/** To another scale, halves away from zero (SQL Server's rounding), or cut off. */
export function rescale(value: Decimal, scale: number, rounding: 'round' | 'truncate' = 'round'): Decimal {
  if (scale >= value.scale) return { unscaled: value.unscaled * powerOfTen(scale - value.scale), scale };
  const divisor = powerOfTen(value.scale - scale);
  const quotient = value.unscaled / divisor;
  if (rounding === 'truncate') return { unscaled: quotient, scale };
  const rest = value.unscaled % divisor;
  const magnitude = rest < 0n ? -rest : rest;
  const step = magnitude * 2n >= divisor ? (value.unscaled < 0n ? -1n : 1n) : 0n;
  return { unscaled: quotient + step, scale };
}

/** "-12.50" for -1250 at scale 2. */
export function formatDecimal({ unscaled, scale }: Decimal): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

/** Negative, zero or positive, whatever the scales. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const left = a.unscaled * powerOfTen(scale - a.scale);
  const right = b.unscaled * powerOfTen(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Digits before and after the point together. */
export function fitsPrecision(value: Decimal, precision: number): boolean {
  const limit = powerOfTen(precision);
  return value.unscaled < limit && value.unscaled > -limit;
}

/** The nearest double. */
export const decimalToNumber = (value: Decimal): number => Number(formatDecimal(value));
