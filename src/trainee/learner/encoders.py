"""Encoders: from an observation of any signature to features, and on through the trunk that all jobs share."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from trainee.types import Observation, Signature


class ImageEncoder(eqx.Module):
    """Two small convolutions, then one linear map."""

    convolutions: tuple[eqx.nn.Conv2d, ...]
    linear: eqx.nn.Linear

    def __init__(self, shape: tuple[int, int, int], width: int, key: PRNGKeyArray):
        height, across, channels = shape
        keys = jax.random.split(key, 3)
        stride = 1 if max(height, across) <= 16 else 4
        first = eqx.nn.Conv2d(channels, 16, 3 if stride == 1 else 8, stride, padding=1, key=keys[0])
        second = eqx.nn.Conv2d(16, 16, 3, 1 if stride == 1 else 2, padding=1, key=keys[1])
        self.convolutions = (first, second)
        spatial = jax.eval_shape(self._convolved, jax.ShapeDtypeStruct(shape, jnp.float32))
        self.linear = eqx.nn.Linear(spatial.size, width, key=keys[2])

    def _convolved(self, image):
        out = jnp.moveaxis(image.astype(jnp.float32), -1, 0)
        for convolution in self.convolutions:
            out = jax.nn.relu(convolution(out))
        return out.reshape(-1)

    def __call__(self, image):
        scale = 255.0 if image.dtype == jnp.uint8 else 1.0
        return self.linear(self._convolved(image / scale))


class Encoder(eqx.Module):
    """Features of one observation: the sum of a linear map of each part, normalised."""

    numeric: eqx.nn.Linear | None
    categories: tuple[eqx.nn.Embedding, ...]
    images: tuple[ImageEncoder, ...]
    norm: eqx.nn.LayerNorm

    def __init__(self, signature: Signature, width: int, key: PRNGKeyArray):
        keys = iter(jax.random.split(key, 1 + len(signature.categories) + len(signature.images)))
        first = next(keys)
        self.numeric = eqx.nn.Linear(signature.numeric, width, key=first) if signature.numeric else None
        self.categories = tuple(eqx.nn.Embedding(n, width, key=next(keys)) for n in signature.categories)
        self.images = tuple(ImageEncoder(shape, width, next(keys)) for shape in signature.images)
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, observation: Observation) -> Float[Array, " width"]:
        parts = [] if self.numeric is None else [self.numeric(observation.numeric)]
        parts += [embed(index) for embed, index in zip(self.categories, observation.categories, strict=True)]
        parts += [encode(image) for encode, image in zip(self.images, observation.images, strict=True)]
        return jax.nn.relu(self.norm(sum(parts)))


class Trunk(eqx.Module):
    """Residual blocks from features to features: what every job shares."""

    blocks: tuple[eqx.nn.Linear, ...]
    norms: tuple[eqx.nn.LayerNorm, ...]

    def __init__(self, width: int, depth: int, key: PRNGKeyArray):
        self.blocks = tuple(eqx.nn.Linear(width, width, key=k) for k in jax.random.split(key, depth))
        self.norms = tuple(eqx.nn.LayerNorm(width) for _ in range(depth))

    def __call__(self, features: Float[Array, " width"]) -> Float[Array, " width"]:
        for block, norm in zip(self.blocks, self.norms, strict=True):
            features = features + jax.nn.relu(norm(block(features)))
        return features
