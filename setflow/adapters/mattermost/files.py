"""Files for a post: they go to its channel first, then the post names them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from setflow.adapters.mattermost.post import File
from setflow.errors import DeliveryError

if TYPE_CHECKING:
    from mattermostdriver import Driver

# The bot may not send files here, they are too large, or the server takes none: the words go alone.
WITHOUT = (403, 413, 501)


def upload(driver: "Driver", channel_id: str, files: Sequence[File]) -> Mapping[str, Sequence[str]]:
    """What makes a new post in that channel carry `files`; nothing where the server takes none.

    What is uploaded twice, and named by no post, nobody sees. Raises DeliveryError.
    """
    if not files:
        return {}
    try:
        answer = driver.files.upload_file(
            channel_id, files=[("files", (file.name, file.content)) for file in files]
        )
    except DeliveryError as error:
        if error.status not in WITHOUT:
            raise
        return {}
    return {"file_ids": [str(info["id"]) for info in answer["file_infos"]]}
