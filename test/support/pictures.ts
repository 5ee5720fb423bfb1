/** Numbers as tools/golden counts them: 32 bits of a product, the top 8 of them. */
export function counted(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, value = 12345; i < data.length; i++, value = (value + 2654435761) >>> 0) data[i] = value >>> 24;
  return { data, width, height };
}

/** A TIFF file, two pixels wide, of inks and what else its pixels have, from 0 to 255. */
export function tiffOfInks(pixels: readonly (readonly number[])[], bits: 8 | 16): Buffer {
  const each = pixels[0]!.length;
  const [short, long] = [3, 4];
  const directory = 8;
  const entries = each > 4 ? 10 : 9;
  const depths = directory + 2 + 12 * entries + 4;
  const data = depths + 2 * each;
  const bytes = (pixels.length * each * bits) / 8;
  const tags = [
    [256, short, 1, 2],
    [257, short, 1, pixels.length / 2],
    [258, short, each, depths],
    [259, short, 1, 1],
    [262, short, 1, 5],
    [273, long, 1, data],
    [277, short, 1, each],
    [278, short, 1, pixels.length / 2],
    [279, long, 1, bytes],
    ...(each > 4 ? [[338, short, 1, 0]] : []),
  ];
  const file = Buffer.alloc(data + bytes);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(directory, 4);
  file.writeUInt16LE(entries, directory);
  for (const [i, [tag, type, count, value]] of tags.entries()) {
    const at = directory + 2 + 12 * i;
    file.writeUInt16LE(tag!, at);
    file.writeUInt16LE(type!, at + 2);
    file.writeUInt32LE(count!, at + 4);
    file.writeUInt32LE(value!, at + 8);
  }
  for (let i = 0; i < each; i++) file.writeUInt16LE(bits, depths + 2 * i);
  for (const [i, value] of pixels.flat().entries()) {
    if (bits === 8) file.writeUInt8(value, data + i);
    else file.writeUInt16LE(257 * value, data + 2 * i);
  }
  return file;
}
