"""The numbers of zlib's, Brotli's and Zstandard's interfaces, by their names there.

https://nodejs.org/api/zlib.html#zlib-constants
"""

from __future__ import annotations

Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH, Z_BLOCK = 0, 1, 2, 3, 4, 5
Z_OK, Z_STREAM_END, Z_NEED_DICT = 0, 1, 2
Z_ERRNO, Z_STREAM_ERROR, Z_DATA_ERROR, Z_MEM_ERROR, Z_BUF_ERROR, Z_VERSION_ERROR = -1, -2, -3, -4, -5, -6
Z_NO_COMPRESSION, Z_BEST_SPEED, Z_BEST_COMPRESSION, Z_DEFAULT_COMPRESSION = 0, 1, 9, -1
Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED = 0, 1, 2, 3, 4
Z_MIN_WINDOWBITS, Z_MAX_WINDOWBITS, Z_DEFAULT_WINDOWBITS = 8, 15, 15
Z_MIN_CHUNK, Z_DEFAULT_CHUNK = 64, 16 * 1024
Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL, Z_DEFAULT_MEMLEVEL = 1, 9, 8
Z_MIN_LEVEL, Z_MAX_LEVEL, Z_DEFAULT_LEVEL = -1, 9, -1

BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_EMIT_METADATA = 0, 1, 2, 3
ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end = 0, 1, 2

BROTLI: dict[str, int] = {
    "BROTLI_OPERATION_PROCESS": BROTLI_OPERATION_PROCESS, "BROTLI_OPERATION_FLUSH": BROTLI_OPERATION_FLUSH,
    "BROTLI_OPERATION_FINISH": BROTLI_OPERATION_FINISH,
    "BROTLI_OPERATION_EMIT_METADATA": BROTLI_OPERATION_EMIT_METADATA,
    "BROTLI_PARAM_MODE": 0, "BROTLI_MODE_GENERIC": 0, "BROTLI_MODE_TEXT": 1, "BROTLI_MODE_FONT": 2,
    "BROTLI_DEFAULT_MODE": 0,
    "BROTLI_PARAM_QUALITY": 1, "BROTLI_MIN_QUALITY": 0, "BROTLI_MAX_QUALITY": 11, "BROTLI_DEFAULT_QUALITY": 11,
    "BROTLI_PARAM_LGWIN": 2, "BROTLI_MIN_WINDOW_BITS": 10, "BROTLI_MAX_WINDOW_BITS": 24,
    "BROTLI_LARGE_MAX_WINDOW_BITS": 30, "BROTLI_DEFAULT_WINDOW": 22,
    "BROTLI_PARAM_LGBLOCK": 3, "BROTLI_MIN_INPUT_BLOCK_BITS": 16, "BROTLI_MAX_INPUT_BLOCK_BITS": 24,
    "BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING": 4, "BROTLI_PARAM_SIZE_HINT": 5, "BROTLI_PARAM_LARGE_WINDOW": 6,
    "BROTLI_PARAM_NPOSTFIX": 7, "BROTLI_PARAM_NDIRECT": 8,
    "BROTLI_DECODER_RESULT_ERROR": 0, "BROTLI_DECODER_RESULT_SUCCESS": 1, "BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT": 2,
    "BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT": 3,
    "BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION": 0, "BROTLI_DECODER_PARAM_LARGE_WINDOW": 1,
    "BROTLI_DECODER_NO_ERROR": 0, "BROTLI_DECODER_SUCCESS": 1, "BROTLI_DECODER_NEEDS_MORE_INPUT": 2,
    "BROTLI_DECODER_NEEDS_MORE_OUTPUT": 3,
    "BROTLI_DECODER_ERROR_FORMAT_EXUBERANT_NIBBLE": -1, "BROTLI_DECODER_ERROR_FORMAT_RESERVED": -2,
    "BROTLI_DECODER_ERROR_FORMAT_EXUBERANT_META_NIBBLE": -3,
    "BROTLI_DECODER_ERROR_FORMAT_SIMPLE_HUFFMAN_ALPHABET": -4,
    "BROTLI_DECODER_ERROR_FORMAT_SIMPLE_HUFFMAN_SAME": -5, "BROTLI_DECODER_ERROR_FORMAT_CL_SPACE": -6,
    "BROTLI_DECODER_ERROR_FORMAT_HUFFMAN_SPACE": -7, "BROTLI_DECODER_ERROR_FORMAT_CONTEXT_MAP_REPEAT": -8,
    "BROTLI_DECODER_ERROR_FORMAT_BLOCK_LENGTH_1": -9, "BROTLI_DECODER_ERROR_FORMAT_BLOCK_LENGTH_2": -10,
    "BROTLI_DECODER_ERROR_FORMAT_TRANSFORM": -11, "BROTLI_DECODER_ERROR_FORMAT_DICTIONARY": -12,
    "BROTLI_DECODER_ERROR_FORMAT_WINDOW_BITS": -13, "BROTLI_DECODER_ERROR_FORMAT_PADDING_1": -14,
    "BROTLI_DECODER_ERROR_FORMAT_PADDING_2": -15, "BROTLI_DECODER_ERROR_FORMAT_DISTANCE": -16,
    "BROTLI_DECODER_ERROR_DICTIONARY_NOT_SET": -19, "BROTLI_DECODER_ERROR_INVALID_ARGUMENTS": -20,
    "BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES": -21, "BROTLI_DECODER_ERROR_ALLOC_TREE_GROUPS": -22,
    "BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MAP": -25, "BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_1": -26,
    "BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_2": -27, "BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES": -30,
    "BROTLI_DECODER_ERROR_UNREACHABLE": -31,
}

