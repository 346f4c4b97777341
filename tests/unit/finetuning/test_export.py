"""The adapter's file: what llama.cpp reads is what was trained."""

from pathlib import Path

import numpy as np
import pytest

from jitai.finetuning.export import PROJECTIONS, rotary_order, write_adapter


def rotated_halves(vector: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """The rotary embedding as transformers does it: pairs are (i, i + size / 2)."""
    first, second = np.split(vector, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.concatenate([first * cos - second * sin, first * sin + second * cos])


def rotated_neighbours(vector: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """The rotary embedding as llama.cpp does it for this architecture: pairs are (2 i, 2 i + 1)."""
    first, second = vector[0::2], vector[1::2]
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.empty_like(vector)
    turned[0::2], turned[1::2] = first * cos - second * sin, first * sin + second * cos
    return turned


def test_the_row_order_leaves_attention_as_it_was() -> None:
    rng = np.random.default_rng(0)
    n_heads, size, width = 3, 8, 5
    query, key = (rng.normal(size=(n_heads * size, width)).astype(np.float32) for _ in range(2))
    inputs = rng.normal(size=(2, width))
    frequencies = 1.0 / 10_000 ** (np.arange(size // 2) / (size // 2))
    for head in range(n_heads):
        rows = slice(head * size, (head + 1) * size)
        expected = rotated_halves(query[rows] @ inputs[0], 7 * frequencies) @ rotated_halves(
            key[rows] @ inputs[1], 3 * frequencies
        )
        ours = rotated_neighbours(rotary_order(query, n_heads)[rows] @ inputs[0], 7 * frequencies) @ rotated_neighbours(
            rotary_order(key, n_heads)[rows] @ inputs[1], 3 * frequencies
        )
        assert ours == pytest.approx(expected, rel=1e-5)


@pytest.mark.needs("judge-training")
def test_the_file_holds_every_matrix(tmp_path: Path) -> None:
    import gguf

    rng = np.random.default_rng(1)
    weights = {
        f"layers.3.{projection}": (
            rng.normal(size=(2, 12)).astype(np.float32),
            rng.normal(size=(24, 2)).astype(np.float32),
        )
        for projection in PROJECTIONS
    }
    path = tmp_path / "adapter.gguf"
    write_adapter(path, weights, alpha=4, n_heads=3, n_key_value_heads=3)
    reader = gguf.GGUFReader(path)
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    assert len(tensors) == 2 * len(PROJECTIONS)
    assert reader.fields["adapter.type"].contents() == "lora"
    assert reader.fields["adapter.lora.alpha"].contents() == 4.0
    for projection, name in PROJECTIONS.items():
        a, b = weights[f"layers.3.{projection}"]
        np.testing.assert_allclose(tensors[f"blk.3.{name}.weight.lora_a"], a, atol=2e-3)
        expected = rotary_order(b, 3) if name in ("attn_q", "attn_k") else b
        np.testing.assert_allclose(tensors[f"blk.3.{name}.weight.lora_b"], expected, atol=2e-3)
    assert not path.with_suffix(".partial").exists()
