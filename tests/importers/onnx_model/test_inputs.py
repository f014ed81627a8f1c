"""The sizes that a model leaves open, said by --input."""

from __future__ import annotations

import pytest

from costcalc.interop.importers.errors import ModelError
from importers.onnx_model.graphs import flat_of, helper, model, node

OPEN = {"image": ("batch", 3, "height", "width")}
TWO = {"left": (1, 3, "h", "w"), "right": (1, 3, 8, 8)}


def open_model(inputs):
    names = list(inputs)
    nodes = [node("Conv", f"{name} w", f"c{name}") for name in names]
    joined = node("Concat", " ".join(f"c{name}" for name in names), axis=1)
    return model([*nodes, joined], inputs, {"w": (4, 3, 1, 1)})


@pytest.mark.parametrize(
    "text", ["image=1x3x32x48", "1x3x32x48", "image=5x3x32x48", "image=1,3,32,48", "1×3×32×48"]
)
def test_sizes(text):
    assert [str(shape) for shape in flat_of(open_model(OPEN), text).inputs.values()] == ["32x48x3"]


def test_sizes_that_are_fixed_can_be_others():
    made = open_model({"image": (1, 3, 32, 32)})
    assert str(flat_of(made, "image=1x3x64x64").inputs["input"]) == "64x64x3"


def test_one_of_two_inputs():
    flat = flat_of(open_model(TWO), "left=1x3x8x8")
    assert [str(shape) for shape in flat.inputs.values()] == ["8x8x3", "8x8x3"]


@pytest.mark.parametrize(
    ("inputs", "texts", "message", "hint"),
    [
        (
            OPEN,
            [],
            'the input "image" has sizes that the file leaves open: batchx3xheightxwidth',
            "say them, for example --input image=1x3x224x224",
        ),
        (OPEN, ["picture=1x3x8x8"], 'the model has no input "picture"; its inputs: image', ""),
        (TWO, ["1x3x8x8"], '--input "1x3x8x8" does not say which input it is: left, right', ""),
        (
            OPEN,
            ["image=3x8x8"],
            'the input "image" has 4 axes (batchx3xheightxwidth), but --input gives 3',
            "",
        ),
        (
            OPEN,
            ["image=8x6x3"],
            'the input "image" has 4 axes (batchx3xheightxwidth), but --input gives 3',
            "say them in its order: --input image=1x3x8x6",
        ),
        (
            OPEN,
            ["image=2x8x6x3"],
            'the input "image" has its channels first: 2x8x6x3 gives 8 of them',
            "say them in its order: --input image=2x3x8x6",
        ),
        (
            OPEN,
            ["image=big"],
            '--input "image=big" should be NAME=1x3x224x224, in the order of the model\'s own axes',
            "",
        ),
        (OPEN, ["image=1x3x0x8"], '--input "image=1x3x0x8": a size must be between 1 and 2147483647', ""),
        (
            OPEN,
            ["image=1x3x99999999999x8"],
            '--input "image=1x3x99999999999x8": a size must be between 1 and 2147483647',
            "",
        ),
    ],
)
def test_refused(inputs, texts, message, hint):
    with pytest.raises(ModelError) as caught:
        flat_of(open_model(inputs), *texts)
    assert str(caught.value).endswith(message)
    assert caught.value.hint == hint


def test_a_shape_that_the_file_does_not_say():
    made = open_model(OPEN)
    made.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", 1, None))
    with pytest.raises(ModelError, match='does not say the shape of the input "image"'):
        flat_of(made)
    assert str(flat_of(made, "image=1x3x8x8").inputs["input"]) == "8x8x3"


def test_no_input():
    with pytest.raises(ModelError, match="the model has no input"):
        flat_of(model([node("Relu", "w")], {}, {"w": (1, 3)}))


@pytest.mark.parametrize("text", ["640", "image=640"])
def test_one_number_is_every_size_that_is_open(text):
    assert str(flat_of(open_model(OPEN), text).inputs["input"]) == "640x640x3"


def test_channels_that_are_open_are_those_of_the_first_convolution():
    made = model([node("Conv", "x w", group=2)], {"x": ("n", "c", "h", "w")}, {"w": (4, 3, 1, 1)})
    assert str(flat_of(made, "32").inputs["input"]) == "32x32x6"
    with pytest.raises(ModelError) as caught:
        flat_of(made)
    assert caught.value.hint == "say them, for example --input x=1x6x224x224"


def test_one_number_is_no_size_of_a_model_that_leaves_none_open():
    with pytest.raises(ModelError, match="has 4 axes"):
        flat_of(open_model({"image": (1, 3, 32, 32)}), "640")


def test_a_shape_that_is_not_said_is_suggested_by_the_first_convolution():
    made = model([node("Conv", "x w")], {"x": (1, 5, 8)}, {"w": (4, 5, 3)})
    made.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ModelError) as caught:
        flat_of(made)
    assert caught.value.hint == "say them, for example --input x=1x5x224"


HUGE = 2**31 - 1


@pytest.mark.parametrize("kind", ["Relu", "Flatten"])
@pytest.mark.parametrize(
    ("dims", "what"),
    [
        ((HUGE,) * 500, "has 500 axes, and 64 is the most that is read"),
        ((2,) * 20_000, "has 20000 axes, and 64 is the most that is read"),
        ((1,) * 100_000, "has 100000 axes, and 64 is the most that is read"),
        ((1, HUGE, HUGE, HUGE), "has more than 10^18 elements"),
    ],
    ids=["500 of any size", "20,000 of 2", "100,000 of 1", "four of any size"],
)
def test_an_input_that_is_too_large_is_refused_before_it_is_computed_with(kind, dims, what):
    with pytest.raises(ModelError) as caught:
        flat_of(model([node(kind, "x")], {"x": dims}))
    assert str(caught.value).endswith(f'the input "x" {what}')


@pytest.mark.parametrize(
    ("nodes", "numbers"),
    [
        ([node("Resize", "x - - s")], {"s": [1, 8, HUGE, HUGE]}),
        ([node("ConstantOfShape", "s", "z"), node("Add", "x z")], {"s": [HUGE, HUGE, 8, 8, 8]}),
        ([node("Unsqueeze", "x s")], {"s": list(range(500))}),
        ([node("ConstantOfShape", "s", "z"), node("Add", "x z")], {"s": [2] * 20_000}),
    ],
    ids=["resized", "broadcast", "axes added", "a constant"],
)
def test_what_is_made_of_an_input_is_bounded_as_well(nodes, numbers):
    with pytest.raises(ModelError, match=r"10\^18 elements|axes, and 64 is the most"):
        flat_of(model(nodes, {"x": (1, 8, 8, 8)}, numbers=numbers))
