"""Settings: each at its bounds and past them, from each place they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.settings import SETTINGS, Setting, SettingsError, load

NUMBERS = [setting for setting in SETTINGS if setting.low is not None]
ROOMY = {
    "RULELANG_LIMITS_QUEUE_EVENTS_MAX": "10000000",
    "RULELANG_LIMITS_GROUP_EVENTS_MAX": "100000",
    "RULELANG_LIMITS_BATCH_EVENTS_MAX": "1",
}
"""So that a setting can be tried at its bounds without a quarrel with its neighbours."""


def of(setting: Setting, value: object) -> object:
    """What a value of the environment comes to."""
    made = load(None, {**ROOMY, setting.variable: str(value)})
    section, _, name = setting.name.rpartition(".")
    return getattr(*{"limits": (made.limits, name), "copy": (made, f"copy_{name}")}.get(section, (made, name)))


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda s: s.name)
def test_a_number_may_be_its_bounds_and_nothing_past_them(setting: Setting) -> None:
    assert setting.low is not None
    assert setting.high is not None
    low, high = setting.kind(setting.low), setting.kind(setting.high)
    assert (of(setting, low), of(setting, high)) == (low, high)
    step = 1 if setting.kind is int else 1e-9 * max(1.0, high)
    for wrong in (low - (1 if setting.kind is int else 1e-9), high + step):
        with pytest.raises(SettingsError, match=f"{setting.variable}: must be between"):
            of(setting, wrong)


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda s: s.name)
@pytest.mark.parametrize("wrong", ["", "many", "1e", "nan", "0x10"])
def test_a_number_must_be_one(setting: Setting, wrong: str) -> None:
    with pytest.raises(SettingsError, match=f"^{setting.variable}: must be "):
        of(setting, wrong)


def test_whole_numbers_have_no_fraction(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"must be a whole number, not '1\.5'"):
        load(None, {"RULELANG_LIMITS_CALLS_MAX": "1.5"})
    for text in ("1.0", "true", '"5"x', "[1]"):
        config = tmp_path / "s.toml"
        config.write_text(f"[limits]\ncalls_max = {text}\n")
        with pytest.raises(SettingsError):
            load(config, {})


def test_nothing_given_is_the_defaults() -> None:
    made = load(None, {})
    by_name = {setting.name: setting.default for setting in SETTINGS}
    assert (made.listen, made.store, made.log_level, made.secret, made.tls) == (
        by_name["listen"],
        by_name["store"],
        by_name["log_level"],
        None,
        None,
    )
    assert made.tick_s == by_name["clock.tick_s"]
    assert made.future_tolerance_s == by_name["clock.future_tolerance_s"]
    for name, value in by_name.items():
        if name.startswith("limits."):
            assert getattr(made.limits, name.removeprefix("limits.")) == value


def test_a_file_is_beaten_by_the_environment_and_both_by_options(tmp_path: Path) -> None:
    config = tmp_path / "s.toml"
    config.write_text('listen = "a:1"\nstore = "memory:"\nlog_level = "error"\n')
    assert (load(config, {}).listen, load(config, {}).log_level) == ("a:1", "error")
    assert load(config, {"RULELANG_LISTEN": "b:2"}).listen == "b:2"
    assert load(config, {"RULELANG_LISTEN": "b:2"}, listen="c:3", store=None).listen == "c:3"
    assert load(config, {"RULELANG_LISTEN": "b:2"}, listen="c:3", store=None).store == "memory:"


def test_files_that_a_file_names_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("  0123456789abcdef \n")
    config = tmp_path / "s.toml"
    config.write_text('secret_file = "secret.txt"\n')
    assert load(config, {}).secret == b"0123456789abcdef"


@pytest.mark.parametrize(("length", "taken"), [(16, True), (15, False)])
def test_a_secret_is_long_enough(length: int, taken: bool) -> None:
    given = {"RULELANG_SECRET": "x" * length}
    if taken:
        assert load(None, given).secret == b"x" * length
    else:
        with pytest.raises(SettingsError, match="secret: must have 16 bytes or more"):
            load(None, given)


def test_a_secret_is_given_once_not_in_a_file_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("0123456789abcdef")
    with pytest.raises(SettingsError, match="given twice"):
        load(None, {"RULELANG_SECRET": "x" * 16, "RULELANG_SECRET_FILE": str(tmp_path / "secret.txt")})
    config = tmp_path / "s.toml"
    config.write_text('secret = "0123456789abcdef"\n')
    with pytest.raises(SettingsError, match="does not belong in a file") as raised:
        load(config, {})
    assert "0123456789abcdef" not in str(raised.value)
    assert "0123456789" not in repr(load(None, {"RULELANG_SECRET": "0123456789abcdef"}))
    with pytest.raises(SettingsError, match=r"^RULELANG_SECRET: must not be empty"):
        load(None, {"RULELANG_SECRET": ""})


@pytest.mark.parametrize("listen", ["", ":1", "host", "host:", "host:x", "host:65536", "host:-1", "host:１"])
def test_an_address_is_a_host_and_a_port(listen: str) -> None:
    with pytest.raises(SettingsError, match=r"listen"):
        load(None, {}, listen=listen)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:65535", "[::1]:50051", "name:1"])
def test_an_address_may_be_any_host(listen: str) -> None:
    assert load(None, {}, listen=listen).listen == listen


def test_a_setting_that_there_is_not_is_an_error_with_a_guess(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean RULELANG_LIMITS_CALLS_MAX"):
        load(None, {"RULELANG_LIMIT_CALLS_MAX": "5"})
    config = tmp_path / "s.toml"
    config.write_text("[limit]\ncalls_max = 5\n")
    with pytest.raises(SettingsError, match=r"there is no setting limit\.calls_max - did you mean limits\.calls_max"):
        load(config, {})


def test_variables_of_others_are_not_looked_at() -> None:
    assert load(None, {"PATH": "x", "rulelang_listen": "y"}) == load(None, {})


@pytest.mark.parametrize("text", ["listen = ", "\xff".encode("latin-1").decode("latin-1") + "=1"])
def test_a_file_that_is_no_toml_is_an_error_that_names_it(text: str, tmp_path: Path) -> None:
    config = tmp_path / "s.toml"
    config.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"s\.toml: is not a TOML file"):
        load(config, {})


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"s\.toml: cannot be read"):
        load(tmp_path / "s.toml", {})
    with pytest.raises(SettingsError, match=r"tls\.certificate: .* cannot be read"):
        load(None, {"RULELANG_TLS_CERTIFICATE": str(tmp_path / "no.pem"), "RULELANG_TLS_KEY": str(tmp_path / "no.key")})


@pytest.mark.parametrize("name", ["queue", "group"])
def test_a_full_batch_always_has_a_place(name: str) -> None:
    given = {"RULELANG_LIMITS_BATCH_EVENTS_MAX": "100", f"RULELANG_LIMITS_{name.upper()}_EVENTS_MAX": "100"}
    assert getattr(load(None, given).limits, f"{name}_events_max") == 100
    with pytest.raises(SettingsError, match=rf"limits\.{name}_events_max: must not be less than limits\.batch_events_max"):
        load(None, {**given, "RULELANG_LIMITS_BATCH_EVENTS_MAX": "101"})


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_a_level_is_one_of_a_few(level: str) -> None:
    assert load(None, {"RULELANG_LOG_LEVEL": level}).log_level == level
    with pytest.raises(SettingsError, match="must be one of debug, info, warning, error, not 'loud'"):
        load(None, {"RULELANG_LOG_LEVEL": "loud"})
