"""Small pictures of every kind that the image reader treats, drawn here → test/fixtures/pictures. Same script, same bytes."""

import io
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw

from paths import FIXTURES

PICTURES = FIXTURES / "pictures"


def write_pictures() -> list[Path]:
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    writers = (write_jpeg, write_rare_jpeg, write_png, write_sixteen_bit, write_rare_png, write_webp, write_gif, write_tiff, write_rare_tiff)
    for write in writers:
        write()
    return sorted(PICTURES.iterdir())


def drawn(width: int, height: int, seed: int) -> Image.Image:
    """Gradients, edges, and a little noise; what a resampler and a decoder get wrong shows in it."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 120 * np.sin((x * a + y * b) / 23 + seed) for a, b in ((1, 0.3), (0.4, 1), (1, -1))]
    noise = random.randint(-6, 7, (height, width, 3))
    image = Image.fromarray(np.clip(np.stack(planes, 2) + noise, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = random.randint(0, width), random.randint(0, height)
        box = (left, top, left + random.randint(2, 40), top + random.randint(2, 40))
        (draw.rectangle if random.randint(2) else draw.ellipse)(box, fill=tuple(int(v) for v in random.randint(0, 256, 3)))
    return image


def with_alpha(image: Image.Image) -> Image.Image:
    """Transparent in places, with colours below that nobody sees."""
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    image = image.convert("RGBA")
    image.putalpha(Image.fromarray(((x * 5 + y * 3) % 256 * ((x // 9 + y // 7) % 2)).astype(np.uint8)))
    return image


def save(name: str, image: Image.Image, **options) -> None:
    image.save(PICTURES / name, **options)


def write_jpeg() -> None:
    picture = drawn(149, 101, 1)
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        save(f"jpeg-{name}.jpg", picture, quality=85, subsampling=sampling)
    save("jpeg-progressive.jpg", drawn(260, 173, 2), quality=80, progressive=True)
    save("jpeg-large.jpg", drawn(700, 466, 3), quality=40)
    save("jpeg-grey.jpg", drawn(120, 90, 4).convert("L"), quality=85)
    save("jpeg-cmyk.jpg", drawn(120, 90, 5).convert("CMYK"), quality=85)
    save("jpeg-tall.jpg", drawn(40, 300, 6), quality=80)
    save("jpeg-wide.jpg", drawn(300, 25, 7), quality=80)
    save("jpeg-one-high.jpg", drawn(90, 1, 8), quality=80)
    save("jpeg-one-pixel.jpg", drawn(1, 1, 9), quality=80)
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
    profile[24:36] = bytes(12)  # when it was made
    save("jpeg-profile.jpg", picture, quality=85, icc_profile=bytes(profile))
    exif = Image.Exif()
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        save(f"jpeg-orientation-{orientation}.jpg", drawn(64, 40, 10), quality=80, exif=exif)
    save("mislabelled.png", drawn(64, 48, 11), format="JPEG", quality=80)


def write_rare_jpeg() -> None:
    """What cameras and printers write: another sampling, no change of colours, restarts, several pictures, other inks."""
    picture = drawn(61, 45, 60)
    save("jpeg-411.jpg", picture, quality=85, subsampling="4:1:1")
    save("jpeg-rgb.jpg", picture, quality=85, keep_rgb=True)
    save("jpeg-restarts.jpg", picture, quality=85, restart_marker_blocks=2)
    save("jpeg-grey-progressive.jpg", picture.convert("L"), quality=85, progressive=True)
    save("jpeg-cmyk-progressive.jpg", picture.convert("CMYK"), quality=85, progressive=True)
    save("jpeg-several.jpg", picture, format="MPO", save_all=True, append_images=[drawn(61, 45, 61)])
    file = io.BytesIO()
    picture.convert("CMYK").save(file, "JPEG", quality=85)
    data = bytearray(file.getvalue())
    adobe = data.index(b"Adobe")
    data[adobe + 11] = 2  # the same numbers, said to be YCCK
    (PICTURES / "jpeg-ycck.jpg").write_bytes(data)
    length = struct.unpack(">H", data[adobe - 2 : adobe])[0]
    del data[adobe - 4 : adobe - 2 + length]  # and without a word about inks
    (PICTURES / "jpeg-cmyk-plain.jpg").write_bytes(data)


def write_png() -> None:
    picture = drawn(97, 61, 20)
    save("png-rgb.png", picture)
    save("png-rgba.png", with_alpha(picture))
    save("png-grey.png", picture.convert("L"))
    save("png-grey-alpha.png", with_alpha(picture).convert("LA"))
    save("png-bilevel.png", picture.convert("1"))
    save("png-palette.png", picture.quantize(64))
    save("png-palette-4.png", picture.quantize(4), bits=2)
    save("png-palette-transparent.png", picture.quantize(32), transparency=5)
    save("png-three-high.png", drawn(50, 3, 21))
    save("png-same-size.png", drawn(224, 224, 22).quantize(16))
    save("png-animated.png", drawn(48, 48, 23), save_all=True, append_images=[drawn(48, 48, 24)])


def write_sixteen_bit() -> None:
    """Of PNG, Pillow writes only grey in 16 bits."""
    y, x = np.mgrid[0:40, 0:60]
    planes = np.stack([(x * 1093 + y * 17) % 65536, (y * 1638) % 65536, (x * y * 29) % 65536, (x * 900) % 65536], 2).astype(">u2")
    dark = (planes[:, :, :1] // 200).astype(">u2")  # where values above 255 are cut off and others are not
    for name, kind, samples in (("grey", 0, dark), ("grey-alpha", 4, planes[:, :, :2]), ("rgb", 2, planes[:, :, :3]), ("rgba", 6, planes)):
        (PICTURES / f"png-16-{name}.png").write_bytes(png(samples, kind))


def write_rare_png() -> None:
    """Interlaced, with one transparent colour, with an alpha for each colour of a palette, and with 2 or 4 bits of grey."""
    picture = drawn(61, 45, 62)
    rgb, grey = np.asarray(picture), np.asarray(picture.convert("L"))[:, :, None]
    few = picture.quantize(16)
    palette = (b"PLTE", bytes(few.getpalette()[:48])), (b"tRNS", bytes(range(0, 240, 15)))
    deep = (grey.astype(">u2") * 3).astype(">u2")
    for name, samples, kind, options in (
        ("interlaced", rgb, 2, {"interlaced": True}),
        ("interlaced-rgba", np.asarray(with_alpha(picture)), 6, {"interlaced": True}),
        ("interlaced-palette", np.asarray(few)[:, :, None], 3, {"interlaced": True, "more": palette}),
        ("interlaced-16-grey", deep, 0, {"interlaced": True}),
        ("rgb-transparent", rgb, 2, {"more": ((b"tRNS", struct.pack(">HHH", *map(int, rgb[3, 3]))),)}),
        ("grey-transparent", grey, 0, {"more": ((b"tRNS", struct.pack(">H", int(grey[3, 3, 0]))),)}),
        ("16-grey-transparent", deep, 0, {"more": ((b"tRNS", struct.pack(">H", int(deep[3, 3, 0]))),)}),
        ("grey-2", packed(grey >> 6, 2), 0, {"bits": 2, "width": 61}),
        ("grey-4", packed(grey >> 4, 4), 0, {"bits": 4, "width": 61}),
    ):
        (PICTURES / f"png-{name}.png").write_bytes(png(samples, kind, **options))
    save("png-palette-alphas.png", few, transparency=bytes(range(0, 240, 15)))


def packed(samples: np.ndarray, bits: int) -> np.ndarray:
    """Several samples in a byte, the first in the highest bits."""
    lines, each = samples[:, :, 0], 8 // bits
    lines = np.pad(lines, ((0, 0), (0, -lines.shape[1] % each)))
    parts = [lines[:, at::each] << (8 - bits * (at + 1)) for at in range(each)]
    return np.bitwise_or.reduce(parts).astype(np.uint8)[:, :, None]


# Where each pass of an interlaced PNG begins, and its steps: columns, then rows.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples: np.ndarray, kind: int, bits: int | None = None, width: int | None = None, interlaced: bool = False, more=()) -> bytes:
    height, bits = samples.shape[0], bits or samples.itemsize * 8
    passes = [samples[y::down, x::right] for x, y, right, down in PASSES] if interlaced else [samples]
    rows = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    header = struct.pack(">IIBBBBB", width or samples.shape[1], height, bits, kind, 0, 0, int(interlaced))
    chunks = (b"IHDR", header), *more, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def write_webp() -> None:
    picture = drawn(110, 83, 30)
    save("webp-lossy.webp", picture, quality=70)
    save("webp-lossless.webp", picture, lossless=True)
    save("webp-alpha.webp", with_alpha(picture), quality=70)
    save("webp-lossless-alpha.webp", with_alpha(drawn(61, 45, 33)), lossless=True, exact=True)
    save("webp-animated-alpha.webp", with_alpha(drawn(48, 48, 34)), save_all=True, append_images=[drawn(48, 48, 35)], lossless=True)
    save("webp-animated.webp", drawn(48, 48, 31), save_all=True, append_images=[drawn(48, 48, 32)], quality=60)


def write_gif() -> None:
    picture = drawn(80, 60, 40)
    save("gif.gif", picture.quantize(64))
    save("gif-grey.gif", picture.convert("L"))
    save("gif-plain.gif", picture.quantize(64), interlace=0)
    save("gif-transparent.gif", picture.quantize(32), transparency=7)
    save("gif-animated.gif", drawn(48, 48, 41).quantize(32), save_all=True, append_images=[drawn(48, 48, 42).quantize(32)])
    # Its first frame covers a part of the screen: the screen's size and the frame's place, as the file stores them.
    for name, options in (("gif-part.gif", {}), ("gif-part-transparent.gif", {"transparency": 3})):
        file = io.BytesIO()
        picture.quantize(16).save(file, "GIF", **options)
        data = bytearray(file.getvalue())
        data[6:10] = struct.pack("<HH", 100, 90)
        at = data.index(b"\x2c\0\0\0\0" + struct.pack("<HH", 80, 60))
        data[at + 1 : at + 5] = struct.pack("<HH", 11, 17)
        (PICTURES / name).write_bytes(data)


def write_tiff() -> None:
    picture = drawn(70, 50, 50)
    save("tiff.tif", picture, compression="tiff_lzw")
    save("tiff-grey.tif", picture.convert("L"), compression="tiff_deflate")
    save("tiff-cmyk.tif", picture.convert("CMYK"), compression="tiff_lzw")
    save("tiff-pages.tif", picture, compression="tiff_lzw", save_all=True, append_images=[drawn(70, 50, 51)])
    save("tiff-16-grey.tif", Image.fromarray((np.arange(2000) % 700).astype(np.uint16).reshape(40, 50)), compression="tiff_lzw")


def write_rare_tiff() -> None:
    """Turned by their own tag, which the reference applies; with a palette, two colours, alpha, 16 bits; and grey whose zero is white."""
    picture = drawn(40, 25, 52)
    for orientation in range(2, 9):
        save(f"tiff-orientation-{orientation}.tif", picture, compression="tiff_lzw", tiffinfo={274: orientation})
    save("tiff-orientation-grey.tif", picture.convert("L"), compression="tiff_lzw", tiffinfo={274: 6})
    save("tiff-jpeg.tif", picture, compression="jpeg", quality=85)
    save("tiff-palette.tif", picture.quantize(16), compression="tiff_lzw")
    save("tiff-bilevel.tif", picture.convert("1"), compression="group4")
    save("tiff-rgba.tif", with_alpha(picture), compression="tiff_lzw")
    save("tiff-big.tif", picture, compression="tiff_lzw", big_tiff=True)
    rgb, grey = np.asarray(picture), np.asarray(picture.convert("L"))[:, :, None]
    inks = np.asarray(picture.convert("CMYK")).astype("<u2") * 251
    for name, samples, photometric in (
        ("grey-inverted", grey, 0), ("16-grey-inverted", grey.astype("<u2") * 3, 0), ("16-rgb", rgb.astype("<u2") * 251, 2), ("16-cmyk", inks, 5),
    ):
        (PICTURES / f"tiff-{name}.tif").write_bytes(tiff(samples, photometric))


def tiff(samples: np.ndarray, photometric: int) -> bytes:
    """One strip, not compressed. Pillow writes none of these."""
    height, width, channels = samples.shape
    data = np.ascontiguousarray(samples).tobytes()
    bits = struct.pack(f"<{channels}H", *[samples.itemsize * 8] * channels)
    short, long, tags = 3, 4, 9
    after = 8 + 2 + 12 * tags + 4
    strip = after + len(bits)
    bits_at = after if len(bits) > 4 else int.from_bytes(bits, "little")
    entries = [
        (256, short, 1, width), (257, short, 1, height), (258, short, channels, bits_at), (259, short, 1, 1), (262, short, 1, photometric),
        (273, long, 1, strip), (277, short, 1, channels), (278, short, 1, height), (279, long, 1, len(data)),
    ]
    return b"II*\0" + struct.pack("<IH", 8, tags) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4) + bits + data
