"""The picture stays, what a telephone wrote beside it goes. Pillow, which is not ours, is the witness."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.jpeg import bare, is_jpeg
from schemas.errors import Refused
from tests.coverage import PIXEL

GPS, MAKER, ORIENTATION = 0x8825, 0x010F, 0x0112


def photograph(orientation: int = 1, *, progressive: bool = False) -> bytes:
    picture = Image.radial_gradient("L").resize((64, 48)).convert("RGB")
    exif = Image.Exif()
    exif[MAKER] = "SecretPhone"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[2] = (45.0, 41.0, 20.0)
    made = io.BytesIO()
    picture.save(
        made, "JPEG", exif=exif, comment=b"Villa 3", icc_profile=b"profile" * 40, progressive=progressive
    )
    return made.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("progressive", [False, True])
def test_only_picture_colours_and_orientation_stay(orientation: int, *, progressive: bool) -> None:
    before = photograph(orientation, progressive=progressive)
    assert b"SecretPhone" in before
    after = bare(before)
    assert opened(after).tobytes() == opened(before).tobytes()
    exif = opened(after).getexif()
    assert exif.get(ORIENTATION, 1) == orientation
    assert set(exif) <= {ORIENTATION}
    assert not exif.get_ifd(GPS)
    assert "comment" not in opened(after).info
    assert opened(after).info["icc_profile"] == b"profile" * 40
    assert b"SecretPhone" not in after


def test_a_film_behind_the_picture_goes() -> None:
    """Telephones hide some seconds of film behind a photograph: nobody agreed to that."""
    assert bare(PIXEL + b"\x00\x00\x00\x18ftypmp42 film") == PIXEL


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_refusal(content: bytes) -> None:
    for file in (content, b"\xff\xd8\xff" + content, PIXEL[:60] + content):
        with contextlib.suppress(Refused):
            assert is_jpeg(bare(file))


@given(st.integers(0, len(PIXEL) - 1))
def test_a_file_that_is_cut_is_refused(length: int) -> None:
    with pytest.raises(Refused):
        bare(PIXEL[:length])


def test_bare_is_bare() -> None:
    assert bare(bare(photograph(6))) == bare(photograph(6))
