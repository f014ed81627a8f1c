"""The zoo: every network's exact cost, and that it agrees with the literature.

`reference/torchvision.json` and `reference/mobilenet.json` hold counts that were made apart from costcalc.
"""

from __future__ import annotations

import json
import re
import runpy
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from costcalc import Analysis, analyze, load
from costcalc.layers import KINDS
from costcalc.network import Node
from costcalc.reading.document import parse

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
NAMES = [path.stem for path in SPECS]
REFERENCE = Path(__file__).parent / "reference"
TORCHVISION: dict[str, Any] = json.loads((REFERENCE / "torchvision.json").read_text(encoding="utf-8"))
MOBILENET: dict[str, Any] = json.loads((REFERENCE / "mobilenet.json").read_text(encoding="utf-8"))

#: multiplies and params as written.
WRITTEN = {
    "alexnet": (714_188_480, 61_100_840),
    "alexnet_blurred": (922_468_352, 61_100_840),
    "alexnet_original": (724_406_816, 60_965_224),
    "autoencoder": (264_192, 267_928),
    "c3d": (38_548_959_232, 79_991_015),
    "centernet_resnet18": (17_880_317_952, 15_525_072),
    "convnext_tiny": (4_455_531_264, 28_589_128),
    "convnextv2_atto": (547_332_480, 3_708_400),
    "crnn": (715_367_424, 8_723_749),
    "cspdarknet53": (26_131_537_920, 27_642_184),
    "darknet53": (9_285_115_904, 41_609_928),
    "dcgan": (640_614_400, 18_871_427),
    "deformable_resnet50": (6_257_389_568, 25_805_918),
    "densenet121": (2_834_161_664, 7_978_856),
    "ds_cnn": (2_656_768, 23_756),
    "eegnet": (4_341_888, 2_258),
    "efficientnet_b0": (385_814_752, 5_288_548),
    "efficientnet_b1": (686_802_832, 7_794_184),
    "efficientnet_b2": (1_087_529_456, 9_109_994),
    "efficientnet_b3": (1_827_141_392, 12_233_232),
    "efficientnet_b4": (4_393_771_024, 19_341_616),
    "efficientnet_b5": (10_266_384_752, 30_389_784),
    "efficientnet_b6": (19_067_593_536, 43_040_704),
    "efficientnet_b7": (37_745_884_192, 66_347_960),
    "elman": (95_400, 31_981),
    "espcn": (163_458_400, 22_729),
    "facenet_nn2": (1_596_530_688, 7_456_304),
    "fsrcnn": (717_926_400, 12_809),
    "googlenet": (1_498_376_192, 6_624_904),
    "googlenet_original": (1_582_671_872, 6_998_552),
    "gpt2": (106_300_440_576, 124_439_808),
    "inception_v3": (5_713_216_096, 23_834_568),
    "infersent": (8_390_144, 8_390_659),
    "keyword_crnn": (4_095_616, 229_090),
    "lenet5": (416_520, 61_706),
    "lightcnn9": (976_748_544, 5_480_864),
    "lraspp_mobilenet_v3_large": (2_086_219_688, 3_221_538),
    "m5": (1_880_256, 26_915),
    "mip_nerf": (610_304, 612_740),
    "mixer_b16": (12_601_767_936, 59_880_472),
    "mnasnet1_0": (314_415_872, 4_383_312),
    "mobilenet_v1": (568_740_352, 4_231_976),
    "mobilenet_v1_025_vww": (7_489_664, 216_322),
    "mobilenet_v1_075": (325_400_448, 2_585_560),
    "mobilenet_v1_shallow": (307_323_392, 2_887_976),
    "mobilenet_v1_slim": (568_741_376, 4_233_001),
    "mobilenet_v1_standard": (4_867_293_184, 29_294_088),
    "mobilenet_v2": (300_774_272, 3_504_872),
    "mobilenet_v3_large": (216_589_760, 5_483_032),
    "mobilenet_v3_small": (56_510_400, 2_542_856),
    "outlooker": (79_140_096, 168_102),
    "pointnet": (448_025_856, 3_480_049),
    "regnet_y_400mf": (401_842_848, 4_344_144),
    "resnet101": (7_801_405_440, 44_549_160),
    "resnet152": (11_513_626_624, 60_192_808),
    "resnet18": (1_814_073_344, 11_689_512),
    "resnet18_option_a": (1_794_805_760, 11_515_688),
    "resnet34": (3_663_761_408, 21_797_672),
    "resnet50": (4_089_184_256, 25_557_032),
    "resnet50_gn": (4_089_184_256, 25_557_032),
    "resnet50_original": (3_857_973_248, 25_557_032),
    "resnet8": (12_501_632, 78_186),
    "reuters_selu": (18_016, 18_158),
    "se_resnet50": (3_860_488_192, 28_088_024),
    "shufflenet_v1_g1": (143_078_976, 1_530_936),
    "shufflenet_v1_g2": (140_836_512, 1_732_848),
    "shufflenet_v1_g3": (137_460_672, 1_864_728),
    "shufflenet_v1_g4": (134_339_776, 1_967_344),
    "shufflenet_v1_g8": (138_365_952, 2_433_768),
    "shufflenet_v2_x0_5": (40_476_448, 1_366_792),
    "shufflenet_v2_x1_0": (144_907_992, 2_278_604),
    "shufflenet_v2_x1_5": (295_759_392, 3_503_624),
    "shufflenet_v2_x2_0": (583_253_464, 7_393_996),
    "siamese": (1_817_251_840, 38_951_745),
    "squeezenet1_0": (818_924_576, 1_248_424),
    "squeezenet1_1": (349_151_936, 1_235_496),
    "style_transfer": (10_078_912_512, 1_679_235),
    "swin_t": (4_490_566_656, 28_288_354),
    "tinyllama": (2_496_449_740_800, 1_100_048_384),
    "twin_critics": (259_000, 260_402),
    "unet": (150_428_424_448, 31_030_658),
    "vdcnn9": (305_143_808, 14_176_148),
    "vgg11": (7_609_090_048, 132_863_336),
    "vgg13": (11_308_466_176, 133_047_848),
    "vgg16": (15_470_264_320, 138_357_544),
    "vgg16_c": (11_770_888_192, 133_638_952),
    "vgg19": (19_632_062_464, 143_667_240),
    "vit_b_16": (17_563_828_224, 86_567_656),
    "xception": (8_357_403_496, 22_855_952),
    "yolov2": (14_680_167_424, 50_655_389),
    "zfnet": (1_168_032_896, 62_357_608),
}

