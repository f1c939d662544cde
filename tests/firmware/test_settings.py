"""Settings: the schema's checks, and a file that survives a cut at any byte."""

import json

import pytest
from heelcue import settings
from heelcue.settings_help import HELP
from hypothesis import given
from hypothesis import strategies as st


def value_of(spec: tuple) -> st.SearchStrategy:
    """Values that this entry of the schema allows."""
    if isinstance(spec[1], tuple):
        return st.sampled_from(spec[1])
    return st.integers(spec[1], spec[2])


COMPLETE = st.fixed_dictionaries({key: value_of(spec) for key, spec in settings.SCHEMA.items()})


def test_defaults_are_allowed_and_explained():
    for key, spec in settings.SCHEMA.items():
        settings.check(key, spec[0])
        assert HELP[key], key
    assert HELP.keys() == settings.SCHEMA.keys()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("pulse_ms", 501, "pulse_ms is 501; it must be from 20 to 500"),
        ("pulse_ms", True, "whole number"),
        ("pulse_ms", 100.5, "whole number"),
        ("pulse_ms", "100", "whole number"),
        ("cue_mode", "always", "one of auto"),
        ("no_such_key", 1, "unknown setting 'no_such_key'"),
    ],
)
def test_refused_with_key_value_and_range(key, value, words):
    with pytest.raises(settings.SettingsError, match=words) as caught:
        settings.check(key, value)
    assert caught.value.key == key


@given(COMPLETE)
def test_file_keeps_every_value(values):
    assert settings.decode(settings.encode(values)) == values
    assert json.loads(settings.encode(values))["settings_version"] == settings.VERSION


def test_changed_file_is_refused():
    text = settings.encode(settings.defaults())
    with pytest.raises(settings.SettingsError, match="checksum"):
        settings.decode(text.replace('"pulse_ms": 150', '"pulse_ms": 151'))


def test_another_firmware_s_key_does_not_cost_the_wearer_s_settings(monkeypatch):
    """After a flash of an older version all were at their defaults."""
    with monkeypatch.context() as later:
        later.setitem(settings.SCHEMA, "levitate_mm", (0, 0, 9))
        text = settings.encode(settings.complete({"pulse_ms": 111, "levitate_mm": 5}))
    assert settings.decode(text) == settings.complete({"pulse_ms": 111})


def test_file_of_a_later_version_is_refused():
    with pytest.raises(settings.SettingsError, match="version 99"):
        settings.complete({"settings_version": 99})


def test_no_file_means_defaults(tmp_path):
    assert settings.load(str(tmp_path / "settings.json")) == (settings.defaults(), "")


def test_every_cut_of_the_new_file_leaves_the_old_settings(tmp_path):
    path = tmp_path / "settings.json"
    old = settings.defaults() | {"pulse_ms": 111}
    settings.save(old, str(path))
    text = settings.encode(settings.defaults() | {"pulse_ms": 222})
    for cut in range(len(text)):
        (tmp_path / "settings.json.new").write_text(text[:cut])
        assert settings.load(str(path))[0] == old


def test_broken_file_falls_back_to_the_last_good_one_and_says_so(tmp_path):
    path = tmp_path / "settings.json"
    first = settings.defaults() | {"pulse_ms": 111}
    settings.save(first, str(path))
    settings.save(settings.defaults() | {"pulse_ms": 222}, str(path))
    path.write_text(path.read_text()[:40])
    values, trouble = settings.load(str(path))
    assert values == first
    assert "settings.json" in trouble


def test_cut_between_the_two_renames_keeps_the_new_settings(tmp_path):
    path = tmp_path / "settings.json"
    settings.save(settings.defaults() | {"pulse_ms": 111}, str(path))
    new = settings.defaults() | {"pulse_ms": 222}
    (tmp_path / "settings.json.new").write_text(settings.encode(new))
    path.rename(tmp_path / "settings.json.last")
    assert settings.load(str(path)) == (new, "")
