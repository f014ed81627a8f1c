"""The devices that come with costcalc, a YAML file each, as a user would write one.

To add one: write its file, and its name here. Each constant has its source.
"""

from __future__ import annotations

import os

#: In the order in which they are listed.
DEVICES = (
    "rtx4090",
    "a100_40gb",
    "h100_sxm",
    "jetson_nano",
    "ethos_u55_256",
    "edge_tpu",
    "stm32h743_tflm",
    "stm32h743_cmsis_nn",
    "stm32h743_xcubeai",
    "stm32h743_tinyengine",
)


def device_path(name: str) -> str:
    """Where the file of a device that comes with costcalc lies."""
    return os.path.join(os.path.dirname(__file__), f"{name}.yaml")
