"""Run notebooks and store what they show, without what differs from run to run.

    python notebooks/store.py            all of them
    python notebooks/store.py 2 5        the second and the fifth

No times, widget numbers or versions are stored, so that a second run changes nothing that a reader would see.
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from time import perf_counter

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).resolve().parent
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python",
                              "pygments_lexer": "ipython3"}}


def notebook_paths() -> list[Path]:
    """The notebooks in their order."""
    return sorted(FOLDER.glob("[0-9]_*.ipynb"))


def run(path: Path, timeout: int = 300) -> nbformat.NotebookNode:
    """Run a notebook from top to bottom in its own folder.

    Raises:
        CellExecutionError: a cell failed.
        RuntimeError: what a slider draws failed.
    """
    notebook = nbformat.read(path, as_version=4)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    NotebookClient(notebook, timeout=timeout, kernel_name="python3", store_widget_state=True,
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    for name, widget in widgets(notebook).items():
        for output in widget["state"].get("outputs", ()):
            if output["output_type"] == "error":
                raise RuntimeError(f"{path.name}, widget {name}: {output['ename']}: {output['evalue']}")
    return notebook


def widgets(notebook: nbformat.NotebookNode) -> dict:
    """The widgets that a run has left, by their numbers."""
    stored = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    return stored.get("state", {})


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take away what differs from run to run: times, numbers of widgets, versions."""
    notebook.metadata = nbformat.from_dict(METADATA)
    number = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        number += 1
        cell.execution_count = number
        cell.metadata.pop("execution", None)
        kept = []
        for output in cell.outputs:
            if WIDGET in output.get("data", {}):
                continue
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = small(output.data["image/png"])
            if "execution_count" in output:
                output.execution_count = number
            if kept and output.output_type == "stream" and kept[-1].output_type == "stream" \
                    and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
            kept.append(output)
        cell.outputs = kept
    return notebook


def small(picture: str) -> str:
    """A PNG in 256 colours, which is a third as large, and without the name of what made it."""
    flat = Image.new("RGB", (image := Image.open(BytesIO(b64decode(picture))).convert("RGBA")).size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    file = BytesIO()
    flat.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return b64encode(file.getvalue()).decode()


def main(numbers: list[str]) -> None:
    """Run the notebooks of these numbers, or all, and store them."""
    for path in notebook_paths():
        if numbers and path.name.split("_")[0] not in numbers:
            continue
        begin = perf_counter()
        notebook = clean(run(path))
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        print(f"{path.name}: {perf_counter() - begin:.0f} s, {path.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
