/** Numbers as tools/golden counts them: 32 bits of a product, the top 8 of them. */
export function counted(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, value = 12345; i < data.length; i++, value = (value + 2654435761) >>> 0) data[i] = value >>> 24;
  return { data, width, height };
}
