/** "-12.50" at scale 2 as -1250n. Throws RangeError on what is no decimal number, has more decimals than `scale` or more digits than `precision`. */
export function unscaled(text: string, precision: number, scale: number): bigint {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') throw new RangeError(`'${text}' is not a decimal number`);
  if (/[1-9]/.test(fraction.slice(scale))) throw new RangeError(`'${text}' has more than ${scale} decimals`);
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (digits >= 10n ** BigInt(precision)) throw new RangeError(`'${text}' has more than ${precision} digits`);
  return sign === '-' ? -digits : digits;
}

/** Inverse of `unscaled`: always `scale` decimals, no leading zeros but one. */
export function scaled(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = value < 0n ? '-' : '';
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`;
}