#: multiplies and params of the standard and the separable version, where somebody else counted them.
STANDARD = {
    "mobilenet_v1": (4_867_293_184, 29_294_088),
    "mobilenet_v1_standard": (4_867_293_184, 29_294_088),
    "mobilenet_v2": (1_224_972_288, 11_131_976),
    "ds_cnn": (18_752_768, 151_756),
}
SEPARABLE = {
    "mobilenet_v1": (568_740_352, 4_231_976),
    "mobilenet_v1_standard": (568_740_352, 4_231_976),
}

#: params with each norm folded into its convolution: weights and biases (MLPerf Tiny's models as deployed).
FOLDED = {"autoencoder": 265_864, "ds_cnn": 22_604, "resnet8": 77_706, "mobilenet_v1_025_vww": 210_850}

#: Networks of whose cost the source prints nothing.
UNPRINTED = {
    "alexnet_blurred",
    "c3d",
    "centernet_resnet18",
    "crnn",
    "dcgan",
    "deformable_resnet50",
    "eegnet",
    "elman",
    "espcn",
    "infersent",
    "lightcnn9",
    "outlooker",
    "resnet50_gn",
    "reuters_selu",
    "siamese",
    "style_transfer",
    "twin_critics",
    "unet",
    "vdcnn9",
    "zfnet",
}

