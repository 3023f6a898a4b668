"""Loops over neighbouring numbers, written straight into vector registers.

A `lanes` function describes one step of a loop by ordinary arithmetic on `Lanes`, eight (at the loop's end
four) neighbouring numbers of tables. It runs once, while Numba compiles the loop around it: each operation
writes one vector instruction. What the loop computes is therefore exactly what the function says, operation by
operation, rounded as written: no sum is reordered, and a product and a sum are rounded together only where
`fma` says so. LLVM splits the vectors into what registers a machine has, so digits are the same everywhere.

Numba's own vectorisation gives up on loops that touch many tables, because it cannot exclude that one
overlaps another; here the function's author answers for it: what a step writes, no other step reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

WIDTH = 4  # numbers of lanes are multiples of it
UNROLLED = 2 * WIDTH  # two registers at once: one's instructions run while the other's wait
LINE = 64  # bytes of a cache line; a vector that lies across two costs double

DOUBLE, INTEGER = ir.DoubleType(), ir.IntType(64)
SHIFTER = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer kept in the low bits

# The Chebyshev series of 2^r on [-1/2, 1/2], cut after degree 11: off by less than 2e-17.
POWERS_OF_TWO = (
    1.0, 0.6931471805599453, 0.24022650695910158, 0.0555041086648217, 0.009618129107587253, 0.001333355814639035,
    0.00015403530463727982, 1.5252733856295574e-05, 1.3215432534254118e-06, 1.0178051192117847e-07,
    7.074194562613105e-09, 4.456675463639861e-10)


class Lanes:
    """Neighbouring numbers in registers, or one number that goes with each of them."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fadd, other)

    def __sub__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fsub, other)

    def __rsub__(self, other: float) -> Lanes:
        return Lanes(self.builder, ir.Constant(DOUBLE, other)) - self

    def __mul__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fmul, other)

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fdiv, other)

    def __rtruediv__(self, other: float) -> Lanes:
        return Lanes(self.builder, ir.Constant(DOUBLE, other)) / self

    def fma(self, factor: Lanes | float, added: Lanes | float) -> Lanes:
        """Self * factor + added, rounded once."""
        a, b = _matched(self, factor)
        a, c = _matched(a, added)
        b, c = _matched(b, c)
        return self._intrinsic("llvm.fma", a, b, c)

    def largest(self, other: Lanes | float) -> Lanes:
        """The larger of both; other where either is not a number."""
        one, other = _matched(self, other)
        greater = self.builder.fcmp_ordered(">", one.value, other.value)
        return Lanes(self.builder, self.builder.select(greater, one.value, other.value))

    def magnitude(self) -> Lanes:
        """Absolute value."""
        return self._intrinsic("llvm.fabs", self)

    def where(self, bits: ir.Value) -> Lanes:
        """Self where the bits are all ones, 0 where they are all zeros."""
        masked = self.builder.and_(self.builder.bitcast(self.value, bits.type), bits)
        return Lanes(self.builder, self.builder.bitcast(masked, self.value.type))

    def unless(self, bits: ir.Value, otherwise: float) -> Lanes:
        """Self where the bits are all ones, the other number where they are all zeros."""
        one, other = _matched(self, otherwise)
        chosen = self.builder.icmp_signed("<", bits, ir.Constant(bits.type, [0] * bits.type.count))
        return Lanes(self.builder, self.builder.select(chosen, one.value, other.value))

    def power_of_two(self, powers: Row) -> Lanes:
        """2^self within 1 unit in the last place, for magnitudes up to 1000; numbers without meaning beyond.

        ``powers`` is the `power_table`: coefficients in memory leave the registers to the numbers.
        """
        c = [powers.lanes(n * UNROLLED, self.value.type.count) for n in range(len(POWERS_OF_TWO))]
        shifted = self + SHIFTER
        r = self - (shifted - SHIFTER)
        # Estrin's scheme: short chains of dependent steps, so that several run at once.
        pairs = [r.fma(high, low) for low, high in zip(c[::2], c[1::2], strict=True)]
        r2 = r * r
        r4 = r2 * r2
        low, middle, high = (r2.fma(pairs[n + 1], pairs[n]) for n in (0, 2, 4))
        mantissa = high.fma(r4, middle).fma(r4, low)
        # The integer part goes straight into the exponent's bits.
        kind = mantissa.value.type
        whole = ir.VectorType(INTEGER, kind.count)
        bits = self.builder.bitcast(mantissa.value, whole)
        power = self.builder.shl(self.builder.bitcast(shifted.value, whole), ir.Constant(whole, [52] * kind.count))
        return Lanes(self.builder, self.builder.bitcast(self.builder.add(bits, power), kind))

    def _intrinsic(self, name: str, *operands: Lanes) -> Lanes:
        kind = operands[0].value.type
        suffix = f"v{kind.count}f64" if isinstance(kind, ir.VectorType) else "f64"
        signature = ir.FunctionType(kind, [kind] * len(operands))
        function = cgutils.get_or_insert_function(self.builder.module, signature, f"{name}.{suffix}")
        return Lanes(self.builder, self.builder.call(function, [operand.value for operand in operands]))

    def _with(self, operation: Callable[..., ir.Value], other: Lanes | float) -> Lanes:
        one, other = _matched(self, other)
        return Lanes(self.builder, operation(one.value, other.value))


