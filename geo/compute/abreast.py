"""Eight distances at once: what the compiler does not find by itself in blocks of a fixed size. Within kernels only."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

ABREAST = 8
"""How many segments lie side by side in a block."""

NUMBER, NUMBERS, BITS = ir.FloatType(), ir.VectorType(ir.FloatType(), ABREAST), ir.IntType(ABREAST)
WHOLE, LONG = ir.IntType(32), ir.IntType(64)


def _splat(builder: Any, number: Any) -> Any:
    """The same number eight times."""
    one = builder.insert_element(ir.Constant(NUMBERS, ir.Undefined), number, WHOLE(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(WHOLE, ABREAST), [0] * ABREAST))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    """Where eight numbers of a contiguous array begin."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), NUMBERS.as_pointer())


def _least(builder: Any, one: Any, other: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", one, other), one, other)


def _most(builder: Any, one: Any, other: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", one, other), one, other)


@intrinsic  # type: ignore[untyped-decorator]
def squares_abreast(_typing: Any, rough: Any, _block: Any, _x: Any, _y: Any, square: Any, _at: Any) -> Any:
    """Squared distances from (x, y) to the segments of a block of (n, 4, ABREAST), written from ``square[at]`` on.

    Returns the least of them.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        rough_value, block, x, y, square_value, at = values

        def column(number: int) -> Any:
            place = builder.add(builder.mul(block, LONG(4 * ABREAST)), LONG(number * ABREAST))
            return builder.load(_pointer(context, builder, signature.args[0], rough_value, place), align=4)

        dx, dy = column(2), column(3)
        ax, ay = builder.fsub(_splat(builder, x), column(0)), builder.fsub(_splat(builder, y), column(1))
        square_m2 = builder.fadd(builder.fmul(dx, dx), builder.fmul(dy, dy))
        square_m2 = _most(builder, square_m2, _splat(builder, NUMBER(1e-30)))
        share = builder.fdiv(builder.fadd(builder.fmul(ax, dx), builder.fmul(ay, dy)), square_m2)
        share = _least(builder, _most(builder, share, _splat(builder, NUMBER(0))), _splat(builder, NUMBER(1)))
        ax, ay = (builder.fsub(a, builder.fmul(share, d)) for a, d in ((ax, dx), (ay, dy)))
        found = builder.fadd(builder.fmul(ax, ax), builder.fmul(ay, ay))
        builder.store(found, _pointer(context, builder, signature.args[4], square_value, at), align=4)
        name = f"llvm.vector.reduce.fmin.v{ABREAST}f32"
        reduce = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(NUMBER, [NUMBERS]), name
        )
        return builder.call(reduce, [found], fastmath=("nnan", "nsz"))

    return types.float32(rough, types.int64, types.float32, types.float32, square, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def which_at_most(_typing: Any, square: Any, _at: Any, _limit: Any) -> Any:
    """One bit for each of eight numbers from ``square[at]`` on: set where it is at most the limit."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        numbers = builder.load(_pointer(context, builder, signature.args[0], values[0], values[1]), align=4)
        bits = builder.bitcast(builder.fcmp_ordered("<=", numbers, _splat(builder, values[2])), BITS)
        return builder.zext(bits, LONG)

    return types.uint64(square, types.int64, types.float32), generate
