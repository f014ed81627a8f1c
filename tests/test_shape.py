from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from costcalc.errors import ShapeError
from costcalc.shape import Shape, output_size, same_padding

sizes = st.integers(1, 64)
small = st.integers(1, 7)


@pytest.mark.parametrize(
    ("shape", "text", "positions", "elements"),
    [
        (Shape((224, 224), 3), "224x224x3", 50_176, 150_528),
        (Shape((16_000,), 1), "16000x1", 16_000, 16_000),
        (Shape((16, 112, 112), 3), "16x112x112x3", 200_704, 602_112),
        (Shape((), 640), "640", 1, 640),
        (
            Shape((2**31 - 1,) * 3, 2**31 - 1),
            "x".join(["2147483647"] * 4),
            (2**31 - 1) ** 3,
            (2**31 - 1) ** 4,
        ),
    ],
)
def test_shapes(shape: Shape, text: str, positions: int, elements: int) -> None:
    assert (str(shape), shape.positions, shape.elements) == (text, positions, elements)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "padding", "output"),
    [
        (224, 7, 2, 1, (3, 3), 112),  # ResNet's stem
        (227, 11, 4, 1, (0, 0), 55),  # AlexNet's
        (112, 3, 2, 1, (1, 1), 56),
        (7, 7, 1, 1, (0, 0), 1),
        (5, 2, 2, 1, (0, 0), 2),  # the last column is left over
        (5, 2, 2, 1, (0, 1), 3),
        (9, 3, 1, 2, (0, 0), 5),
        (1, 1, 5, 1, (0, 0), 1),
        (2**31 - 1, 1, 1, 1, (0, 0), 2**31 - 1),
    ],
)
def test_output_size(
    size: int, kernel: int, stride: int, dilation: int, padding: tuple[int, int], output: int
) -> None:
    assert output_size(size, kernel, stride, dilation, padding) == output


@given(
    size=sizes, kernel=small, stride=small, dilation=small, before=st.integers(0, 9), after=st.integers(0, 9)
)
def test_output_size_counts_the_places_where_the_kernel_fits(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    places = 0
    for start in range(-before, size + after, stride):
        places += start + dilation * (kernel - 1) < size + after
    if places:
        assert output_size(size, kernel, stride, dilation, (before, after)) == places
    else:
        with pytest.raises(ShapeError, match="is larger than its padded input"):
            output_size(size, kernel, stride, dilation, (before, after))


@pytest.mark.parametrize(
    ("size", "kernel", "dilation", "padding", "message"),
    [
        (6, 7, 1, (0, 0), "kernel_size (=7) is larger than its padded input (=6)"),
        (3, 7, 1, (1, 2), "kernel_size (=7) is larger than its padded input (=6)"),
        (4, 3, 2, (0, 0), "kernel_size (=3) (dilated to 5) is larger than its padded input (=4)"),
    ],
)
def test_a_kernel_larger_than_its_input(
    size: int, kernel: int, dilation: int, padding: tuple[int, int], message: str
) -> None:
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$") as caught:
        output_size(size, kernel, 1, dilation, padding)
    assert caught.value.field == "kernel_size"


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "padding"),
    [
        (224, 3, 2, 1, (0, 1)),  # an odd total: TensorFlow puts the odd one after
        (224, 7, 2, 1, (2, 3)),
        (225, 3, 2, 1, (1, 1)),
        (14, 3, 1, 1, (1, 1)),
        (14, 3, 1, 2, (2, 2)),
        (14, 2, 1, 1, (0, 1)),
        (14, 1, 2, 1, (0, 0)),  # the stride is larger than the kernel: nothing to pad
    ],
)
def test_same_padding(size: int, kernel: int, stride: int, dilation: int, padding: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride, dilation) == padding


@given(size=sizes, kernel=small, stride=small, dilation=small)
def test_same_padding_makes_the_output_the_input_over_the_stride(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    before, after = same_padding(size, kernel, stride, dilation)
    assert output_size(size, kernel, stride, dilation, (before, after)) == -(-size // stride)
    assert after - before in {0, 1}


@given(size=sizes, kernel=small, stride=small, dilation=small)
def test_same_padding_is_the_least_that_does(size: int, kernel: int, stride: int, dilation: int) -> None:
    total = sum(same_padding(size, kernel, stride, dilation))
    assume(total > 0)
    assert (size + total - 1 - dilation * (kernel - 1) - 1) // stride + 1 < -(-size // stride)
