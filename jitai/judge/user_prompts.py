"""A person's own prompts and calibrations, in the person's folder."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jitai.errors import FileFormatError, ParameterError
from jitai.files import (
    MAX_JSON_BYTES,
    alone_with,
    make_folder,
    read_json,
    read_text,
    remove,
    set_aside,
    write_atomically,
)
from jitai.judge.calibration import Calibration
from jitai.judge.prompt_file import JsonReader, available_prompts, damaged_prompts, read_calibrations, read_prompt
from jitai.judge.prompts import Prompt

MAX_PROMPT_CHARACTERS = 20_000
_MAX_NAME_LENGTH = 40
_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{_MAX_NAME_LENGTH - 1}}}")
_LAST_NUMBER = re.compile(r"\d{1,9}(?=\D*\Z)", re.ASCII)


def _asks_otherwise(before: Prompt, now: Prompt) -> bool:
    """Return whether the same statement may get another answer."""
    return (before.content_hash, before.known_words_only) != (now.content_hash, now.known_words_only)


def _raised(version: str) -> str:
    """Return the version after another: its last number raised by one, or a first number added."""
    if not _LAST_NUMBER.search(version):
        return f"{version}.2"
    return _LAST_NUMBER.sub(lambda found: str(int(found.group()) + 1), version)


class PersonalJudging:
    """A person's own prompts (one file each) and calibrations (one file), read anew each time.

    Args:
        folder: made when something is kept in it for the first time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prompts_folder = folder / "prompts"
        self._calibrations_file = folder / "calibrations.json"

    def prompts(self) -> tuple[Prompt, ...]:
        """Return the project's strategies and the person's own, with the person's calibrations added."""
        kept, _ = self._read_calibrations()
        return tuple(
            prompt.with_calibrations(kept.get(prompt.content_hash, {}))
            for prompt in available_prompts(self.prompts_folder)
        )

    def damaged_prompts(self) -> tuple[FileFormatError, ...]:
        """Return what is wrong with the person's own prompts and calibrations that cannot be used.

        A damaged file stays as it is. When a calibration is kept, it is set aside as calibrations.json.damaged-1, and
        what can be read of it goes into the new one.
        """
        return (*damaged_prompts(self.prompts_folder), *self._read_calibrations()[1][:1])

    def free_name(self, name: str) -> str:
        """Return a name that no prompt has: the given one, or the same with a number."""
        number, free = 1, name[:_MAX_NAME_LENGTH]
        while self._is_taken(free):
            number += 1
            free = f"{name[: _MAX_NAME_LENGTH - len(str(number)) - 1]}_{number}"
        return free

    def _is_taken(self, name: str) -> bool:
        # A damaged file keeps its name as well, so that it can be mended.
        known = {prompt.name for prompt in available_prompts(self.prompts_folder)}
        return name in known or (self.prompts_folder / f"{name}.json").exists()

    def save_prompt(self, text: str, edited: str = "") -> Prompt:
        """Keep a person's prompt under the name in its file.

        Where it asks otherwise than the prompt that it replaces, and says the same version, the version is raised:
        two ways of asking never go by one label.

        Args:
            text: JSON, as assets/prompts/README.md describes.
            edited: name of the prompt of one's own that this is a new state of, the only one that it may replace;
                empty for a new one.
        Raises: FileFormatError naming what is wrong in it, ParameterError for a name that cannot be used.
        """
        if len(text) > MAX_PROMPT_CHARACTERS:
            raise ParameterError(f"A prompt may have at most {MAX_PROMPT_CHARACTERS:,} characters.")
        prompt = read_prompt(JsonReader(Path("The prompt"), text), known_names_only=True)
        # The name becomes a file's name.
        if not _NAME.fullmatch(prompt.name):
            raise ParameterError(
                '"name" must begin with a small letter and hold only small letters, digits and "_", at most 40 of them.'
            )
        if any(prompt.name == shipped.name for shipped in available_prompts()):
            raise ParameterError(
                f"The name {prompt.name} belongs to a prompt of the project.", hint='Give the copy another "name".'
            )
        if prompt.name != edited and self._is_taken(prompt.name):
            raise ParameterError(
                f"You have a prompt of the name {prompt.name} already, and this would replace it.",
                hint=f'Give this one another "name", such as {self.free_name(prompt.name)}.',
            )
        before = next((item for item in available_prompts(self.prompts_folder) if item.name == prompt.name), None)
        if before is not None and before.version == prompt.version and _asks_otherwise(before, prompt):
            prompt = replace(prompt, version=_raised(prompt.version))
            text = json.dumps({**read_json(text), "version": prompt.version}, ensure_ascii=False, indent=2)
        make_folder(self.prompts_folder)
        write_atomically(self.prompts_folder / f"{prompt.name}.json", text)
        return replace(prompt, is_own=True)

    def delete_prompt(self, name: str) -> None:
        """Remove a person's prompt.

        Raises: ParameterError if there is none of that name.
        """
        if not _NAME.fullmatch(name) or not (self.prompts_folder / f"{name}.json").is_file():
            raise ParameterError("There is no prompt of your own with that name.")
        remove(self.prompts_folder / f"{name}.json")

    def prompt_text(self, prompt: Prompt, shipped_folder: Path) -> str:
        """Return the file of a prompt as text to be edited.

        Raises: FileFormatError if there is no file of its name.
        """
        path = (self.prompts_folder if prompt.is_own else shipped_folder) / f"{prompt.name}.json"
        return read_text(path, MAX_JSON_BYTES)

    def save_calibration(self, prompt: Prompt, digest: str, calibration: Calibration) -> None:
        """Keep a calibration for a prompt as it stands and a model.

        Raises: FileFormatError if the folder cannot be written to.
        """
        with alone_with(self._calibrations_file):
            kept = self._calibrations_to_change()
            kept.setdefault(prompt.content_hash, {})[digest] = calibration
            self._keep_calibrations(kept)

    def rename_calibrations(self, renamed: Mapping[str, str]) -> bool:
        """Keep calibrations under what their models are made of, no longer under what a server called them.

        Args:
            renamed: the new digests by the old ones.
        Returns: whether there were any.
        Raises: FileFormatError if the folder cannot be written to.
        """
        if not any(renamed.keys() & items.keys() for items in self._read_calibrations()[0].values()):
            return False
        with alone_with(self._calibrations_file):
            kept = self._calibrations_to_change()
            for items in kept.values():
                for old in renamed.keys() & items.keys():
                    items.setdefault(renamed[old], items[old])
                    del items[old]
            self._keep_calibrations(kept)
        return True

    def _keep_calibrations(self, kept: Mapping[str, Mapping[str, Calibration]]) -> None:
        """Write all calibrations.

        Raises: FileFormatError if the folder cannot be written to.
        """
        rows = {
            prompt_hash: {digest: item.as_mapping() for digest, item in items.items()}
            for prompt_hash, items in kept.items()
            if items
        }
        make_folder(self.folder)
        write_atomically(self._calibrations_file, json.dumps(rows, ensure_ascii=False, indent=2))

    def forget_calibration(self, prompt: Prompt, digest: str) -> None:
        """Remove the person's own calibration for a prompt and a model; the project's, if there is one, holds again.

        Raises: ParameterError if there is none; FileFormatError if the folder cannot be written to.
        """
        with alone_with(self._calibrations_file):
            kept = self._calibrations_to_change()
            if kept.get(prompt.content_hash, {}).pop(digest, None) is None:
                raise ParameterError("There is no calibration of your own for this prompt and model.")
            self._keep_calibrations(kept)

    def _calibrations_to_change(self) -> dict[str, dict[str, Calibration]]:
        """Return the calibrations that can be read; a file in which something cannot is set aside first.

        Raises: FileFormatError if it cannot be.
        """
        kept, problems = self._read_calibrations()
        if problems:
            set_aside(self._calibrations_file)
        return kept

    def _read_calibrations(self) -> tuple[dict[str, dict[str, Calibration]], list[FileFormatError]]:
        """Return the calibrations by content hash of the prompt and digest of the model, and what cannot be read."""
        reader = JsonReader(self._calibrations_file)
        if not self._calibrations_file.is_file():
            return {}, []
        try:
            content = reader.load(only_finite=False)
        except FileFormatError as error:
            return {}, [error]
        kept: dict[str, dict[str, Calibration]] = {}
        problems = []
        for key, rows in content.items():
            for digest, row in rows.items() if isinstance(rows, dict) else [("", rows)]:
                try:
                    kept.setdefault(key, {}).update(read_calibrations(reader, {digest: row}))
                except FileFormatError as error:
                    problems.append(error)
        return kept, problems
