"""The version of moonlab, and of what it computes with."""

import platform
from importlib import metadata

__version__ = "0.1.0"


def versions() -> dict[str, str]:
    """Versions of moonlab, Python, NumPy and PyTorch, without loading them."""
    return {
        "moonlab": __version__,
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "torch": metadata.version("torch"),
    }
