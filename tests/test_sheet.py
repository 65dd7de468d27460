"""Contact sheets: every pixel of the batch is in the sheet, and a click finds the image under it."""

import numpy as np
import pytest

from gandash.plots.sheet import GAP_LEVEL, TOY_SIDE, cells, sheet


def images(count, channels=3, height=5, width=7):
    return np.random.default_rng(0).integers(0, 256, (count, channels, height, width), dtype=np.uint8)


@pytest.mark.parametrize(("count", "columns"), [(64, 8), (10, 4), (3, 8), (1, 8)])
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_every_image_is_found_again_in_its_cell(count, columns, channels, mode):
    batch = images(count, channels)
    picture, grid = sheet(batch, columns), cells(batch, columns)
    assert picture.mode == mode and picture.size == grid.size
    for index, image in enumerate(batch):
        left, top, right, bottom = grid.box(index)
        crop = np.asarray(picture.crop((left, top, right, bottom))).reshape(5, 7, channels)
        np.testing.assert_array_equal(crop, image.transpose(1, 2, 0))
        assert grid.at(left, top) == grid.at(right - 0.1, bottom - 0.1) == index


def test_gaps_and_missing_cells_belong_to_no_image():
    batch = images(10, 1)
    grid, pixels = cells(batch, 4), np.asarray(sheet(batch, 4))
    assert grid.size == (31, 17)
    assert (pixels[:, 7] == GAP_LEVEL).all() and (pixels[5] == GAP_LEVEL).all()
    assert [grid.at(7, 0), grid.at(0, 5), grid.at(-1, 0), grid.at(3 * 8, 12), grid.at(100, 100)] == [None] * 5
    with pytest.raises(IndexError, match="10 cells"):
        grid.box(10)


def test_a_toy_is_drawn_where_its_points_are():
    pixels = np.asarray(sheet(np.array([[0.0, 1.0], [np.nan, 0.0], [50.0, 0.0]], np.float32), real=np.zeros((1, 2))))
    assert pixels.shape == (TOY_SIDE, TOY_SIDE, 3) and cells(np.zeros((3, 2))).size == (TOY_SIDE, TOY_SIDE)
    middle = TOY_SIDE // 2
    assert tuple(pixels[round(middle - middle / 1.25), middle]) == (213, 94, 0)  # y points upwards
    assert tuple(pixels[middle, -1]) == (213, 94, 0)  # far outside: at the border, not lost
    assert tuple(pixels[middle, middle]) == (0, 114, 178)


@pytest.mark.parametrize("wrong", [images(0), images(2).astype(np.float32), images(2, 2), np.zeros((4, 3), np.float32)])
def test_other_arrays_are_refused(wrong):
    with pytest.raises(ValueError, match="A sheet takes"):
        sheet(wrong)
