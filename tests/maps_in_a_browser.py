"""What tests do on the Embeddings page: compute, wait until it is drawn, draw a lasso, look at a map."""

from conftest import settled


def compute(page, app, query: str):
    page.goto(f"{app.url}/embeddings?{query}")
    settled(page)
    page.get_by_role("button", name="Compute").click()
    drawn(page)
    return page


def drawn(page, seconds: int = 120) -> None:
    page.locator("div.scatter[data-ready]:not([data-draft])").wait_for(timeout=1000 * seconds)
    settled(page)


def lasso_everything(page, which: int = 0) -> None:
    page.get_by_role("radio", name="Lasso").click()
    page.locator(".marks").nth(which).scroll_into_view_if_needed()
    box = page.locator(".marks").nth(which).bounding_box()
    left, top, right, bottom = box["x"] + 2, box["y"] + 2, box["x"] + box["width"] - 2, box["y"] + box["height"] - 2
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()


def pixels(page, which: int = 0) -> str:
    return page.locator("canvas.points").nth(which).evaluate("canvas => canvas.toDataURL()")


def at(page, step: int) -> str:
    """The first map once the samples of that step have come to rest in it."""
    page.locator(f".scatter[data-ready][data-step='{step}']").wait_for()
    settled(page)
    return pixels(page)
