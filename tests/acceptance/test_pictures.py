"""The coming weeks as a picture, posted where somebody asks for them and with the hand-over."""

from tests.acceptance.world import OPS, SET

PNG = b"\x89PNG\r\n\x1a\n"


def schedules(posts):
    return [post for post in posts if post.props.get("setflow_key", "").startswith("schedule:")]


def test_set_schedule_posts_the_weeks_drawn_with_the_same_in_words(world):
    said = world.user("ana").says("/set schedule 4")
    assert said == (
        "The next 4 weeks of SET follow in this channel; where I am not in it, in our direct "
        "messages."
    )
    (post,) = schedules(world.chat.posts(SET))
    assert post.message.splitlines() == [
        "**SET · next 4 weeks** · Berlin time",
        "- 30 Nov – 6 Dec: lead Mara Doe · EMEA Ana Doe, Bo Doe · Americas Cy Doe, Di Doe",
        "- 7 – 13 Dec: lead Mara Doe · EMEA Bo Doe, Ana Doe · Americas Di Doe, Cy Doe",
        "- 14 – 20 Dec: lead Max Doe · EMEA Eve Doe, Fay Doe · Americas Gus Doe, Hal Doe",
        "- 21 – 27 Dec: lead Max Doe · EMEA Fay Doe, Eve Doe · Americas Hal Doe, Gus Doe",
    ]
    (file,) = post.files
    assert (file.name, file.mime_type) == ("set-2026-11-30.png", "image/png")
    assert file.content.startswith(PNG)
    assert file.size[0] == 2000


def test_asked_for_where_the_bot_is_not_they_go_to_the_asker_alone(world):
    world.chat.add_channel("acme", "secret", "secret", private=True)
    world.chat.join("secret", "ana")
    world.user("ana").says("/set schedule set 1", "secret")
    assert schedules(world.chat.posts("secret")) == []
    (post,) = schedules(world.chat.direct("ana"))
    assert post.message.startswith("**SET · next week** · Berlin time\n- 30 Nov – 6 Dec: lead")
    assert post.files[0].channel_id == post.channel_id


def test_a_server_that_takes_no_files_gets_the_words(world):
    world.chat.server.files = None
    world.user("ana").says("/set schedule", OPS)
    (post,) = schedules(world.chat.posts(OPS))
    assert post.message.startswith("**SET · next 2 weeks**")
    assert post.files == []


def test_an_answer_that_is_lost_makes_no_second_post(world):
    world.chat.fail_next(1, 500, where="POST /api/v4/posts", done=True)
    world.user("ana").says("/set schedule")
    world.pass_time(minutes=2)
    (post,) = schedules(world.chat.posts(SET))
    assert len(post.files) == 1


def test_what_cannot_be_drawn_is_refused_with_what_can(world):
    ana = world.user("ana")
    assert ana.says("/set schedule sat") == "There is no rotation sat; there is set."
    assert ana.says("/set schedule 99") == ("A picture shows 1 to 12 weeks; write such a number.")
    assert "Write `/set schedule [ROTATION] [WEEKS]`" in ana.says("/set schedule set set")
    assert schedules(world.chat.posts(SET)) == []
