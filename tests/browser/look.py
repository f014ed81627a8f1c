"""Pages in a real browser: look.py CHROMIUM AXE. They open offline and without a word on the console, sort, tell their
formulas, please axe, and let no stranger's name run or load anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
SHOTS = HERE / "screenshots"
WIDTHS = (1280, 390)
MOST_SECONDS = 3
BOOM = "window.pwned=1"
NAMES = (
    f"<script>{BOOM}</script>",
    f"<img src=x onerror={BOOM}>",
    f'"><script>{BOOM}</script>',
    "</script><b>",
    "</style><b>",
    "</title><b>",
    f"' onmouseover='{BOOM}",
    f'" autofocus onfocus="{BOOM}',
    f"javascript:{BOOM}",
    "{{7*7}}",
    "{% raw %}",
    "#{alert(1)}",
    "<!--",
    "-->",
    "]]>",
    "&lt;b&gt;",
    "<svg/onload=alert(1)>",
    "<iframe src=//example.org>",
    "<link rel=stylesheet href=//example.org>",
    "<meta http-equiv=refresh content=0>",
    "<base href=//example.org>",
    "<style>*{display:none}</style>",
    "url(//example.org/x)",
    "datum.constructor.constructor('alert(1)')()",
    "<a href=//x>",
    "\u202egnirts",
    "a\nb",
    "::error::x",
    "##[error]x",
    "<object data=//example.org>",
    "<details open ontoggle=alert(1)>",
)


def costcalc(*words: str) -> str:
    """What the command prints."""
    command = [os.environ["COSTCALC_PYTHON"], "-m", "costcalc", *words]
    return subprocess.run(
        command, check=True, cwd=HERE.parent.parent, stdout=subprocess.PIPE, text=True
    ).stdout


def opened(browser: Browser, path: Path, width: int, scheme: str = "light") -> Page:
    """The page, offline; a word on its console, a request or a dialog ends everything."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url) if request.url != path.as_uri() else None)
    page.said = said  # type: ignore[attr-defined]
    page.goto(path.as_uri())
    return page


def axe(page: Page, script: str) -> list[str]:
    """The serious violations that axe finds."""
    session = page.context.new_cdp_session(
        page
    )  # past the page's policy, which would refuse a foreign script
    session.send("Runtime.evaluate", {"expression": script})
    call = "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))"
    found = session.send(
        "Runtime.evaluate", {"expression": call, "awaitPromise": True, "returnByValue": True}
    )
    return [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:120]}"
        for each in json.loads(found["result"]["value"])
        if each["impact"] in ("serious", "critical")
    ]


def values(page: Page, column: int) -> list[Any]:
    """The exact values of a column of the table of layers."""
    return page.evaluate(
        "c => [...document.querySelector('#n0-layers').tBodies[0].rows]"
        ".map(r => Number(r.cells[c].dataset.value))",
        column,
    )


def as_shown(name: str) -> str:
    """A name as every output of ours has it."""
    plain = name.replace("\u202e", "\\u202e").replace("\n", "\\x0a")
    return plain.replace("##[", "##\\[").replace("::error", "\\::error")


def look_at_mobilenet(browser: Browser, path: Path, script: str) -> None:
    page = opened(browser, path, 1280)
    data = json.loads(costcalc("analyze", "zoo:mobilenet_v1", "-f", "json"))
    assert values(page, 4) == [layer["written"]["multiplies"] for layer in data["layers"]]
    button = page.locator("#n0-layers th button", has_text="multiplies, written")
    button.focus()
    page.keyboard.press("Enter")
    assert values(page, 4) == sorted(values(page, 4))
    button.click()
    assert values(page, 4) == sorted(values(page, 4), reverse=True)
    assert page.locator("#n0-layers th[aria-sort=descending]").count() == 1
    link = page.locator("#n0-layers a", has_text="stem")
    link.focus()
    page.keyboard.press("Enter")
    shown = page.locator("#n0-layers tr.formula pre").inner_text()
    told = costcalc("explain", "zoo:mobilenet_v1", "stem")
    assert next(line for line in shown.splitlines() if "multiplies  " in line) in told
    link.click()
    assert page.locator("#n0-layers tr.formula").count() == 0
    look_at_marks(page)
    assert page.said == [], page.said  # type: ignore[attr-defined]
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            other = opened(browser, path, width, scheme)
            assert axe(other, script) == [], axe(other, script)
            assert other.evaluate("document.documentElement.scrollWidth") <= width
            other.screenshot(path=SHOTS / f"mobilenet_v1-{width}-{scheme}.png", full_page=True)
    page.emulate_media(media="print")
    page.pdf(path=SHOTS / "mobilenet_v1.pdf")


def look_at_marks(page: Page) -> None:
    """A mark leads to its row, by the mouse and by the keyboard; a row shows its marks."""
    for figure, table in (
        ("architecture", "layers"),
        ("cost", "layers"),
        ("memory", "steps"),
        ("roofline", "times"),
    ):
        picture = page.locator(f".picture[aria-labelledby=n0-{figure}-title]")
        mark = picture.locator("[data-to]").nth(3)
        to = mark.get_attribute("data-to")
        mark.locator("path").first.click(force=True)
        assert page.locator(f"#n0-{table} #{to}.marked").is_visible()
        assert page.evaluate("document.activeElement.closest('tr').id") == to
        page.mouse.move(1, 1)  # where nothing is, so that what scrolls below the mouse is not pointed at
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        picture.focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("#pointed").text_content() == page.evaluate(
            "[...document.querySelector('tr.marked').cells].map(each => each.textContent).join(' ')"
        )
        page.keyboard.press("Enter")
        following = page.evaluate("document.activeElement.closest('tr').id")
        assert following != to
        page.locator(f"#{to}").hover()
        assert mark.evaluate("each => each.classList.contains('marked')")