def _matched(one: Lanes, other: Lanes | float) -> tuple[Lanes, Lanes]:
    """Both of the same width, single numbers repeated."""
    if not isinstance(other, Lanes):
        other = Lanes(one.builder, ir.Constant(DOUBLE, other))
    wide, wide_other = (getattr(lanes.value.type, "count", 1) for lanes in (one, other))
    return (_repeated(one, wide_other) if wide < wide_other else one,
            _repeated(other, wide) if wide_other < wide else other)


def _repeated(number: Lanes, width: int) -> Lanes:
    kind = ir.VectorType(DOUBLE, width)
    if isinstance(number.value, ir.Constant):
        return Lanes(number.builder, ir.Constant(kind, [number.value.constant] * width))
    builder, index = number.builder, ir.IntType(32)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), number.value, ir.Constant(index, 0))
    zeros = ir.Constant(ir.VectorType(index, width), [0] * width)
    return Lanes(builder, builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), zeros))


def total(terms: Sequence[Lanes]) -> Lanes:
    """The sum, in pairs: short chains of dependent steps run at once."""
    if len(terms) == 1:
        return terms[0]
    half = (len(terms) + 1) // 2
    return total(terms[:half]) + total(terms[half:])


def product(ones: Sequence[Lanes], others: Sequence[Lanes]) -> Lanes:
    """The sum of products, two at a time."""
    pairs = [ones[n] * others[n] if n + 1 == len(ones) else ones[n].fma(others[n], ones[n + 1] * others[n + 1])
             for n in range(0, len(ones), 2)]
    return total(pairs)


def largest(candidates: Sequence[Lanes]) -> Lanes:
    """The largest of them."""
    result = candidates[0]
    for candidate in candidates[1:]:
        result = result.largest(candidate)
    return result