ZSTD: dict[str, int] = {
    "ZSTD_e_continue": ZSTD_e_continue, "ZSTD_e_flush": ZSTD_e_flush, "ZSTD_e_end": ZSTD_e_end,
    "ZSTD_fast": 1, "ZSTD_dfast": 2, "ZSTD_greedy": 3, "ZSTD_lazy": 4, "ZSTD_lazy2": 5, "ZSTD_btlazy2": 6,
    "ZSTD_btopt": 7, "ZSTD_btultra": 8, "ZSTD_btultra2": 9,
    "ZSTD_c_compressionLevel": 100, "ZSTD_c_windowLog": 101, "ZSTD_c_hashLog": 102, "ZSTD_c_chainLog": 103,
    "ZSTD_c_searchLog": 104, "ZSTD_c_minMatch": 105, "ZSTD_c_targetLength": 106, "ZSTD_c_strategy": 107,
    "ZSTD_c_enableLongDistanceMatching": 160, "ZSTD_c_ldmHashLog": 161, "ZSTD_c_ldmMinMatch": 162,
    "ZSTD_c_ldmBucketSizeLog": 163, "ZSTD_c_ldmHashRateLog": 164,
    "ZSTD_c_contentSizeFlag": 200, "ZSTD_c_checksumFlag": 201, "ZSTD_c_dictIDFlag": 202,
    "ZSTD_c_nbWorkers": 400, "ZSTD_c_jobSize": 401, "ZSTD_c_overlapLog": 402,
    "ZSTD_d_windowLogMax": 100, "ZSTD_CLEVEL_DEFAULT": 3,
}

ZSTD_ERRORS: dict[str, tuple[int, str]] = {
    "no_error": (0, "No error detected"),
    "GENERIC": (1, "Error (generic)"),
    "prefix_unknown": (10, "Unknown frame descriptor"),
    "version_unsupported": (12, "Version not supported"),
    "frameParameter_unsupported": (14, "Unsupported frame parameter"),
    "frameParameter_windowTooLarge": (16, "Frame requires too much memory for decoding"),
    "corruption_detected": (20, "Data corruption detected"),
    "checksum_wrong": (22, "Restored data doesn't match checksum"),
    "literals_headerWrong": (24, "Header of Literals' block doesn't respect format specification"),
    "dictionary_corrupted": (30, "Dictionary is corrupted"),
    "dictionary_wrong": (32, "Dictionary mismatch"),
    "dictionaryCreation_failed": (34, "Cannot create Dictionary from provided samples"),
    "parameter_unsupported": (40, "Unsupported parameter"),
    "parameter_combination_unsupported": (41, "Unsupported combination of parameters"),
    "parameter_outOfBound": (42, "Parameter is out of bound"),
    "tableLog_tooLarge": (44, "tableLog requires too much memory : unsupported"),
    "maxSymbolValue_tooLarge": (46, "Unsupported max Symbol Value : too large"),
    "maxSymbolValue_tooSmall": (48, "Specified maxSymbolValue is too small"),
    "stabilityCondition_notRespected": (50, "pledged buffer stability condition is not respected"),
    "stage_wrong": (60, "Operation not authorized at current processing stage"),
    "init_missing": (62, "Context should be init first"),
    "memory_allocation": (64, "Allocation error : not enough memory"),
    "workSpace_tooSmall": (66, "workSpace buffer is not large enough"),
    "dstSize_tooSmall": (70, "Destination buffer is too small"),
    "srcSize_wrong": (72, "Src size is incorrect"),
    "dstBuffer_null": (74, "Operation on NULL destination buffer"),
    "noForwardProgress_destFull": (
        80, "Operation made no progress over multiple calls, due to output buffer being full"),
    "noForwardProgress_inputEmpty": (
        82, "Operation made no progress over multiple calls, due to input being empty"),
}
"""Zstandard's errors: number and text, by name."""

ZLIB: dict[str, int] = {name: value for name, value in globals().items() if name.startswith("Z_")}