def look_at_hostile(browser: Browser, path: Path, script: str) -> None:
    page = unharmed(browser, path)
    shown = page.locator("#n0-layers").text_content() or ""
    for name in NAMES:
        assert as_shown(name) in shown, name
    assert axe(page, script) == [], axe(page, script)


def unharmed(browser: Browser, path: Path) -> Page:
    """A page full of names that no one should give, once everything on it was clicked: nothing ran, nothing loaded."""
    page = opened(browser, path, 1280)
    for link in page.locator("table a").all()[:80]:
        link.click()
        link.hover()
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.querySelectorAll('img,iframe,object,embed,base,body b').length") == 0
    assert (
        page.evaluate("document.querySelectorAll('link:not([rel=icon]),meta[http-equiv=refresh]').length")
        == 0
    )
    assert page.said == [], page.said  # type: ignore[attr-defined]
    return page


def look_at_other_places(browser: Browser, here: Path) -> None:
    """The names elsewhere: of files, inputs, devices, in blocks, budgets, differences, plans, checks and pictures."""
    whole = json.dumps(" ".join(NAMES))
    device = here / ("<img src=x onerror=alert(1)>" + ".device.yaml")
    device.write_text(
        f"name: {whole}\nsummary: {whole}\nsource: {whole}\n"
        "multiplies_per_second: {float32: 1G}\nbytes_per_second: 1GB\n"
    )
    specs = [spec_called(here, place, name) for place, name in enumerate(NAMES)]
    pages = {
        "several": ["report", *specs[::4], "--device", str(device), "-o"],
        "check": ["check", *specs[::4], "--exit-zero", "-o"],
        "diff": ["diff", specs[0], specs[1], "--report"],
        "plan": ["plan", specs[2], "--exit-zero", "--report"],
    }
    for name, words in pages.items():
        page = here / f"{name}.html"
        costcalc(*words, f"html={page}" if name == "check" else str(page))
        unharmed(browser, page).screenshot(path=SHOTS / f"hostile-{name}.png")
    pictures = {
        "cost": [],
        "memory": [],
        "architecture": [],
        "front": specs[1:],
        "roofline": ["--device", str(device)],
    }
    for what, more in pictures.items():
        picture = here / f"{what}.svg"
        costcalc("plot", specs[0], *more, "--what", what, "-o", str(picture))
        drawn = opened(browser, picture, 1280)
        assert drawn.evaluate("document.querySelectorAll('script,image,foreignObject,a,use').length") == 0
        assert drawn.said == [], drawn.said  # type: ignore[attr-defined]


def spec_called(here: Path, place: int, name: str) -> str:
    """A spec that has a name in every place that takes one, the name of its file too."""
    quoted, input_name = json.dumps(name), json.dumps(f"i{name}")
    path = here / f"{place}{name.replace('/', '_')}.yaml"
    path.write_text(
        f"name: {quoted}\nsource: {quoted}\ninputs: {{{input_name}: 8x8x4}}\n"
        f"blocks: {{b: {{layers: [{{type: conv, name: {quoted}, out_channels: {8 + place}, kernel_size: 3}}]}}}}\n"
        f"layers:\n- {{type: b, name: {json.dumps('l' + name)}}}\n- {{type: conv, out_channels: 64, kernel_size: 3}}\n"
        f"budget: {{multiplies: 100k, message: {quoted}}}\n"
    )
    return str(path)


def main(chromium: str, axe_path: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    script = Path(axe_path).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        here = Path(folder)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        mobilenet = here / "mobilenet.html"
        costcalc(
            "report",
            "zoo:mobilenet_v1",
            "--device",
            "jetson_nano",
            "--dtype",
            "float16",
            "-o",
            str(mobilenet),
        )
        assert mobilenet.stat().st_size < 1_500_000
        look_at_mobilenet(browser, mobilenet, script)
        layers = "".join(f"- {{type: relu, name: {json.dumps(name)}}}\n" for name in NAMES)
        everywhere = json.dumps(" ".join(NAMES))
        (here / "hostile.yaml").write_text(
            f"name: {everywhere}\nsource: {everywhere}\ninput: 8x8x3\nlayers:\n{layers}"
        )
        costcalc("report", str(here / "hostile.yaml"), "-o", str(here / "hostile.html"))
        look_at_hostile(browser, here / "hostile.html", script)
        (here / "places").mkdir()
        look_at_other_places(browser, here / "places")
        many = "".join(f"- {{type: conv, out_channels: {16 + i % 7}, kernel_size: 3}}\n" for i in range(5000))
        (here / "many.yaml").write_text(f"input: 32x32x16\nlayers:\n{many}")
        for name, spec in (("densenet121", "zoo:densenet121"), ("many", str(here / "many.yaml"))):
            costcalc("report", spec, "-o", str(here / "page.html"))
            page = opened(browser, here / "page.html", 1280)
            took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000
            print(f"{name}: opens in {took:.2f} s, {(here / 'page.html').stat().st_size:,} bytes")
            assert took < MOST_SECONDS
            page.screenshot(path=SHOTS / f"{name}-1280.png")
        browser.close()
    print(f"the pages are as they should be; screenshots in {SHOTS}")


if __name__ == "__main__":
    main(*sys.argv[1:])
