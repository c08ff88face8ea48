"""The live page in a real browser: choose, click, drag, type, reload, two tabs, a narrow screen; and a picture of every view."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from talweg.app.lessons import LESSONS

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # milliseconds: a machine that tests many things at once is slow
RATES = "methods=sgd:learning_rate=0.001,momentum:learning_rate=0.0005"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a page that is served as a user would serve it."""
    command = [sys.executable, "-m", "talweg", "playground", "--no-browser", "--port", "0"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}  # which NiceGUI looks for
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=alone) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        try:
            assert address, line + process.stdout.read()
            answering(address[0])
            yield address[0]
        finally:
            process.terminate()
            rest = process.stdout.read()
            process.wait(20)
    assert "Traceback" not in rest, rest


def answering(address: str) -> None:
    """Wait until the server is there."""
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=30).close()
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(f"{address} does not answer")


@pytest.fixture(scope="module")
def browser(chromium: str, in_space: tuple[str, ...]) -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *in_space])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """`tab(address, width)` opens a page; at the end no page may have had an error in its console."""
    contexts, errors = [], []

    def opened(address: str, width: int = 1280, **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address, timeout=PATIENCE)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the views are kept to be looked at."""
    folder = Path(os.environ.get("TALWEG_ARTEFACTS") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def drawn(page: Any, more_than: int = 0) -> int:
    """How often the descents have been drawn, once that is more often than it was."""
    page.wait_for_function("n => Number(document.querySelector('.descents').dataset.drawn || 0) > n", arg=more_than)
    page.wait_for_selector(".contour[data-drawn]", state="attached")
    return int(page.get_attribute(".descents", "data-drawn"))


def path_of(page: Any, name: str) -> str:
    """The points of a method's line."""
    return page.get_attribute(f'polyline.trajectory[data-name="{name}"]', "points")


def moved(page: Any, name: str, old: str) -> str:
    """The points of a method's line, once they are others."""
    line = f'polyline.trajectory[data-name="{name}"]'
    page.wait_for_function("([line, old]) => document.querySelector(line).getAttribute('points') !== old", arg=[line, old])
    return path_of(page, name)


def chosen(page: Any, label: str, option: str) -> None:
    """Choose from a list that drops down; on a slow machine it may have closed again while the page was still being filled."""
    for _ in range(10):
        page.get_by_label(label, exact=True).click()
        page.get_by_label(label, exact=True).press_sequentially(option)  # which a plain list ignores, and a long one filters by
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=PATIENCE / 10)
            return
        except sync_api.TimeoutError:
            page.keyboard.press("Escape")
    pytest.fail(f"{option} could not be chosen as {label}")


def settled(page: Any, part: str) -> None:
    """Wait until the address has it."""
    page.wait_for_function("part => decodeURIComponent(location.search).includes(part)", arg=part)


def test_another_surface_is_chosen(server: str, tab: Any) -> None:
    page = tab(server)
    before = drawn(page)
    chosen(page, "surface", "Himmelblau")
    drawn(page, before)
    settled(page, "surface=himmelblau")
    assert page.locator(".words li").count() == 4
    assert "gradient descent: " in page.locator(".words").inner_text()


def test_a_start_is_clicked_and_dragged_and_the_paths_follow(server: str, tab: Any) -> None:
    page = tab(f"{server}/?{RATES}")
    drawn(page)
    first = path_of(page, "sgd")
    box = page.locator(".plane > .contour").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.4 * box["height"])
    clicked = moved(page, "sgd", first)
    assert clicked.split()[0] != first.split()[0]
    settled(page, "start=")
    ring = page.locator(".handle .ring").bounding_box()
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.mouse.down()
    page.mouse.move(ring["x"] - 60, ring["y"] - 40, steps=8)
    dragging = moved(page, "sgd", clicked)  # while the button is still down
    page.mouse.move(ring["x"] - 100, ring["y"] - 50, steps=4)
    page.mouse.up()
    moved(page, "sgd", dragging)


def test_the_keyboard_moves_start_sliders_and_step(server: str, tab: Any) -> None:
    page = tab(f"{server}/?{RATES}")
    drawn(page)
    other = path_of(page, "momentum")
    page.locator(".handle").focus()
    page.keyboard.press("ArrowRight")
    other = moved(page, "momentum", other)
    settled(page, "start=-1.12,1")
    before = path_of(page, "sgd")
    slider = page.locator('.method[data-method="sgd"] .q-slider__track-container').first
    slider.focus()
    page.keyboard.press("ArrowRight")
    moved(page, "sgd", before)
    assert path_of(page, "momentum") == other
    page.get_by_role("button", name="one step back").click()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".player .count").inner_text() == "step 198 of 200"
    settled(page, "at=198")
    assert len(path_of(page, "sgd").split()) == 199


