"""Two small numerical tools for the loops: an exponential and the Philox generator.

**exp.** ``exp_nonpositive(x)`` for x <= 0: with k = round(x / ln 2) and r = x - k ln 2 in
[-0.3466, 0.3466] (Cody & Waite's two-part ln 2), exp(x) = 2^k P(r), P the Taylor polynomial of
degree 13, whose truncation error is below 4e-18; the result is within 2 units in the last place
of the true value down to x = -708 and 0 below. It has no branch and no table, so that a loop over it
runs in vector registers, and it gives the same digits on every machine, which the system's
exponential does not promise.

**Philox.** ``philox(c0, c1, key0, key1)`` is Philox4x64-10 (Salmon et al. 2011, "Parallel random
numbers: as easy as 1, 2, 3", table 2 and section 3.3) at the counter (c0, c1, 0, 0): four
independent 64-bit words. It is NumPy's ``numpy.random.Philox``, which steps its counter before use,
so that ``Philox(counter=[0, n, 0, 0], key=key).random_raw(4 * T)`` are the words at c0 = 1..T.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from negotiation.kernels.compiling import inlined

LOG2_E = 1.4426950408889634
LN2_HIGH = 0.6931471803691238  # trailing zeros: k * LN2_HIGH is exact for |k| < 2^20
LN2_LOW = 1.9082149292705877e-10
SHIFTER = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer kept in the low bits
LOWEST = -708.0

MULTIPLIER_0 = np.uint64(0xD2E7470EE14C6C93)
MULTIPLIER_1 = np.uint64(0xCA5A826395121157)
WEYL_0 = np.uint64(0x9E3779B97F4A7C15)
WEYL_1 = np.uint64(0xBB67AE8584CAA73B)


@intrinsic  # type: ignore[untyped-decorator]
def _scale_by_power(typing_context: Any, value: Any, shifted: Any) -> Any:
    """Value * 2^k, where `shifted` is SHIFTER + k: adds k to the exponent bits of `value`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer, double = ir.IntType(64), ir.DoubleType()
        mantissa = builder.bitcast(arguments[0], integer)
        power = builder.shl(builder.bitcast(arguments[1], integer), ir.Constant(integer, 52))
        return builder.bitcast(builder.add(mantissa, power), double)

    return types.float64(types.float64, types.float64), generate


@intrinsic  # type: ignore[untyped-decorator]
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """A * b + c, rounded once: the same digits on every machine."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _multiply(typing_context: Any, one: Any, other: Any) -> Any:
    """The upper and the lower 64 bits of the 128-bit product of two unsigned words."""
    result = types.UniTuple(types.uint64, 2)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        halves = [builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word), builder.trunc(product, word)]
        return context.make_tuple(builder, result, halves)

    return result(types.uint64, types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _in_register(typing_context: Any, word: Any) -> Any:
    """The same word, passed through an empty instruction.

    Without it the compiler packs four generators into vector registers, which hold no 128-bit
    products, and unpacks them at every multiplication: half the speed.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = ir.IntType(64)
        return builder.asm(ir.FunctionType(integer, [integer]), "", "=r,0", arguments, side_effect=True)

    return types.uint64(types.uint64), generate


@inlined
def exp_nonpositive(x: float) -> float:
    """exp(x) for x <= 0; 0 below -708."""
    bounded = max(x, LOWEST)
    shifted = fma(bounded, LOG2_E, SHIFTER)
    k = shifted - SHIFTER
    r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, bounded))
    r2 = r * r
    r4 = r2 * r2
    # Estrin's scheme: short chains of dependent steps, so that several run at once.
    p01 = 1.0 + r
    p23 = fma(r, 1 / 6, 1 / 2)
    p45 = fma(r, 1 / 120, 1 / 24)
    p67 = fma(r, 1 / 5040, 1 / 720)
    p89 = fma(r, 1 / 362880, 1 / 40320)
    p1011 = fma(r, 1 / 39916800, 1 / 3628800)
    p1213 = fma(r, 1 / 6227020800, 1 / 479001600)
    p03, p47, p811 = fma(r2, p23, p01), fma(r2, p67, p45), fma(r2, p1011, p89)
    p813 = fma(r4, p1213, p811)
    p07 = fma(r4, p47, p03)
    p: float = fma(r4 * r4, p813, p07)
    scaled: float = _scale_by_power(p, shifted)
    return scaled if x >= LOWEST else 0.0


@inlined
def philox(c0: Any, c1: Any, key0: Any, key1: Any) -> tuple[Any, Any, Any, Any]:
    """Four uint64 words: Philox4x64-10 at the counter (c0, c1, 0, 0)."""
    x0, x1, x2, x3 = np.uint64(c0), _in_register(np.uint64(c1)), np.uint64(0), np.uint64(0)
    k0, k1 = np.uint64(key0), np.uint64(key1)
    for _ in range(10):
        high0, low0 = _multiply(MULTIPLIER_0, x0)
        high1, low1 = _multiply(MULTIPLIER_1, x2)
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
        k0 += WEYL_0
        k1 += WEYL_1
    return x0, x1, x2, x3
