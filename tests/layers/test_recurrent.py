"""lstm, gru, rnn: T·D·G·N·(C_in + R) multiplies; weights once for all steps; biases one or two a gate."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, network, refusal

ROWS = [
    # PyTorch's nn.RNN(6, 5): 9 steps, a matrix of 6·5 and one of 5·5, two biases of 5
    Row("{type: rnn, hidden_size: 5}", "9x6", "9x5", 9 * (30 + 25), 55 + 10),
    # nn.GRU(6, 5): three of each
    Row("{type: gru, hidden_size: 5}", "9x6", "9x5", 9 * 3 * 55, 3 * (55 + 10)),
    # nn.LSTM(6, 5): four
    Row("{type: lstm, hidden_size: 5}", "9x6", "9x5", 9 * 4 * 55, 4 * (55 + 10)),
    # Keras has one bias a gate, but two in a GRU: LSTM(5), SimpleRNN(5) and GRU(5, reset_after=False) on 9x6
    Row("{type: lstm, hidden_size: 5, biases: 1}", "9x6", "9x5", 9 * 220, 220 + 20),
    Row("{type: gru, hidden_size: 5, biases: 1}", "9x6", "9x5", 9 * 165, 165 + 15),
    Row("{type: rnn, hidden_size: 5, biases: 1}", "9x6", "9x5", 9 * 55, 55 + 5),
    Row("{type: lstm, hidden_size: 5, biases: 0}", "9x6", "9x5", 9 * 220, 220),
    # the last step alone is returned: as many multiplies
    Row("{type: lstm, hidden_size: 5, returns: last}", "9x6", "5", 9 * 220, 260),
    # both directions: twice everything, 10 channels
    Row("{type: gru, hidden_size: 5, direction: both}", "9x6", "9x10", 2 * 9 * 165, 2 * 195),
    Row("{type: gru, hidden_size: 5, direction: backward, returns: last}", "9x6", "5", 9 * 165, 195),
    # nn.LSTM(6, 5, 2, bidirectional=True): the second layer reads 10 channels
    Row(
        "{type: lstm, hidden_size: 5, direction: both, layers: 2}",
        "9x6",
        "9x10",
        9 * 2 * (4 * 5 * (6 + 5) + 4 * 5 * (10 + 5)),
        2 * (4 * 5 * (6 + 5) + 4 * 5 * (10 + 5)) + 2 * 2 * 40,
    ),
    # nn.LSTM(6, 5, 3): two layers of 5 + 5 above one of 6 + 5
    Row("{type: lstm, hidden_size: 5, layers: 3}", "9x6", "9x5", 9 * (220 + 2 * 200), 220 + 2 * 200 + 3 * 40),
    # nn.LSTM(6, 5, proj_size=3): 3 are fed back, by a matrix of 5·3
    Row(
        "{type: lstm, hidden_size: 5, projection: 3}", "9x6", "9x3", 9 * (4 * 5 * (6 + 3) + 15), 180 + 15 + 40
    ),
    # nn.LSTM(6, 5, 2, bidirectional=True, proj_size=3): the second layer reads 6
    Row(
        "{type: lstm, hidden_size: 5, projection: 3, layers: 2, direction: both, returns: last}",
        "9x6",
        "6",
        9 * 2 * 2 * (4 * 5 * (6 + 3) + 15),
        2 * 2 * (180 + 15 + 40),
    ),
    # peepholes: 3·5 more weights, which multiply element by element
    Row("{type: lstm, hidden_size: 5, peepholes: true}", "9x6", "9x5", 9 * 220, 260 + 15),
    # the rows of a map are sequences of their own
    Row("{type: rnn, hidden_size: 5}", "4x9x6", "4x9x5", 4 * 9 * 55, 65),
    Row("{type: rnn, hidden_size: 5, returns: last}", "4x9x6", "4x5", 4 * 9 * 55, 65),
]

REFUSED = [
    (
        "{type: gru, hidden_size: 5}",
        "6",
        'gru layer "gru_1" on 6: needs a sequence such as 100x64 (steps x channels), not a vector',
    ),
    (
        "{type: lstm, hidden_size: 5, biases: 3}",
        "9x6",
        'biases of lstm layer "lstm_1" must be 0, 1 or 2, not 3',
    ),
    (
        "{type: rnn, hidden_size: 5, direction: backwards}",
        "9x6",
        'direction of rnn layer "rnn_1" must be forward, backward or both, not "backwards"; did you mean "backward"?',
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_recurrent(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_what_is_refused(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == message


def test_a_projection_is_one_of_an_lstm() -> None:
    assert refusal("{type: gru, hidden_size: 5, projection: 3}", "9x6").startswith(
        'unknown field "projection"'
    )


def test_layers_are_the_same_as_layers_one_by_one() -> None:
    stacked = network("{type: lstm, hidden_size: 5, direction: both, layers: 3, projection: 2}", "9x6").nodes
    repeated = network("{type: lstm, hidden_size: 5, direction: both, repeat: 3, projection: 2}", "9x6").nodes
    for quantity in ("multiplies", "weights", "biases", "gate_values", "states", "gate_bias_additions"):
        assert sum(node.tally.sum(quantity) for node in stacked) == sum(
            node.tally.sum(quantity) for node in repeated
        )


def test_facts_that_other_conventions_weigh() -> None:
    layer = "{type: lstm, hidden_size: 5, direction: both}"
    assert facts(layer, "9x6", "gate_values") == 9 * 2 * 20
    assert facts(layer, "9x6", "states") == 9 * 2 * 5
    assert facts(layer, "9x6", "gate_bias_additions") == 9 * 2 * 40
