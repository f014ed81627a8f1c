"""What stands where in a TFLite file: the numbers of fields, operators and types.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs; held against the package ``tflite`` by a test.
"""

from __future__ import annotations

from collections.abc import Mapping

IDENTIFIER = b"TFL3"

#: Table -> field -> its number.
FIELDS: Mapping[str, Mapping[str, int]] = {
    "Model": {"version": 0, "operator_codes": 1, "subgraphs": 2, "description": 3, "buffers": 4},
    "SubGraph": {"tensors": 0, "inputs": 1, "outputs": 2, "operators": 3, "name": 4},
    "OperatorCode": {"deprecated_builtin_code": 0, "custom_code": 1, "builtin_code": 3},
    "Operator": {
        "opcode_index": 0,
        "inputs": 1,
        "outputs": 2,
        "builtin_options": 4,
        "custom_options": 5,
    },
    "Tensor": {
        "shape": 0,
        "type": 1,
        "buffer": 2,
        "name": 3,
        "quantization": 4,
        "is_variable": 5,
        "sparsity": 6,
        "shape_signature": 7,
    },
    "Buffer": {"data": 0, "offset": 1, "size": 2},
    "QuantizationParameters": {"scale": 2, "zero_point": 3},
}

_OPERATORS = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
    FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC
    LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX
    SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD
    UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE
    UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE
    BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL
    LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT
    RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT
    UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
    LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK
    ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4
    NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
    PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS
    HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE
    READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL
    GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2
    UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE
    STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE
    STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE
    STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG
    STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT
    STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT
    STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL
    STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE
    STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT
"""
#: Operators by number.
OPERATORS = tuple(_OPERATORS.split())
CUSTOM = OPERATORS.index("CUSTOM")

_POOL = "padding:b stride_w:i stride_h:i filter_width:i filter_height:i fused_activation_function:b"
_FUSED = "fused_activation_function:b"
_REDUCER = "keep_dims:?"

#: TfliteOperator -> the fields of its options in order, each with its format, and its default where that is not 0.
#: ``*i`` is a list.
OPTIONS: Mapping[str, str] = {
    "CONV_2D": "padding:b stride_w:i stride_h:i fused_activation_function:b dilation_w_factor:i=1 "
    "dilation_h_factor:i=1",
    "DEPTHWISE_CONV_2D": "padding:b stride_w:i stride_h:i depth_multiplier:i fused_activation_function:b "
    "dilation_w_factor:i=1 dilation_h_factor:i=1",
    "CONV_3D": "padding:b stride_d:i stride_w:i stride_h:i fused_activation_function:b dilation_d_factor:i=1 "
    "dilation_w_factor:i=1 dilation_h_factor:i=1",
    "TRANSPOSE_CONV": "padding:b stride_w:i stride_h:i fused_activation_function:b",
    "FULLY_CONNECTED": "fused_activation_function:b weights_format:b keep_num_dims:?",
    "BATCH_MATMUL": "adj_x:? adj_y:?",
    "AVERAGE_POOL_2D": _POOL,
    "MAX_POOL_2D": _POOL,
    "L2_POOL_2D": _POOL,
    "ADD": _FUSED,
    "SUB": _FUSED,
    "MUL": _FUSED,
    "DIV": _FUSED,
    "L2_NORMALIZATION": _FUSED,
    "CONCATENATION": "axis:i fused_activation_function:b",
    "RESHAPE": "new_shape:*i",
    "SQUEEZE": "squeeze_dims:*i",
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), _REDUCER),
    "STRIDED_SLICE": "begin_mask:i end_mask:i ellipsis_mask:i new_axis_mask:i shrink_axis_mask:i offset:?",
    "SPLIT": "num_splits:i",
    "SPLIT_V": "num_splits:i",
    "PACK": "values_count:i axis:i",
    "UNPACK": "num:i axis:i",
    "GATHER": "axis:i batch_dims:i",
    "LEAKY_RELU": "alpha:f",
    "DEPTH_TO_SPACE": "block_size:i",
    "SPACE_TO_DEPTH": "block_size:i",
    "LOCAL_RESPONSE_NORMALIZATION": "radius:i bias:f alpha:f beta:f",
    "CAST": "in_data_type:b out_data_type:b",
    "VAR_HANDLE": "container:text shared_name:text",
}

_TYPES = """
    FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64 RESOURCE
    VARIANT UINT32 UINT16 INT4 BFLOAT16
"""
#: Types of elements by number, and how ``struct`` reads one; INT4 stands two in a byte, so it is not read.
TYPES = tuple(_TYPES.split())
CODES: Mapping[str, str] = {
    "FLOAT32": "f",
    "FLOAT16": "e",
    "FLOAT64": "d",
    "INT8": "b",
    "UINT8": "B",
    "INT16": "h",
    "UINT16": "H",
    "INT32": "i",
    "UINT32": "I",
    "INT64": "q",
    "UINT64": "Q",
    "BOOL": "?",
}

ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")
PADDINGS = ("SAME_UPPER", "VALID")  # as ONNX calls them