WEIGHTED = {"conv", "depthwise_conv", "linear"}


@cache
def analysis(name: str, width: str | None = None, resolution: int | None = None) -> Analysis:
    size = None if resolution is None else str(resolution)
    return analyze(load(f"zoo:{name}", width_multiplier=width, resolution=size))


def costs(result: Analysis, version: str = "written") -> tuple[int, int]:
    total = getattr(result, version)
    return total.multiplies, total.params


def weighted_nodes(result: Analysis) -> Iterator[Node]:
    for layer in result.layers:
        yield from (node for node in layer.nodes["written"] if node.layer.type in WEIGHTED)


def own_cost(node: Node) -> tuple[int, int]:
    """Multiplies and params of a convolution or linear layer itself, without norm and activation."""
    return node.tally.sum("multiplies"), node.tally.sum("weights") + node.tally.sum("biases")


def test_the_table_holds_the_whole_zoo() -> None:
    assert list(WRITTEN) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_cost_as_written(name: str) -> None:
    assert costs(analysis(name)) == WRITTEN[name]


@pytest.mark.parametrize("name", STANDARD)
def test_cost_of_the_standard_version(name: str) -> None:
    assert costs(analysis(name), "standard") == STANDARD[name]


@pytest.mark.parametrize("name", SEPARABLE)
def test_cost_of_the_separable_version(name: str) -> None:
    assert costs(analysis(name), "separable") == SEPARABLE[name]


@pytest.mark.parametrize("name", FOLDED)
def test_params_with_folded_norms(name: str) -> None:
    assert sum(own_cost(node)[1] for node in weighted_nodes(analysis(name))) == FOLDED[name]


@pytest.mark.parametrize("name", [name for name in TORCHVISION if name != "_"])
def test_layers_are_those_of_torchvision(name: str) -> None:
    theirs = TORCHVISION[name]
    assert costs(analysis(name)) == (theirs["multiplies"], theirs["params"])
    counted = Counter(map(own_cost, weighted_nodes(analysis(name))))
    assert counted == {(multiplies, params): count for multiplies, params, count in theirs["layers"]}


def test_layers_of_mobilenet_v1_one_by_one() -> None:
    assert [list(own_cost(node)) for node in weighted_nodes(analysis("mobilenet_v1"))] == MOBILENET[
        "v1_layers"
    ]


def mobilenet_v1(key: str) -> Analysis:
    """The network of a key in the reference: ``0.75_160``, ``shallow_1.0_224``, ``full_conv_1.0_224``."""
    *variant, width, resolution = key.split("_")
    name = {"shallow": "mobilenet_v1_shallow", "full": "mobilenet_v1_standard"}.get("".join(variant[:1]))
    return analysis(name or "mobilenet_v1", width, int(resolution))


def part_of_table_2(node: Node) -> str:
    """The row of the paper's Table 2 in which a layer of MobileNet V1 is counted."""
    if node.layer.type == "conv":
        return f"conv{node.layer.kernel_size}x{node.layer.kernel_size}"  # type: ignore[attr-defined]
    return {"depthwise_conv": "dw3x3", "linear": "fc"}[node.layer.type]


@pytest.mark.parametrize("key", MOBILENET["v1"])
def test_mobilenet_v1_at_every_width_and_resolution(key: str) -> None:
    result, expected = mobilenet_v1(key), MOBILENET["v1"][key]
    assert costs(result) == (expected["multiplies"], expected["params"])
    parts = {part: [0, 0] for part in expected["by"]}
    for node in weighted_nodes(result):
        sums = parts[part_of_table_2(node)]
        sums[:] = (total + own for total, own in zip(sums, own_cost(node), strict=True))
    assert parts == expected["by"]


def test_mobilenet_v1_written_narrow_is_mobilenet_v1_made_narrow() -> None:
    assert costs(analysis("mobilenet_v1_075")) == costs(analysis("mobilenet_v1", "0.75"))