def test_play_draws_the_paths_step_by_step(server: str, tab: Any) -> None:
    page = tab(f"{server}/?{RATES}")
    drawn(page)
    page.get_by_role("button", name="play").click()
    page.wait_for_function(
        "() => { const line = document.querySelector('polyline.trajectory').getAttribute('points').split(' ');"
        " return line.length > 1 && line.length < 195 }"
    )
    page.get_by_role("button", name="pause").click()
    settled(page, "at=")


def test_methods_are_ticked_and_added(server: str, tab: Any) -> None:
    page = tab(f"{server}/?{RATES}")
    count = drawn(page)
    page.get_by_role("checkbox", name="RMSprop").click()
    page.wait_for_selector('polyline.trajectory[data-name="rmsprop"]', state="attached")
    settled(page, "rmsprop:learning_rate=")  # the best of 32
    page.get_by_role("checkbox", name="momentum", exact=True).click()
    page.wait_for_selector('polyline.trajectory[data-name="momentum"]', state="detached")
    chosen(page, "more methods", "Lion")
    page.wait_for_selector('polyline.trajectory[data-name="lion"]', state="attached")
    assert drawn(page) > count


def test_a_formula_is_typed_and_a_bad_one_is_said_where_it_is_wrong(server: str, tab: Any) -> None:
    page = tab(f"{server}/?{RATES}")
    count = drawn(page)
    before = path_of(page, "sgd")
    page.get_by_label("formula").fill("x**2 + foo(y)")
    page.keyboard.press("Enter")
    page.wait_for_selector(".trouble:visible")
    assert "foo" in page.locator(".trouble").first.inner_text()
    assert path_of(page, "sgd") == before
    page.get_by_label("formula").fill("x**2 + 3*y**2 on -3..3, -2..2")
    page.keyboard.press("Enter")
    drawn(page, count)
    settled(page, "surface=x**2")
    page.wait_for_selector(".trouble", state="hidden")


def test_a_reload_loses_nothing(server: str, tab: Any) -> None:
    page = tab(f"{server}/?surface=beale&{RATES},adam:learning_rate=0.1&start=1,-1&steps=150&noise=0.5&batch=4&at=60&theme=dark")
    drawn(page)
    page.get_by_role("checkbox", name="momentum", exact=True).click()
    page.wait_for_selector('polyline.trajectory[data-name="momentum"]', state="detached")
    page.wait_for_function("() => !location.search.includes('momentum')")
    address, path, words = page.url, path_of(page, "adam"), page.locator(".words").inner_text()
    page.reload(timeout=PATIENCE)
    drawn(page)
    assert (page.url, path_of(page, "adam")) == (address, path)
    page.wait_for_function("old => document.querySelector('.words').innerText === old", arg=words)
    assert page.locator(".player .count").inner_text() == "step 60 of 150"
    assert not page.get_by_role("checkbox", name="momentum", exact=True).is_checked()
    assert "body--dark" in page.get_attribute("body", "class")


def test_two_tabs_do_not_disturb_each_other(server: str, tab: Any) -> None:
    one, other = tab(f"{server}/?{RATES}"), tab(f"{server}/?surface=booth&{RATES}")
    drawn(one), drawn(other)
    first = path_of(one, "sgd")
    before, address = path_of(other, "sgd"), other.url
    box = one.locator(".plane > .contour").bounding_box()
    one.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    moved(one, "sgd", first)
    settled(one, "start=")
    other.wait_for_timeout(500)
    assert (path_of(other, "sgd"), other.url) == (before, address)