class Whole:
    """A whole number that the loop is called with, or that an integer table holds."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: Whole | int) -> Whole:
        return Whole(self.builder, self.builder.add(self.value, _integer(other)))

    def __rsub__(self, other: int) -> Whole:
        return Whole(self.builder, self.builder.sub(_integer(other), self.value))

    def __mul__(self, other: Whole | int) -> Whole:
        return Whole(self.builder, self.builder.mul(self.value, _integer(other)))


def _integer(number: Whole | int) -> ir.Value:
    return number.value if isinstance(number, Whole) else ir.Constant(INTEGER, number)


class Lane:
    """Where a step of the loop stands: its first lane, and how many it takes at once."""

    def __init__(self, first: Whole, width: int) -> None:
        self.first, self.width = first, width

    def __add__(self, other: Whole | int) -> Lane:
        """As many lanes further on."""
        return Lane(self.first + other, self.width)


class Row:
    """Numbers side by side, read and written from a lane onwards."""

    def __init__(self, builder: ir.IRBuilder, start: ir.Value) -> None:
        self.builder, self.start = builder, start

    def number(self, index: Whole | int) -> Any:
        """One element: a single number for `Lanes`, or a `Whole` one."""
        value = self.builder.load(self.builder.gep(self.start, [_integer(index)]))
        return (Lanes if value.type == DOUBLE else Whole)(self.builder, value)

    def shifted(self, by: Whole) -> Row:
        """The same row begun elsewhere."""
        return Row(self.builder, self.builder.gep(self.start, [by.value]))

    def lanes(self, first: Whole | int, width: int) -> Lanes:
        """So many numbers from an element onwards."""
        return Lanes(self.builder, self.builder.load(self._address(first, width, DOUBLE), align=8))

    def __getitem__(self, lane: Lane) -> Lanes:
        return self.lanes(lane.first, lane.width)

    def bits(self, lane: Lane) -> ir.Value:
        """The lanes as they are, for `Lanes.where`."""
        return self.builder.load(self._address(lane.first, lane.width, INTEGER), align=8)

    def __setitem__(self, lane: Lane, lanes: Lanes) -> None:
        self.builder.store(lanes.value, self._address(lane.first, lane.width, DOUBLE), align=8)

    def _address(self, first: Whole | int, width: int, kind: ir.Type) -> ir.Value:
        start = self.builder.gep(self.start, [_integer(first)])
        return self.builder.bitcast(start, ir.PointerType(ir.VectorType(kind, width)))


class Table:
    """A table of the kernel inside a `lanes` function; its last axis holds the lanes."""

    def __init__(self, context: Any, builder: ir.IRBuilder, kind: types.Array, value: ir.Value) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder, self.data = builder, array.data
        self.shape = cgutils.unpack_tuple(builder, array.shape, kind.ndim)

    def row(self, *index: Whole | int) -> Row:
        """The row, from the element on that the index (axes left out: 0) leads to."""
        position = Whole(self.builder, ir.Constant(INTEGER, 0))
        for axis, length in enumerate(self.shape):
            position = position * Whole(self.builder, length)
            if axis < len(index):
                position = position + index[axis]
        return Row(self.builder, self.builder.gep(self.data, [position.value]))

    def stride(self, axis: int) -> Whole:
        """Elements from one index of an axis to the next."""
        step = Whole(self.builder, ir.Constant(INTEGER, 1))
        for length in self.shape[axis + 1:]:
            step = step * Whole(self.builder, length)
        return step


class Stack:
    """Vectors that a step keeps for itself on the stack."""

    def __init__(self, builder: ir.IRBuilder, count: int) -> None:
        self.builder = builder
        self.base = cgutils.alloca_once(builder, ir.ArrayType(ir.VectorType(DOUBLE, UNROLLED), count))
        self.base.align = LINE

    def get(self, lane: Lane, index: Whole | int) -> Lanes:
        """One of the vectors."""
        return Lanes(self.builder, self.builder.load(self._address(lane, index), align=8 * WIDTH))

    def put(self, lane: Lane, index: Whole | int, lanes: Lanes) -> None:
        """Keep a vector."""
        self.builder.store(lanes.value, self._address(lane, index), align=8 * WIDTH)

    def _address(self, lane: Lane, index: Whole | int) -> ir.Value:
        vectors = self.builder.bitcast(self.base, ir.PointerType(ir.VectorType(DOUBLE, lane.width)))
        return self.builder.gep(vectors, [_integer(index)])


class Variable:
    """Lanes that a loop inside a step changes."""

    def __init__(self, builder: ir.IRBuilder, width: int, start: float) -> None:
        self.builder = builder
        self.slot = cgutils.alloca_once(builder, ir.VectorType(DOUBLE, width))
        self.set(_repeated(Lanes(builder, ir.Constant(DOUBLE, start)), width))

    def get(self) -> Lanes:
        """What it holds now."""
        return Lanes(self.builder, self.builder.load(self.slot))

    def set(self, lanes: Lanes) -> None:
        """Give it a new value."""
        self.builder.store(lanes.value, self.slot)


class Running:
    """The largest (or the sum) of everything shown to it, lane by lane; in registers while the loop runs."""

    def __init__(self, row: Row, combine: Callable[[Lanes, Lanes], Lanes]) -> None:
        self.row, self.combine = row, combine
        self.parts = [Variable(row.builder, WIDTH, 0.0) for _ in range(UNROLLED // WIDTH)]
        for n, part in enumerate(self.parts):
            part.set(row.lanes(n * WIDTH, WIDTH))

    def include(self, lanes: Lanes) -> None:
        """Take these into account."""
        for n, part in enumerate(self.parts[:lanes.value.type.count // WIDTH]):
            part.set(self.combine(_part(lanes, n), part.get()))

    def write(self) -> None:
        """Put the result back into its row."""
        for n, part in enumerate(self.parts):
            first = Whole(self.row.builder, ir.Constant(INTEGER, n * WIDTH))
            self.row[Lane(first, WIDTH)] = part.get()


def _part(lanes: Lanes, n: int) -> Lanes:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), list(range(n * WIDTH, (n + 1) * WIDTH)))
    return Lanes(lanes.builder, lanes.builder.shuffle_vector(lanes.value, lanes.value, mask))


class Tables:
    """The tables of a `lanes` function as attributes, and what its loop needs besides."""

    def __init__(self, context: Any, builder: ir.IRBuilder, kind: types.NamedTuple, value: ir.Value) -> None:
        self.builder = builder
        self.running: list[Running] = []
        for index, (name, array) in enumerate(zip(kind.fields, kind.types, strict=True)):
            setattr(self, name, Table(context, builder, array, builder.extract_value(value, index)))

    def __getattr__(self, name: str) -> Table:
        raise AttributeError(name)

    def stack(self, count: int) -> Stack:
        """Room on the stack for so many vectors."""
        return Stack(self.builder, count)

    def variable(self, lane: Lane, start: float) -> Variable:
        """Lanes that a loop inside the step changes."""
        return Variable(self.builder, lane.width, start)

    def largest(self, row: Row) -> Running:
        """The largest of what is in the row and what is shown to it."""
        self.running.append(Running(row, Lanes.largest))
        return self.running[-1]

    def sum(self, row: Row) -> Running:
        """The sum of what is in the row and what is shown to it."""
        self.running.append(Running(row, Lanes.__add__))
        return self.running[-1]

    def whole(self, number: int) -> Whole:
        """A constant."""
        return Whole(self.builder, ir.Constant(INTEGER, number))

    @contextmanager
    def each_of(self, count: Whole | int) -> Iterator[Whole]:
        """A loop inside the step, over 0, 1, ... count - 1."""
        with cgutils.for_range(self.builder, _integer(count)) as loop:
            yield Whole(self.builder, loop.index)


def lanes(function: Callable[..., Callable[[Lane], None]]) -> Any:
    """Make a loop, to be called from a kernel, of a function that describes it.

    ``function(tables, *numbers)`` runs before the loop and returns the function that does one step, given its
    `Lane`. The loop is called with the number of lanes, a named tuple of C-contiguous tables and a tuple of numbers.
    """

    @intrinsic
    def loop(typing_context: Any, count: Any, tables: Any, numbers: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            # Registers that overflow go to the stack, whose vectors must not lie across cache lines either.
            builder.function.attributes.alignstack = LINE
            builder.function.attributes.add("noinline")
            given = Tables(context, builder, tables, arguments[1])
            values = [builder.extract_value(arguments[2], index) for index in range(len(numbers))]
            step = function(given, *((Lanes if value.type == DOUBLE else Whole)(builder, value) for value in values))
            whole = builder.and_(arguments[0], ir.Constant(INTEGER, -UNROLLED))
            for start, stop, width in ((ir.Constant(INTEGER, 0), whole, UNROLLED), (whole, arguments[0], WIDTH)):
                with cgutils.for_range_slice(builder, start, stop, ir.Constant(INTEGER, width)) as (first, _):
                    step(Lane(Whole(builder, first), width))
            for running in given.running:
                running.write()
            return context.get_dummy_value()

        return types.void(types.int64, tables, numbers), generate

    return loop


__all__ = [
    "UNROLLED", "WIDTH", "Lane", "Lanes", "Row", "Stack", "Table", "Tables", "Variable", "Whole", "lanes", "largest",
    "product", "total",
]
