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
    for write in (write_jpeg, write_png, write_sixteen_bit, write_webp, write_gif, write_tiff):
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
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    save("jpeg-profile.jpg", picture, quality=85, icc_profile=profile)
    exif = Image.Exif()
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        save(f"jpeg-orientation-{orientation}.jpg", drawn(64, 40, 10), quality=80, exif=exif)
    save("mislabelled.png", drawn(64, 48, 11), format="JPEG", quality=80)


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


def png(samples: np.ndarray, kind: int) -> bytes:
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    chunks = (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def write_webp() -> None:
    picture = drawn(110, 83, 30)
    save("webp-lossy.webp", picture, quality=70)
    save("webp-lossless.webp", picture, lossless=True)
    save("webp-alpha.webp", with_alpha(picture), quality=70)
    save("webp-animated.webp", drawn(48, 48, 31), save_all=True, append_images=[drawn(48, 48, 32)], quality=60)


def write_gif() -> None:
    picture = drawn(80, 60, 40)
    save("gif.gif", picture.quantize(64))
    save("gif-grey.gif", picture.convert("L"))
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