def test_an_address_that_makes_no_sense_is_said_and_the_page_works(server: str, tab: Any) -> None:
    page = tab(f"{server}/?surface=rosenbrock&steps=many&methods=adamm&start=%00")
    drawn(page)
    page.get_by_text("did you mean").first.wait_for()


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("?surface=himmelblau", {}),
        ("?view=3d", {"color_scheme": "dark"}),
        ("?surface=valley&methods=sgd:learning_rate=0.021,momentum:learning_rate=0.1", {}),
        ("network?data=spirals&epochs=4&hidden=16&methods=sgd,adam", {}),
        ("network?data=digits&epochs=1&methods=sgd,adam", {"color_scheme": "dark"}),
        ("learn?scene=3", {"color_scheme": "dark"}),
    ],
)
def test_every_view_is_drawn_wide_and_narrow_and_pictures_are_kept(
    server: str, tab: Any, kept: Path, path: str, more: dict[str, str]
) -> None:
    page = tab(f"{server}/{path}", **more)
    ready(page, path)
    name = f"play-{name_of(path)}{'-dark' if more else ''}"
    page.screenshot(path=kept / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_function("() => document.querySelector('.js-plotly-plot .main-svg').clientWidth <= 400")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.screenshot(path=kept / f"{name}-400.png", full_page=True)


def test_every_lesson_is_drawn_and_a_picture_of_it_is_kept(server: str, tab: Any, kept: Path) -> None:
    page = tab(f"{server}/learn")
    for number, lesson in enumerate(LESSONS):
        page.get_by_role("heading", name=lesson.title).wait_for()
        ready(page, "learn")
        page.screenshot(path=kept / f"play-learn-{number + 1}.png", full_page=True)
        if number + 1 < len(LESSONS):
            page.get_by_role("link", name="next lesson").click()
    page.get_by_role("link", name="now with a network").wait_for()


def name_of(path: str) -> str:
    return re.sub(r"\W+", "-", path.split("methods")[0]).strip("-") or "surface"


def ready(page: Any, path: str) -> None:
    """Wait until everything that a page shows is there."""
    if path.startswith("network"):
        page.wait_for_function("n => Number(document.querySelector('.network').dataset.drawn || 0) >= n", arg=2)
        page.wait_for_selector(".js-plotly-plot .lines path", state="attached")
        return
    drawn(page)
    page.wait_for_selector(".words li")
    if "3d" in path:
        page.wait_for_selector(".space[data-drawn]")


def test_a_lesson_sees_when_its_question_is_answered(server: str, tab: Any) -> None:
    page = tab(f"{server}/learn")
    drawn(page)
    assert page.locator(".answered:visible").count() == 0
    slider = page.locator('.method[data-method="sgd"] .q-slider__track-container').first
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.375 * box["width"], y)  # 0.001, on a log scale from 1e-6 to 100
    page.mouse.down()
    page.mouse.move(box["x"] + 0.647 * box["width"], y, steps=12)  # 0.15
    page.mouse.up()
    page.wait_for_selector(".answered:visible")
    page.get_by_role("link", name="next lesson").click()
    page.get_by_role("heading", name=LESSONS[1].title).wait_for()


def test_networks_learn_side_by_side_and_a_race_gives_the_verdict(server: str, tab: Any) -> None:
    page = tab(f"{server}/network?data=xor&hidden=4&epochs=1&methods=sgd,adam")
    ready(page, "network")
    assert page.locator(".net canvas").count() == 2
    assert "accuracy" in page.locator(".net .now").first.inner_text()
    page.get_by_role("button", name="Race them fairly").click()
    page.wait_for_selector(".verdict-text .talweg", timeout=3 * PATIENCE)
    assert "validation loss" in page.locator(".verdict-text").inner_text()
    page.reload(timeout=PATIENCE)
    page.wait_for_selector(".verdict-text .talweg")
    link = page.get_by_role("link", name="the whole report").get_attribute("href")
    assert "<html" in urllib.request.urlopen(server + link, timeout=30).read().decode()


def test_a_table_is_handed_in(server: str, tab: Any, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("width,height,kind\n" + "".join(f"{k % 7},{k % 5},{'ab'[k % 2]}\n" for k in range(60)))
    page = tab(f"{server}/network?epochs=1&methods=adam&batch=8")
    page.wait_for_selector(".net canvas")
    page.set_input_files("input[type=file]", table)
    settled(page, "target=kind")
    page.get_by_text("mine-").first.wait_for()
    page.reload(timeout=PATIENCE)
    page.wait_for_selector(".net canvas")
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x00\x01\x02")
    page.set_input_files("input[type=file]", bad)
    page.get_by_text("not text").first.wait_for()


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}]
)
def test_the_running_server_refuses_strangers(server: str, headers: dict[str, str]) -> None:
    for path in ("/", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(server + path, headers=headers), timeout=30)
