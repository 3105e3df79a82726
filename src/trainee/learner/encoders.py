"""Encoders: from an observation of any signature to features, and on through the trunk that all jobs share."""

from __future__ import annotations

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from trainee.types import Observation, Signature

SMALL_IMAGE = 16
NARROW_IMAGE = 8
IMAGE_CHANNELS = 16
# Of what is divided by its size.
LEAST_SQUARE = 1e-5
# XLA sums up so many numbers in one operation.
SUMMED = 32


class Convolution(eqx.Module):
    """A convolution, rectified: one product of a matrix with the patches of an image. Zeros below and on the right
    complete them.

    With the few channels there are here XLA's own convolution takes half as long again on a CPU, and where several
    agents are mapped over it becomes a grouped one, which takes far longer still.
    """

    linear: Linear
    size: int = eqx.field(static=True)
    stride: int = eqx.field(static=True)

    def __init__(self, channels: int, size: int, stride: int, key: PRNGKeyArray):
        self.linear, self.size, self.stride = Linear(size * size * channels + 1, IMAGE_CHANNELS, key), size, stride

    def __call__(self, image: Float[Array, "height width channels"]) -> Float[Array, "fewer narrower features"]:
        over = [max(self.size - side, (self.size - side) % self.stride) for side in image.shape[:2]]
        image = jnp.pad(image, [(0, over[0]), (0, over[1]), (0, 0)])
        down, across = ((side - self.size) // self.stride + 1 for side in image.shape[:2])
        patches = [
            image[i : i + self.stride * down : self.stride, j : j + self.stride * across : self.stride]
            for i in range(self.size)
            for j in range(self.size)
        ]
        stacked = jnp.concatenate([*patches, jnp.ones((down, across, 1))], axis=-1)
        return jax.nn.relu(jax.vmap(jax.vmap(self.linear))(stacked))


class ImageEncoder(eqx.Module):
    """One or two small convolutions, then one linear map."""

    convolutions: tuple[Convolution, ...]
    linear: Linear

    def __init__(self, shape: tuple[int, int, int], width: int, key: PRNGKeyArray):
        height, across, channels = shape
        keys = jax.random.split(key, 3)
        # A grid of things (MinAtar) is read cell by cell, a picture in strides.
        small = max(height, across) <= SMALL_IMAGE or min(height, across) < NARROW_IMAGE
        sizes = ((3, 1),) if small else ((8, 4), (3, 2))
        self.convolutions = tuple(
            Convolution(before, size, stride, k)
            for before, (size, stride), k in zip((channels, IMAGE_CHANNELS), sizes, keys, strict=False)
        )
        flat = jax.eval_shape(
            lambda image: _convolved(self.convolutions, image), jax.ShapeDtypeStruct(shape, jnp.float32)
        )
        self.linear = Linear(flat.size, width, keys[2])

    def __call__(self, image: Array) -> Float[Array, " width"]:
        return self.linear(_convolved(self.convolutions, scaled(image)))


def _convolved(convolutions: tuple[Convolution, ...], image: Array) -> Float[Array, " features"]:
    for convolution in convolutions:
        image = convolution(image)
    return image.reshape(-1)


def scaled(image: Array) -> Float[Array, "height width channels"]:
    """An image as float32 numbers, bytes as parts of 255."""
    return image.astype(jnp.float32) / (255.0 if image.dtype == jnp.uint8 else 1.0)


class CategoryEncoder(eqx.Module):
    """One row of one table for each category of each part, summed."""

    table: Float[Array, "rows width"]
    starts: tuple[int, ...] = eqx.field(static=True)

    def __init__(self, sizes: tuple[int, ...], width: int, key: PRNGKeyArray):
        self.starts = tuple(itertools.accumulate((0, *sizes[:-1])))
        self.table = jax.random.normal(key, (sum(sizes), width)) / jnp.sqrt(len(sizes))

    def __call__(self, categories: Int[Array, " parts"]) -> Float[Array, " width"]:
        return jnp.sum(self.table[categories + jnp.array(self.starts)], axis=0)


class Encoder(eqx.Module):
    """Features of one observation: the sum of a linear map of each part, normalised.

    What is recalled stands behind the observation's own numbers. Its weights begin at zero: a job that needs no memory
    is learned as if there were none. Where actions are judged as a whole the code of one is a part too.
    """

    numeric: Linear | None
    code: Linear | None
    categories: CategoryEncoder | None
    images: tuple[ImageEncoder, ...]

    def __init__(self, signature: Signature, width: int, key: PRNGKeyArray, recalled: int = 0, code: int = 0):
        numeric, categories, *images = jax.random.split(key, 2 + len(signature.images))
        own = signature.numeric
        self.numeric = None
        if own or recalled:
            linear = Linear(own + 1, width, numeric)
            bias = linear.weight[own:] if own else jnp.zeros((1, width))
            weight = jnp.concatenate([linear.weight[:own], jnp.zeros((recalled, width)), bias])
            self.numeric = eqx.tree_at(lambda to: to.weight, linear, weight)
        self.code = Linear(code, width, jax.random.fold_in(key, 1)) if code else None
        self.categories = CategoryEncoder(signature.categories, width, categories) if signature.categories else None
        self.images = tuple(ImageEncoder(shape, width, k) for shape, k in zip(signature.images, images, strict=True))

    def __call__(
        self, observation: Observation, code: Float[Array, " numbers"] | None = None
    ) -> Float[Array, " width"]:
        parts = [encode(image) for encode, image in zip(self.images, observation.images, strict=True)]
        if self.numeric is not None:
            parts.append(self.numeric(jnp.append(observation.numeric, 1.0)))
        if self.categories is not None:
            parts.append(self.categories(observation.categories))
        if self.code is not None and code is not None:
            parts.append(self.code(code))
        return jax.nn.relu(normed(sum(parts[1:], start=parts[0])))


class Linear(eqx.Module):
    """A linear map without a bias.

    Differs from `equinox.nn.Linear`: the gradient of a bias, a sum over the batch, costs more than a matrix product,
    and with `weight` the other way round no product of a batch needs a transposed copy.
    """

    weight: Float[Array, "inputs outputs"]

    def __init__(self, inputs: int, outputs: int, key: PRNGKeyArray):
        bound = 1 / jnp.sqrt(inputs)
        self.weight = jax.random.uniform(key, (inputs, outputs), minval=-bound, maxval=bound)

    def __call__(self, features: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
        return features @ self.weight


@jax.custom_vjp
def normed(features: Float[Array, " width"]) -> Float[Array, " width"]:
    """Division by the root mean square (Zhang & Sennrich 2019), without a learned scale and shift.

    Differs from `equinox.nn.RMSNorm` in how many operations it is compiled to: a step has sixteen fewer.
    """
    return features * _inverse_size(features)


def _inverse_size(features: Float[Array, " width"]) -> Float[Array, ""]:
    return jax.lax.rsqrt(_total(jnp.square(features)) / features.size + LEAST_SQUARE)


def _normed_forward(features: Array) -> tuple[Array, tuple[Array, Array]]:
    inverse = _inverse_size(features)
    return features * inverse, (features * inverse, inverse)


def _normed_backward(kept: tuple[Array, Array], slope: Array) -> tuple[Array]:
    out, inverse = kept
    return (inverse * (slope - out * (_total(slope * out) / out.size)),)


normed.defvjp(_normed_forward, _normed_backward)


def _total(numbers: Float[Array, " numbers"]) -> Float[Array, ""]:
    """The sum, of parts of at most as many as XLA sums up in one operation: more would be three."""
    parts = [numbers[start : start + SUMMED] for start in range(0, numbers.size, SUMMED)]
    if parts[-1].size < SUMMED:
        parts[-1] = jnp.pad(parts[-1], (0, SUMMED - parts[-1].size))
    return jnp.sum(sum(parts[1:], start=parts[0]))


class Trunk(eqx.Module):
    """Residual blocks from features to features: what every job shares."""

    blocks: tuple[Linear, ...]

    def __init__(self, width: int, depth: int, key: PRNGKeyArray):
        self.blocks = tuple(Linear(width, width, k) for k in jax.random.split(key, depth))

    def __call__(self, features: Float[Array, " width"]) -> Float[Array, " width"]:
        for block in self.blocks:
            features = features + jax.nn.relu(normed(block(features)))
        return features
