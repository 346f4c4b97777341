"""Writing a LoRA adapter as the GGUF file that llama.cpp and Ollama load."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jitai.errors import FileFormatError
from jitai.files import replacing

PROJECTIONS: dict[str, str] = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Names of the linear layers of a block: transformers' to llama.cpp's."""

Matrix = npt.NDArray[np.float32]


def write_adapter(
    path: Path, weights: Mapping[str, tuple[Matrix, Matrix]], alpha: float, n_heads: int, n_key_value_heads: int
) -> None:
    """Write a LoRA adapter (Hu et al. 2021, arXiv:2106.09685: W + alpha / r * B A) for a Llama-like model.

    Args:
        path: the file, written whole or not at all.
        weights: by layer, such as "layers.0.self_attn.q_proj": A of shape (r, n_in) and B of shape (n_out, r).
        alpha: the scale of the update, divided by r when applied.
        n_heads, n_key_value_heads: attention heads of queries, and of keys and values.
    """
    import gguf

    with replacing(path) as partial:
        writer = gguf.GGUFWriter(str(partial), "llama")
        writer.add_string("general.type", "adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", float(alpha))
        heads = {"attn_q": n_heads, "attn_k": n_key_value_heads}
        for layer, (a, b) in weights.items():
            _, number, projection = layer.split(".", 2)
            name = PROJECTIONS[projection]
            rows = rotary_order(b, heads[name]) if name in heads else b
            writer.add_tensor(f"blk.{number}.{name}.weight.lora_a", a.astype(np.float16))
            writer.add_tensor(f"blk.{number}.{name}.weight.lora_b", rows.astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def read_adapter(path: Path, n_heads: int, n_key_value_heads: int) -> dict[str, tuple[Matrix, Matrix]]:
    """The weights of an adapter that ``write_adapter`` wrote, so that training can go on from it.

    Args:
        path: the file.
        n_heads, n_key_value_heads: attention heads of the model that it belongs to.
    Returns: as ``write_adapter`` takes them, rounded to float16.
    Raises: FileFormatError if it is no such file.
    """
    import gguf

    try:
        tensors = {tensor.name: np.array(tensor.data, dtype=np.float32) for tensor in gguf.GGUFReader(path).tensors}
        heads = {"attn_q": n_heads, "attn_k": n_key_value_heads}
        layers = {value: key for key, value in PROJECTIONS.items()}
        weights = {}
        for name, a in tensors.items():
            if name.endswith(".lora_a"):
                _, number, projection, _, _ = name.split(".")
                b = tensors[name.removesuffix("a") + "b"]
                rows = from_rotary_order(b, heads[projection]) if projection in heads else b
                weights[f"layers.{number}.{layers[projection]}"] = (a, rows)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise FileFormatError(f"{path.name} is no adapter that this command wrote.") from error
    return weights


def from_rotary_order(rows: Matrix, n_heads: int) -> Matrix:
    """What ``rotary_order`` did, undone."""
    pairs = rows.reshape(n_heads, rows.shape[0] // n_heads // 2, 2, rows.shape[1])
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(rows.shape))


def rotary_order(rows: Matrix, n_heads: int) -> Matrix:
    """The rows of a query or key projection in llama.cpp's order.

    The rotary embedding turns pairs of rows; transformers keeps the first and the second members of all pairs of a
    head in two halves, llama.cpp wants each pair side by side.

    Args:
        rows: shape (n_heads * head_size, r).
        n_heads: heads that the rows belong to.
    """
    halves = rows.reshape(n_heads, 2, rows.shape[0] // n_heads // 2, rows.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))
