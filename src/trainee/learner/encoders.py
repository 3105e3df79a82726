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
    is learned as if there were none.
    """

    numeric: Linear | None
    categories: CategoryEncoder | None
    images: tuple[ImageEncoder, ...]
    norm: eqx.nn.RMSNorm

    def __init__(self, signature: Signature, width: int, key: PRNGKeyArray, recalled: int = 0):
        numeric, categories, *images = jax.random.split(key, 2 + len(signature.images))
        own = signature.numeric
        self.numeric = None
        if own or recalled:
            linear = Linear(own + 1, width, numeric)
            bias = linear.weight[own:] if own else jnp.zeros((1, width))
            weight = jnp.concatenate([linear.weight[:own], jnp.zeros((recalled, width)), bias])
            self.numeric = eqx.tree_at(lambda to: to.weight, linear, weight)
        self.categories = CategoryEncoder(signature.categories, width, categories) if signature.categories else None
        self.images = tuple(ImageEncoder(shape, width, k) for shape, k in zip(signature.images, images, strict=True))
        self.norm = rms_norm(width)

    def __call__(self, observation: Observation) -> Float[Array, " width"]:
        parts = [encode(image) for encode, image in zip(self.images, observation.images, strict=True)]
        if self.numeric is not None:
            parts.append(self.numeric(jnp.append(observation.numeric, 1.0)))
        if self.categories is not None:
            parts.append(self.categories(observation.categories))
        return jax.nn.relu(self.norm(sum(parts[1:], start=parts[0])))


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


def rms_norm(width: int) -> eqx.nn.RMSNorm:
    """Division by the root mean square, without a learned scale and shift."""
    return eqx.nn.RMSNorm(width, use_weight=False, use_bias=False)


class Trunk(eqx.Module):
    """Residual blocks from features to features: what every job shares."""

    blocks: tuple[Linear, ...]
    norms: tuple[eqx.nn.RMSNorm, ...]

    def __init__(self, width: int, depth: int, key: PRNGKeyArray):
        self.blocks = tuple(Linear(width, width, k) for k in jax.random.split(key, depth))
        self.norms = tuple(rms_norm(width) for _ in range(depth))

    def __call__(self, features: Float[Array, " width"]) -> Float[Array, " width"]:
        for block, norm in zip(self.blocks, self.norms, strict=True):
            features = features + jax.nn.relu(norm(block(features)))
        return features
