"""The steps of a network under a planner: which operation makes which buffer, of what it takes, in how many bytes.

The operations stand in the order written. A function of one tensor that alone takes what the operation before it
makes shares its buffer and is no step.
"""

from typing import NamedTuple

from costcalc.dtype import Dtype, resolver, tensor_bytes
from costcalc.network import Network
from costcalc.planners.planner import BY_CHANNEL, IGNORED, SHARED, Planner


class Step(NamedTuple):
    """One step: its nodes, of which the first makes the buffer; the buffers it takes, each once.

    A buffer is the index of the step that makes it, or ``~0``, ``~1``, … of the network's inputs. ``channel`` are
    the bytes of one channel of the output, where the rule needs them.
    """

    nodes: tuple[int, ...]
    inputs: tuple[int, ...]
    output: int
    rule: str
    channel: int = 0


class Steps(NamedTuple):
    """All steps in the order written, the bytes of the network's inputs, and which buffers are its outputs.

    ``state`` are the inputs that the network itself has kept: each is copied for the first step that takes it.
    ``step_of`` says for each node which step it is a part of; None for what is a weight, or made of weights alone.
    """

    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: frozenset[int]
    step_of: tuple[int | None, ...]
    state: frozenset[int] = frozenset()

    def size(self, buffer: int) -> int:
        """The bytes of a buffer."""
        return self.steps[buffer].output if buffer >= 0 else self.inputs[~buffer]

    def consumers(self) -> dict[int, list[int]]:
        """The steps that take each buffer, in order; of a buffer that nothing takes, none."""
        found: dict[int, list[int]] = {buffer: [] for buffer in range(-len(self.inputs), len(self.steps))}
        for index, step in enumerate(self.steps):
            for buffer in step.inputs:
                found[buffer].append(index)
        return found


def steps_of(network: Network, planner: Planner, dtype: Dtype) -> Steps:
    """The steps. Raises CostcalcError where the planner has no rule for a kind."""
    dtypes = resolver(dtype)
    alone = network.only_consumers()
    buffers: list[int | None] = []  # of each node
    made: list[Step] = []
    parts: list[list[int]] = []
    for index, node in enumerate(network.nodes):
        rule = planner.rule(node.kind)
        if rule == IGNORED:
            buffers.append(None)
            continue
        word = dtypes(node.dtype).activations
        size = planner.aligned(tensor_bytes(node.output.elements, word))
        source = node.inputs[0] if node.inputs else -1
        if rule == SHARED and source >= 0 and alone.get(source) == index:
            home = buffers[source]
            if home is None or made[home].output == size:
                buffers.append(home)
                if home is not None:
                    parts[home].append(index)
                continue
        taken = [value if value < 0 else buffers[value] for value in node.inputs]
        inputs = tuple(dict.fromkeys([buffer for buffer in taken if buffer is not None]))
        channel = 0
        if rule == BY_CHANNEL:
            channel = planner.aligned(tensor_bytes(node.output.positions, word))
        buffers.append(len(made))
        made.append(Step((index,), inputs, size, rule, channel))
        parts.append([index])
    steps = tuple(
        [
            step if len(nodes) == 1 else step._replace(nodes=tuple(nodes))
            for step, nodes in zip(made, parts, strict=True)
        ]
    )
    inputs = tuple(
        [
            planner.aligned(tensor_bytes(shape.elements, dtype.activations))
            for shape in network.inputs.values()
        ]
    )
    state = frozenset(~index for index, name in enumerate(network.inputs) if name in network.spec.state)
    return Steps(steps, inputs, _outputs(network, steps, buffers), tuple(buffers), state)


def _outputs(network: Network, steps: tuple[Step, ...], buffers: list[int | None]) -> frozenset[int]:
    """The network's output, and what no step takes: somebody else does, or else it is the state's next value."""
    taken = {buffer for step in steps for buffer in step.inputs}
    found = {index for index in range(len(steps)) if index not in taken and not network.spec.state}
    output = network.output if network.output < 0 else buffers[network.output]
    return frozenset(found if output is None else {*found, output})
