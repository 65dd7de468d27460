"""The rules of the house that a linter does not know."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGES = sorted((PROJECT / "pages").glob("[0-9]*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return modules | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_arranges_and_never_computes(path):
    strange = {name for name in imported(path) if not re.fullmatch(r"streamlit|(pages\.components|gandash)(\..*)?|__future__", name)}
    assert not strange


def test_imports_go_one_way():
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_readme_knows_every_command_and_every_folder():
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    from gandash.__main__ import app

    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"gandash {name}" in text, name
    for folder in (path for path in (PROJECT / "gandash").iterdir() if (path / "__init__.py").exists()):
        assert f"{folder.name}/" in text, folder.name


def test_every_setting_from_the_environment_is_in_the_readme():
    used = set()
    for path in [*(PROJECT / "gandash").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]:
        used |= set(re.findall(r"GANDASH_[A-Z0-9_]+", path.read_text(encoding="utf-8")))
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert used and not [name for name in sorted(used) if name not in text]
