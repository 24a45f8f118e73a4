import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.sandbox.markup import html

PIECES = st.sampled_from(
    [
        "<script>",
        "</p>",
        '"',
        "'",
        "&",
        "<b onclick=x>",
        "[a](javascript:x)",
        "![i](http://x/y)",
        "`",
        "**",
        "\n",
        "@ana",
        "~ops",
        ":eyes:",
        "https://x.y/z",
        "(",
        ")",
        "[",
        "]",
        "<",
        " a ",
    ]
)
KNOWN_TAGS = {"p", "br", "strong", "em", "s", "a", "code", "pre", "span", "ul", "ol", "li"}
KNOWN_TAGS |= {"blockquote", "hr", "h1", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Bo** has it", "<p><strong>Bo</strong> has it</p>"),
        ("one\ntwo", "<p>one<br />\ntwo</p>"),
        ("▢ a `code`", "<p>▢ a <code>code</code></p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        (":eyes: :nonsense:", "<p>👀 :nonsense:</p>"),
        ("see ~ops", '<p>see <a href="#" data-channel="ops">~ops</a></p>'),
        ("a@b.c", "<p>a@b.c</p>"),
        ("`@ana`", "<p><code>@ana</code></p>"),
    ],
)
def test_markdown_is_shown_as_mattermost_shows_it(text, shown):
    assert html(text) == shown


def test_one_s_own_mention_stands_out_and_the_dot_after_it_is_no_part_of_it():
    assert html("@bo.lund and @ana.", "ana") == (
        '<p><span class="mention">@bo.lund</span> and <span class="mention me">@ana</span>.</p>'
    )


def test_a_link_to_a_post_stays_on_the_page_and_others_open_a_window():
    post = "a" * 26
    assert html(f"[post](http://mm/acme/pl/{post})") == (
        f'<p><a href="#" data-post="{post}">post</a></p>'
    )
    assert 'target="_blank" rel="noopener noreferrer"' in html("https://example.com")


def test_an_address_inside_a_link_makes_no_second_link():
    assert html("[https://a.b](https://c.d)").count("<a ") == 1


@given(st.lists(PIECES, max_size=12).map("".join))
def test_nothing_in_a_text_becomes_markup_that_is_not_ours(text):
    shown = html(text, "ana")

    tags = re.findall(r"<\s*/?([^\s>/]+)([^>]*)>", shown)
    assert {name for name, _ in tags} <= KNOWN_TAGS
    assert not any(re.search(r"\son\w+=|javascript:|src=", attrs) for _, attrs in tags)
