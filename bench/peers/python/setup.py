"""Creates the virtual environment of the Python peer, unless it exists, and prints the path of its interpreter."""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = HERE.parents[2] / "node_modules" / ".cache" / "cropstream" / "peer-python"
PYTHON = HOME / "bin" / "python"


def main() -> None:
    requirements = HERE / "requirements.txt"
    done = HOME / "installed.txt"
    if not done.exists() or done.read_text() != requirements.read_text():
        venv.create(HOME, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--no-deps", "--quiet", "--disable-pip-version-check", "-r", requirements]
        subprocess.run([PYTHON, *install], check=True, stdout=sys.stderr)
        done.write_text(requirements.read_text())
    print(PYTHON)


if __name__ == "__main__":
    main()
