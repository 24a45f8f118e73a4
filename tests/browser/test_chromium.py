def test_a_page_is_shown(page):
    page.set_content("<title>setflow</title><p>on call</p>")

    assert page.title() == "setflow"
    assert page.locator("p").inner_text() == "on call"