@pytest.mark.parametrize(("width", "resolution", "multiplies", "params"), MOBILENET["v2"])
def test_mobilenet_v2_at_every_width_and_resolution(
    width: str, resolution: int, multiplies: int, params: int
) -> None:
    result = analysis("mobilenet_v2", width, resolution)
    *_, classifier = weighted_nodes(result)
    features = classifier.input_shapes[0].channels
    more = (features, features + 1)  # for the 1001st class
    assert costs(result) == (multiplies - more[0], params - more[1])


@pytest.mark.parametrize(
    ("width", "resolution", "standard", "separable"),
    [
        (None, None, (462_422_016, 2_359_296), (52_283_392, 266_752)),
        ("0.75", None, None, (29_578_752, 150_912)),
        ("0.75", 160, None, (15_091_200, 150_912)),
    ],
)
def test_table_3_of_the_mobilenet_paper(
    width: str | None, resolution: int | None, standard: tuple[int, int] | None, separable: tuple[int, int]
) -> None:
    layer = next(layer for layer in analysis("mobilenet_v1", width, resolution).layers if layer.repeat == 5)
    halves = [own_cost(node) for node in layer.nodes["written"] if node.layer.type in WEIGHTED][:2]
    assert tuple(map(sum, zip(*halves, strict=True))) == separable
    if standard is not None:
        (whole, *_) = (own_cost(node) for node in layer.nodes["standard"] if node.layer.type in WEIGHTED)
        assert whole == standard


def test_a_group_norm_that_cannot_follow_the_depthwise_half_keeps_its_convolution() -> None:
    stem = analysis("resnet50_gn").layers[0]
    assert stem.separable == stem.written
    assert any("32 norm groups do not divide 3 channels" in note for note in stem.notes)


def test_shared_weights_are_counted_once() -> None:
    left, right = analysis("siamese").layers[:2]
    assert left.written.multiplies == right.written.multiplies
    assert (left.written.params, right.written.params) == (38_947_648, 0)


def test_every_kind_appears_in_the_zoo() -> None:
    written = set()
    for path in SPECS:
        data = parse(path.read_text(encoding="utf-8"), path.name).data
        blocks = [entry for block in data.get("blocks", {}).values() for entry in block["layers"]]
        written |= set(kinds_in([data["layers"], blocks]))
    made = {
        node.layer.type
        for name in NAMES
        for layer in analysis(name).layers
        for node in layer.nodes["written"]
    }
    assert set(KINDS) - written - made == set()


def kinds_in(value: object) -> Iterator[str]:
    """The types of all layers below, however deep in bodies and paths."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from kinds_in(item)
    elif isinstance(value, dict):
        yield str(value.get("type"))
        for field in ("body", "paths", "shortcut"):
            yield from kinds_in(value.get(field))


@pytest.mark.parametrize("path", SPECS, ids=NAMES)
def test_a_spec_is_written_to_be_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# [A-Z0-9].*\.$", lines[0])
    assert [line for line in lines if len(line) > 120 or line != line.rstrip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_names_its_source_and_what_that_prints(name: str) -> None:
    result = analysis(name)
    assert result.name
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|\((19|20)\d\d\)", result.spec.source or "")
    assert bool(result.spec.published) == (name not in UNPRINTED)
    assert result.warnings == ()
    assert set(result.spec.variants) <= set(NAMES)


@pytest.mark.parametrize("name", [f"b{index}" for index in range(8)])
def test_efficientnets_are_as_their_generator_writes_them(name: str) -> None:
    spec = runpy.run_path(str(ROOT / "specs/generate_efficientnet.py"))["spec"]
    assert (ROOT / f"specs/efficientnet_{name}.yaml").read_text(encoding="utf-8") == spec(name)


def test_the_budget_of_mobilenet_v1_is_met() -> None:
    budget = analysis("mobilenet_v1").spec.budget
    assert [budget.multiplies.max, budget.params.max] == [600_000_000, 4_300_000]
